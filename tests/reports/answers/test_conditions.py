"""What a comparison holds under: the training accuracy of its two arms, two evaluations, a machine."""

import math

import numpy as np
import pytest

from experiments import names
from reports.answers import claims_table, conditions, judge, sentences
from reports.store import record
from tests.support import synthetic
from tests.support.synthetic import curve, once, tags

EQUAL = "gap at equal training accuracy(deep) > gap at equal training accuracy(plain)"
ARMS = ["plain", "deep", "slow"]


def stated(writer, name, sentences_, arms=("plain", "deep"), third=False):
    """Five seeds of plain and deep, which both train from 0.6 to 0.9; and of slow, which ends at 0.5."""
    study = writer.study(name)
    synthetic.state(writer, study, sentences_, list(arms))
    for seed in range(5):
        shift = seed / 1000
        plain = curve([0.55, 0.7 + shift, 0.75], [0.6, 0.8, 0.9], seconds=10)
        writer.run(study, tags("plain", 0, seed), plain + once(0.7, 3))
        deep = curve([0.5, 0.6, 0.65 + shift], [0.6, 0.8, 0.9], seconds=20 + seed)
        writer.run(study, tags("deep", 1, seed, **{names.THREADS: "1"}), deep + once(0.6, 3))
        if third:
            writer.run(study, tags("slow", 2, seed), curve([0.2, 0.3, 0.4], [0.3, 0.4, 0.5]) + once(0.4, 3))
    return study


def judged(writer, name):
    return judge.judge(record.read_record(writer.uri, name))


def test_a_slow_third_arm_changes_no_claim_about_the_other_two(writable):
    stated(writable, "two", [EQUAL])
    stated(writable, "three", [EQUAL], ARMS, third=True)
    (alone,), (beside,) = judged(writable, "two"), judged(writable, "three")
    assert alone.conditions == beside.conditions
    numbers = ["effect", "low", "high", "p", "size", "left", "right", "verdict", "note", "sides"]
    assert [getattr(alone, each) for each in numbers] == [getattr(beside, each) for each in numbers]
    assert alone.conditions.level == 0.9
    # At 0.90: 0.90 - 0.75 against 0.90 - 0.65 less the seed's thousandths.
    assert alone.effect == pytest.approx(0.25 - 0.002 - 0.15)
    # The table of the study has one level for all its arms.
    assert record.read_record(writable.uri, "two").training_level == 0.9
    assert record.read_record(writable.uri, "three").training_level == 0.5


def test_a_level_may_be_stated(writable):
    sentence = EQUAL.replace("equal training accuracy", "training accuracy 0.70")
    stated(writable, "level", [sentence])
    (found,) = judged(writable, "level")
    assert (found.stated.metric, found.conditions.level) == (f"{names.STATED_LEVEL_GAP}0.7", 0.7)
    # Halfway from epoch 1 to 2: plain validates at (0.55 + 0.70) / 2, deep at (0.5 + 0.6) / 2.
    plain, deep = 0.70 - (0.625 + 0.001), 0.70 - 0.55
    assert dict(found.sides) == pytest.approx({"plain": plain, "deep": deep})
    told = sentences.explain(found, 1)
    assert "At training accuracy 0.70, on a line between epochs." in told
    assert claims_table.frame([found])["training_level"].item() == 0.7


def test_trials_above_the_level_from_the_first_epoch_are_counted(writable):
    sentence = EQUAL.replace("equal training accuracy", "training accuracy 0.55")
    stated(writable, "above", [sentence])
    (found,) = judged(writable, "above")
    assert found.conditions.above == (5, 5)
    assert dict(found.sides) == pytest.approx({"plain": 0.05, "deep": 0.1})
    told = found.conditions.sentence("deep", "plain")
    assert told.endswith("above it from the first epoch, whose gap stands: 5 of deep, 5 of plain")
    assert any(told in note for note in claims_table.notes([found], missing=False))


