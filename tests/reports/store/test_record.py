import json

import pandas as pd
import pytest

from experiments import names
from reports.store import reading, record
from reports.store.record import read_record
from reports.tables import differences
from tests.support.synthetic import curve, tags

VALIDATION_ACCURACY = names.metric(names.VALIDATION, names.ACCURACY)


@pytest.fixture(scope="module")
def small(ready):
    return record.read_record(ready.uri, "small")


def curve_of(record, arm, seed):
    epochs = record.epochs
    return epochs[(epochs["arm"] == arm) & (epochs["seed"] == seed)]


def test_a_row_a_complete_trial(small):
    # 3 arms × 3 seeds; not the killed attempt, deleted and outdated runs, or the older run of cnn, seed 1.
    assert list(small.runs["arm"]) == ["cnn"] * 3 + ["residual"] * 3 + ["features"] * 3
    assert list(small.runs["seed"]) == [0, 1, 2] * 3
    assert small.incomplete == 2  # a killed result and a killed tuning trial
    assert small.targets == (0.5, 0.75)
    assert small.question == "Which converges first?"


def test_the_newest_complete_run_of_a_trial_counts(small):
    assert list(small.runs.query("arm == 'cnn'")["test/accuracy"]) == [0.6, 0.7, 0.8]


def test_the_later_row_of_a_metric_and_step_counts(small):
    assert list(curve_of(small, "cnn", 2)[VALIDATION_ACCURACY]) == [0.3, 0.4, 0.8]


def test_a_diverged_trial_ends_at_its_last_number(small):
    assert list(curve_of(small, "residual", 2)["epoch"]) == [1, 2]
    assert list(small.runs["diverged"]) == [False] * 5 + [True] + [False] * 3


def test_features_have_one_accuracy_and_a_curve_of_costs(small):
    epochs = curve_of(small, "features", 0)
    assert epochs[VALIDATION_ACCURACY].isna().tolist() == [True, True, False]
    assert list(epochs[names.TRAIN_SECONDS]) == [10, 20, 30]


def test_totals_and_params(small):
    row = small.runs.iloc[3]
    assert (row["train_seconds"], row["images_seen"]) == (120, 300)  # 3 epochs of 40 s, of 100 images
    assert (row["train_size"], row["macs"], row["commit"]) == (100, 340_000_000, "0234b82a1b2c3d4e")
    assert row["recipe"] == '{"epochs": "3", "learning_rate": "0.1", "optimizer": "sgd"}'
    assert (row["validation_size"], row["test_size"]) == (200, 1000)
    assert row["data_spec"] == '{"source": "tiny_shirts", "test": "1000", "validation": "200"}'


@pytest.mark.parametrize("study", ["small", "grid", "width", "crop", "empty"])
def test_both_ways_into_the_store_agree(ready, study, monkeypatch):
    one = record.read_record(ready.uri, study)
    monkeypatch.setattr(reading, "read_rows", reading._client_rows)
    other = record.read_record(ready.uri, study)
    pd.testing.assert_frame_equal(one.runs, other.runs)
    pd.testing.assert_frame_equal(one.epochs, other.epochs)
    assert (one.targets, one.question, one.incomplete) == (other.targets, other.question, other.incomplete)
    assert one.training_level == pytest.approx(other.training_level, nan_ok=True)
    studies = ["crop", "empty", "grid", "small", "width"]
    assert reading.list_studies(ready.uri) == reading._client_studies(ready.uri) == studies


def test_settings_are_in_natural_order_and_named(ready):
    grid = record.read_record(ready.uri, "grid")
    assert list(grid.runs["label"].str.rpartition(" · ")[2]) == ["train=250"] * 2 + ["train=1000"] * 2
    first, second = grid.by_setting()
    assert list(first.runs["label"]) == ["$a_b$ | c", "_hidden"]
    assert set(second.epochs["setting"]) == {"train=1000"}
    assert first.training_level == second.training_level == grid.training_level == 0.6


