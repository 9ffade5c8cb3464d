import json
import math

import pytest

from reports.store import fairness, record


@pytest.fixture
def small(ready):
    return record.read_record(ready.uri, "small").runs


def test_fair_trials_are_only_told_to_use_more_seeds(small):
    (warning,) = fairness.check(small)
    assert warning.startswith("fewer than 5 seeds (cnn 3, residual 3, features 3)")


def test_few_images_are_told_with_what_one_of_them_weighs(small):
    assert fairness.check(small.assign(validation_size=5.0, test_size=1.0))[:2] == [
        "validation holds 5 images: one image moves accuracy by 0.20",
        "test holds 1 image: one image moves accuracy by 1.00",
    ]
    assert fairness.check(small.assign(test_size=[99.0] + [100.0] * 8))[0] == (
        "test holds 99 images in a setting: one image moves accuracy by 0.01"
    )
    for enough in (100.0, math.nan):  # not recorded: a run from before the param existed
        assert len(fairness.check(small.assign(validation_size=enough, test_size=enough))) == 1


@pytest.mark.parametrize("what", ["data", "split", "validation", "test"])
def test_arms_that_saw_different_images_are_refused(small, what):
    small.loc[small["arm"] == "residual", f"{what}_digest"] = "other"
    with pytest.raises(
        fairness.UnfairComparisonError, match=f"{what} digests differ .* cnn, seed 0 .* residual"
    ):
        fairness.check(small)


def test_a_split_of_its_own_for_each_seed_is_fair(small):
    for what in ("split", "validation", "test"):
        small[f"{what}_digest"] = small["seed"].astype(str)
    assert len(fairness.check(small)) == 1


def test_train_sizes_share_validation_and_test_images(ready):
    grid = record.read_record(ready.uri, "grid").runs
    fairness.check(grid)  # split digests differ between the sizes, as they must
    grid.loc[grid["train_size"] == 250, "validation_digest"] = "other"
    with pytest.raises(fairness.UnfairComparisonError, match="validation digests differ"):
        fairness.check(grid)


# Photographs came between the trainings of two settings: all digests changed, the name of the source did not.
@pytest.mark.parametrize("what", ["data", "validation"])
def test_settings_of_photographs_that_changed_are_refused(ready, what):
    grid = record.read_record(ready.uri, "grid").runs
    there = {"source": "path:photographs", "data_digest": "d", "partition": "p"}
    grid["data_spec"] = json.dumps(there)
    fairness.check(grid)
    later = grid["train_size"] == 250
    grid.loc[later, ["data_spec", f"{what}_digest"]] = [json.dumps(there | {"partition": "q"}), "other"]
    with pytest.raises(fairness.UnfairComparisonError, match=f"{what} digests differ"):
        fairness.check(grid)
    # A study may part near duplicates in one setting and not in another.
    if what == "validation":
        grid["setting"] += (
            grid["train_size"]
            .map({250: ", data.near_duplicates=apart"})
            .fillna(",data.near_duplicates=together")
        )
        fairness.check(grid)


def test_two_trials_of_one_seed_are_refused(small):
    small.loc[1, ["seed", "trial"]] = [0, "ab12"]
    with pytest.raises(
        fairness.UnfairComparisonError, match=r"2 different trials stand for cnn, seed 0 \(cnn-0-, ab12\)"
    ):
        fairness.check(small)


def test_arms_of_one_figure_share_images_whatever_their_settings_name(ready):
    width = record.read_record(ready.uri, "width").runs
    (warning,) = fairness.check(width)
    assert warning.startswith("fewer than 5 seeds (cnn 1, residual 1)")
    cnn = (width["arm"] == "cnn") & (width["train_size"] == 250)
    width.loc[cnn, ["data_digest", "data_spec"]] = ["other", '{"data_digest": "other"}']
    with pytest.raises(fairness.UnfairComparisonError, match=r"data digests differ .* cnn .* residual"):
        fairness.check(width)


def test_mixed_provenance_and_missing_seeds_are_said(small):
    small.loc[0, "cpu"] = "another CPU"
    small.loc[1, "versions"] = "keras 4"
    small.loc[2, "onednn"] = ""
    small.loc[3, "workers"] = "1"
    warnings = fairness.check(small.drop(index=5))
    assert warnings[:5] == [
        "trials mix library versions: keras 3 (7 trials), keras 4 (1 trial)",
        "trials mix CPUs: one CPU (7 trials), another CPU (1 trial)"
        "; seconds and round-off differ by that, so compare no seconds",
        "trials mix oneDNN settings: 1 (7 trials), unknown (1 trial)",
        "trials mix numbers of trials side by side (their seconds are not comparable): "
        "2 (7 trials), 1 (1 trial)",
        "residual: 2 of 3 seeds are complete (not yet: 2)",
    ]
