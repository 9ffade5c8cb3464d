"""Claims of studies whose seeds have a split each: pairs, looks, failures, and seeds that come too late."""

import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from experiments import names
from experiments.trial import evaluation
from reports.answers import in_words, judge, sides, verdicts
from reports.numbers import images, pairs
from reports.store.record import read_record
from tests.support import synthetic
from tests.support.synthetic import curve, once, tags

CLAIM = "residual has higher test accuracy than cnn"
# Pairs differ by 0.04 on average, with the images of a seed in common.
CNN = [0.70, 0.74, 0.66, 0.72, 0.78, 0.69, 0.73, 0.71]
RESIDUAL = [0.74, 0.77, 0.71, 0.76, 0.81, 0.74, 0.77, 0.75]


@pytest.fixture
def study(writable):
    """Writes a study of two arms with a plan; returns the record."""

    def write(cnn, residual, looks=(8,), seeds=None, claims=(CLAIM,), failed=(), **changed):
        experiment = writable.study("split")
        planned = {"seeds": [*range(1, (seeds or looks[-1]) + 1)], "looks": [*looks]}
        plan = {"schedule": planned, "registered": synthetic.DAY}
        writable.client.set_experiment_tag(experiment, names.PLAN, json.dumps(plan))
        synthetic.state(writable, experiment, [*claims], ["cnn", "residual"])
        for order, (arm, accuracies) in enumerate({"cnn": cnn, "residual": residual}.items()):
            for seed, accuracy in enumerate(accuracies, start=1):
                own = {
                    names.SPLIT_DIGEST: f"s{seed}",
                    names.VALIDATION_DIGEST: f"v{seed}",
                    names.TEST_DIGEST: f"t{seed}",
                    names.POOL: "1000000",
                    names.OWN_TEST: "0",
                    names.CLASSES: "10",
                    names.DIVERGED: "true" if (arm, seed) in failed else "false",
                }
                points = curve([0.5, accuracy]) + once(accuracy, 2)
                writable.run(experiment, tags(arm, order, seed, **(own | changed)), points)
        return read_record(writable.uri, "split")

    return write


def test_seeds_are_pairs_across_networks(study):
    record = study(CNN, RESIDUAL)
    assert not record.one_split
    (found,) = judge.judge(record)
    # All eight differences are positive: 2 / 2⁸; Student's t of them is far beyond that.
    assert found.alone == pytest.approx(2 / 2**8)
    assert (found.verdict, found.own_splits) == (verdicts.SUPPORTED, True)
    assert found.effect == pytest.approx(sum(RESIDUAL) / 8 - sum(CNN) / 8)
    # As samples, without the pairs, the spread over splits hides it.
    assert record.runs.groupby("arm")["test/accuracy"].std().min() > 0.02


def test_a_half_finished_study_is_not_judged(study):
    (found,) = judge.judge(study(CNN, RESIDUAL[:7]))
    assert found.verdict == verdicts.UNDECIDED
    assert "7 of the 8 seeds of the first planned look are complete: not judged yet" in found.note


def test_a_failed_seed_is_the_worst_and_never_drops_out(study):
    (found,) = judge.judge(study(CNN, RESIDUAL, failed={("residual", 3)}))
    # The sign test of seven against one: 2 (1 + 8) / 2⁸.
    assert found.alone == pytest.approx(18 / 256)
    assert found.verdict == verdicts.UNDECIDED
    assert "failed: 1 of 8 of residual" in found.note
    # 0.76875 over all eight, 0.762857 over the seven that trained, against 0.71625.
    assert in_words.sentence(found) == (
        "By the median seed, a failed one counting as the worst, it is not shown that residual is more "
        "accurate than cnn: 0.763 against 0.716, means of the seeds that trained."
    )


def test_how_often_an_arm_trains_is_a_claim_of_its_own(study):
    failed = {("cnn", seed) for seed in range(1, 8)}
    (found,) = judge.judge(
        study(CNN, RESIDUAL, claims=["residual trains more often than cnn"], failed=failed)
    )
    assert found.alone == pytest.approx(2 / 2**7)  # McNemar: seven pairs that differ, all one way
    assert found.verdict == verdicts.SUPPORTED
    assert "residual: 0 of 8 failed, up to 37% is possible" in found.note
    assert in_words.sentence(found) == "Residual trains more often than cnn: 8 of 8 trials against 1 of 8."