def test_a_shorter_list_comes_before_a_longer_one_that_begins_alike():
    settings = [f"a.filters={filters}, a.kernels=[3]" for filters in ([16, 32, 64], [16, 32], [8])]
    assert sorted(settings, key=record._natural) == settings[::-1]


def test_tuning_trials_are_no_results(small):
    assert list(small.tuning["arm"]) == ["cnn"] * 2 + ["residual"] * 2 + ["features"] * 2
    assert sorted(small.tuning["learning_rate"]) == [0.1] * 3 + [0.3] * 3
    assert set(small.tuning["seed"]) == {100}
    assert 100 not in set(small.runs["seed"]) | set(small.epochs["seed"])


def test_an_arm_that_a_varied_field_does_not_touch_stands_beside_each_of_its_values(ready):
    width = record.read_record(ready.uri, "width")
    assert len(width.runs) == 6  # 2 train sizes × (cnn, residual of width 4, of width 8)
    points = width.by_setting()
    assert [
        [one.runs["setting"].iloc[0], list(one.runs["arm"]), list(one.runs["train_size"])] for one in points
    ] == [
        [f"train={train}, width={width}", ["cnn", "residual"], [train, train]]
        for train in (250, 1000)
        for width in (4, 8)
    ]
    assert list(points[0].epochs["label"]) == ["cnn"] * 3 + ["residual"] * 3
    assert list(points[0].epochs["epoch"]) == [1, 2, 3] * 2


def test_an_empty_setting_fits_everywhere_and_numbers_are_in_order(writable):
    study = writable.study("rates")
    for rate in (0.1, 0.05):
        setting = {names.SETTING: f"models.residual.recipe.learning_rate={rate}"}
        writable.run(study, tags("residual", 1, 0, **setting), curve([0.5]))
    writable.run(study, tags("cnn", 0, 0), curve([0.4]))
    record = read_record(writable.uri, "rates")
    assert list(record.runs["label"]) == [
        "cnn",
        "residual · learning_rate=0.05",
        "residual · learning_rate=0.1",
    ]
    assert [list(one.runs["label"]) for one in record.by_setting()] == [["cnn", "residual"]] * 2


def test_the_fingerprint_follows_the_results(writable):
    before = reading.fingerprint(writable.uri, "small")
    assert reading.fingerprint(writable.uri, "small") == before
    run_id = record.read_record(writable.uri, "small").runs["run_id"].iloc[0]
    writable.client.set_tag(run_id, "mlflow.note.content", "a remark")
    assert reading.fingerprint(writable.uri, "small") == before
    writable.client.set_tag(run_id, names.COMPLETE, "false")
    assert reading.fingerprint(writable.uri, "small") != before


@pytest.mark.parametrize("read", [reading.read_rows, reading._client_rows])
def test_a_missing_study_names_those_there_are(ready, read):
    with pytest.raises(
        reading.StoreError, match=r"no study 'resnets' .* empty, grid, small, width\).*make compare"
    ):
        read(ready.uri, "resnets")


def test_a_file_that_is_no_store(tmp_path):
    (tmp_path / "notes.db").write_text("not a database, but long enough to be looked at" * 9)
    with pytest.raises(reading.StoreError, match="cannot be read as an MLflow store"):
        reading.list_studies(f"sqlite:///{tmp_path}/notes.db")
    assert not (tmp_path / "mlflow.db").exists()
    with pytest.raises(reading.StoreError, match="no store at"):
        reading.list_studies(f"sqlite:///{tmp_path}/mlflow.db")
    assert not (tmp_path / "mlflow.db").exists()


def test_a_field_that_only_some_recipes_set_is_unset_in_the_others(writable):
    study = writable.study("weighted")
    writable.run(study, tags("plain", 0, 0), curve([0.5]))
    writable.run(study, tags("weighted", 1, 0), curve([0.5]), class_weight="balanced")
    runs = read_record(writable.uri, "weighted").runs
    assert [json.loads(each)["class_weight"] for each in runs["recipe"]] == ["None", "balanced"]
    assert differences.departures(runs) == [
        "weighted trains by another recipe: class_weight balanced (others None)"
    ]