def test_arms_without_a_common_training_accuracy_are_told_so(writable):
    study = writable.study("apart")
    synthetic.state(writable, study, [EQUAL], ["plain", "deep"])
    for seed in range(2):
        writable.run(study, tags("plain", 0, seed), curve([0.2, 0.3], [0.3, 0.4]) + once(0.3, 2))
        writable.run(study, tags("deep", 1, seed), curve([0.5, 0.6], [0.6, 0.8]) + once(0.6, 2))
    (found,) = judged(writable, "apart")
    assert found.note == "no training accuracy of at least 0.50 is reached by every trial of both arms"
    assert math.isnan(found.conditions.level)


def test_a_target_that_is_reached_once_is_not_held(writable):
    study = writable.study("held")
    reaches, holds = (
        f"lucky {verb} 0.6 in fewer epochs than steady" for verb in ("reaches", "reaches and holds")
    )
    synthetic.state(writable, study, [reaches, holds], ["lucky", "steady"])
    for seed in range(6):
        lucky = curve([0.6, 0.3, 0.3, 0.3, 0.6]) + once(0.6, 1)
        writable.run(study, tags("lucky", 0, seed), lucky, epochs=5)
        steady = curve([0.3, 0.3, 0.6, 0.6, 0.6]) + once(0.6, 3)
        writable.run(study, tags("steady", 1, seed), steady, epochs=5)
    first, held = judged(writable, "held")
    assert dict(first.sides) == {"lucky": 1, "steady": 3}
    assert dict(held.sides) == {"lucky": 5, "steady": 3}  # never, which counts as the end
    assert first.effect < 0 < held.effect
    assert "to validation accuracy 0.60, held for two evaluations, one that never" in sentences.explain(
        held, 2
    )


def test_seconds_say_machine_threads_and_factor(writable):
    claims = ["deep reaches 0.6 in fewer seconds than plain", "deep has lower training seconds than plain"]
    stated(writable, "timed", claims)
    to_target, whole = judged(writable, "timed")
    # Deep is there at its second epoch of 20, 21, …, 24 seconds, plain at its second of 10.
    assert to_target.conditions.ratios == pytest.approx([2.0, 2.1, 2.2, 2.3, 2.4])
    assert whole.conditions.ratio == pytest.approx((2.2, 2.0, 2.4))
    told = to_target.conditions.sentence("deep", "plain")
    assert told == (
        "seconds of one CPU, 1 thread a trial, 2 trials side by side; deep takes 2.2 times as long as plain "
        "(2.0 to 2.4, seed by seed)"
    )
    assert f" {told[:1].upper()}{told[1:]}." in sentences.explain(to_target, 2)
    (note,) = claims_table.notes([to_target], False, str.upper)[1:]  # as the page calls arms
    assert "; DEEP takes 2.2 times as long as PLAIN (2.0" in note
    row = claims_table.frame([to_target]).iloc[0]
    assert row[["seconds_ratio", "seconds_ratio_least", "seconds_ratio_most"]].tolist() == pytest.approx(
        [2.2, 2.0, 2.4]
    )
    assert row["seconds_of"] == "one CPU, 1 thread a trial, 2 trials side by side"


def test_a_factor_is_of_the_seeds_at_which_both_got_there():
    left, right = np.array([2.0, math.nan, 6.0]), np.array([1.0, 2.0, math.nan])
    assert conditions.ratios(left, right) == (2.0,)
    some = conditions.Conditions(machine="one CPU", ratios=(2.0,), seeds=3)
    assert "(2.0 to 2.0, seed by seed; 1 of 3 seeds)" in some.sentence("a", "b")
    assert conditions.Conditions(machine="one CPU", seeds=3).sentence("a", "b") == "seconds of one CPU"
    assert conditions.NONE.sentence("a", "b") == ""


def test_the_gap_to_test_images(writable):
    stated(writable, "tested", ["test gap(deep) > test gap(plain)"])
    (found,) = judged(writable, "tested")
    # Both train to 0.9 at their chosen, last epoch; they test at 0.7 and 0.6.
    assert dict(found.sides) == pytest.approx({"plain": 0.2, "deep": 0.3})