# Of the last epoch: 0.6 all reach, 0.755 four residual networks and one cnn, 0.9 nobody.
@pytest.mark.parametrize(("target", "censored"), [(0.6, (0, 0)), (0.755, (4, 7)), (0.9, (8, 8))])
def test_trials_that_never_reach_a_target_are_counted(target, censored, study):
    (found,) = judge.judge(
        study(CNN, RESIDUAL, claims=[f"residual reaches {target} in fewer epochs than cnn"])
    )
    assert found.censored == censored
    text = in_words.sentence(found)
    assert ("no trial of residual or cnn got there" in text) == (censored == (8, 8))
    assert ("within the epochs that all had, " in text.lower()) == (censored == (4, 7))


# The test accuracy of one trial is not in the store: its pair is left out, and the verdict withheld.
def test_what_was_not_measured_is_withheld_and_said(study):
    record = study(CNN, RESIDUAL)
    column = names.metric(names.TEST, names.ACCURACY)
    lost = record.runs.assign(
        **{column: record.runs[column].mask(record.runs["run_id"].isin(_first(record)))}
    )
    (found,) = judge.judge(replace(record, runs=lost))
    assert (found.verdict, found.unmeasured) == (verdicts.UNDECIDED, (1, 1))
    text = in_words.sentence(found)
    assert text.startswith("There is no verdict on whether residual is more accurate than cnn: ")
    assert "of the 7 and 7 trials that could be compared (not measured: " in text


def _first(record):
    """The run of the first seed of the residual network."""
    runs = record.runs[record.runs["arm"] == "residual"]
    return runs["run_id"][:1]


def test_planned_looks_are_paid_for(study):
    record = study(CNN[:6], RESIDUAL[:6], looks=(6, 8, 10))
    (found,) = judge.judge(record)
    # Six of six signs, 2 / 2⁶ = 0.031, is not enough where three looks are planned.
    assert found.alone == pytest.approx(2 / 2**6)
    assert found.p > 0.05
    assert found.verdict == verdicts.UNDECIDED
    assert found.look == (1, 3, 6)


def test_a_later_look_decides(study):
    (found,) = judge.judge(study(CNN, RESIDUAL, looks=(6, 8, 10)))
    assert (found.verdict, found.look) == (verdicts.SUPPORTED, (2, 3, 8))
    assert 2 / 2**8 < found.p < 0.05


def test_seeds_between_two_looks_wait_for_the_next(study):
    (found,) = judge.judge(study(CNN[:7], RESIDUAL[:7], looks=(6, 8, 10)))
    assert found.look == (1, 3, 6)


def test_seeds_beyond_the_plan_are_an_unplanned_look(study):
    more = [0.70, 0.71, 0.72, 0.69]
    residual = [0.71, 0.73, 0.67, 0.70, 0.79, 0.68, 0.74, 0.72]
    record = study(CNN + more, residual + [each + 0.01 for each in more], looks=(8,))
    (found,) = judge.judge(record)
    assert "4 seeds were added after the plan of 8: an unplanned look, e-value" in found.note
    assert found.verdict == verdicts.UNDECIDED


def test_on_one_split_an_arm_without_a_seed_gets_no_verdict(study):
    one = {names.SPLIT_DIGEST: "s", names.VALIDATION_DIGEST: "v", names.TEST_DIGEST: "t"}
    record = study([0.7] * 8, [0.7005] * 8, **one, **{names.SEED_COUNTS: "false"})
    (found,) = judge.judge(record)
    assert record.one_split
    assert found.verdict == verdicts.UNDECIDED
    assert "has no seed: one split is one number" in found.note or "have no seed" in found.note


def test_equal_differences_have_no_spread_to_be_measured_against(study):
    (found,) = judge.judge(study([0.7] * 8, [0.7005] * 8))
    assert (found.verdict, found.alone) == (verdicts.UNDECIDED, 1.0)
    assert math.isnan(found.low) and math.isnan(found.high)


def answered(record, folder, pool):
    """The record, its trials with answers on 40 images of a pool, of which each arm has its hard ones."""
    generator = np.random.default_rng(0)
    hard = {arm: generator.random(pool) < share for arm, share in (("cnn", 0.4), ("residual", 0.2))}
    positions = {seed: generator.permutation(pool)[:40] for seed in range(1, 9)}
    places, right = {}, {}
    for run_id, arm, seed in record.runs[["run_id", "arm", "seed"]].itertuples(index=False):
        missed = hard[arm][positions[seed]] ^ (generator.random(40) < 0.1)
        right[arm, seed] = ~missed
        answers = np.stack([missed, ~missed], axis=1).astype(float)
        kept = evaluation.kept_answers(
            {"test": answers}, {"test": np.ones(40, int)}, {"test": positions[seed]}
        )
        places[run_id] = folder / run_id
        places[run_id].mkdir()
        (places[run_id] / names.PROBABILITIES_FILE).write_bytes(kept)
    runs = record.runs.assign(artifacts=[places[run].as_uri() for run in record.runs["run_id"]])
    differences = np.array([right["residual", seed].astype(float) - right["cnn", seed] for seed in positions])
    return replace(record, runs=runs), differences, np.array([*positions.values()])


# By loops over images, apart from the program's matrices: σ² of images that two seeds tested.
def test_what_seeds_share_of_a_pool_is_measured_image_by_image(study, tmp_path):
    record, differences, positions = answered(study(CNN, RESIDUAL, **{names.POOL: "120"}), tmp_path, 120)
    products, freedom = 0.0, 0.0
    for one, other in itertools.combinations(range(8), 2):
        common = set(positions[one]) & set(positions[other])
        freedom += len(common) * (1 - 2 / 40 + len(common) / 40**2)
        for image in common:
            first, second = (
                differences[seed][positions[seed] == image][0] - differences[seed].mean()
                for seed in (one, other)
            )
            products += first * second
    distances = np.subtract(RESIDUAL, CNN)
    own, shared = distances.var(ddof=1) / 8, (1 + images.TRAINED) * products / freedom / 120
    of_shared = 2 * (products / freedom / differences.var(axis=1).mean()) ** 2 * freedom
    satterthwaite = (own + shared) ** 2 / (own**2 / 7 + shared**2 / of_shared)
    half = stats.t.ppf(0.975, satterthwaite) * math.sqrt(own + shared)
    (found,) = judge.judge(record)
    assert (found.low, found.high) == pytest.approx((found.effect - half, found.effect + half))


# Images of a group err together; a validation part of one's own is no part of what tests are drawn from.
@pytest.mark.parametrize(
    ("tags_", "expected"),
    [
        ({names.GROUPED: "2"}, "images"),
        ({names.GROUPED: "60"}, "factor"),
        ({names.DATA: "path:mine"}, "factor"),  # from before groups were noted
        ({names.GROUPED: "0", names.OWN_VALIDATION: "20"}, "smaller"),
    ],
)
def test_what_seeds_share_is_measured_where_images_are_drawn_alone(tags_, expected, study, tmp_path):
    written = study(CNN, RESIDUAL, **{names.POOL: "120", **tags_})
    record, differences, positions = answered(written, tmp_path, 120)
    found = sides._sharing(
        record, *(sides.trials(record, arm, "") for arm in ("residual", "cnn")), record.claims[0]
    )
    alone = images.pool_variance([*differences], [*positions], 120)
    if expected == "factor":
        assert found.tested > 0 and not found.images
    else:
        pool = 100 if expected == "smaller" else 120
        assert found == pairs.Sharing(images=pytest.approx(alone[0] * 120 / pool), freedom=alone[1])


# Without answers of single images all of the seeds' spread counts as shared.
def test_without_kept_answers_the_factor_stands_for_what_seeds_share(study):
    record = study(CNN, RESIDUAL, **{names.POOL: "4000"})
    tested = record.runs[["test_size", "validation_size"]].max().max() / 4000
    assert 0.02 < tested < 0.5
    distances = np.subtract(RESIDUAL, CNN)
    half = stats.t.ppf(0.975, 7) * math.sqrt(distances.var(ddof=1) * (1 / 8 + tested / (1 - tested)))
    (found,) = judge.judge(record)
    assert found.high == pytest.approx(found.effect + half)
