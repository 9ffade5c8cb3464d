"""The best rate of a sweep, its lead, and the lead's spread: sweeps that can be judged in the head."""

import math

import pandas as pd
import pytest

from experiments.planning import rates
from reports.numbers import sweep


def tuning(accuracies: dict[float, list[float | None]], label="cnn") -> pd.DataFrame:
    """A row a trial; None: it diverged."""
    rows = [
        {
            "label": label, "arm_order": 0, "seed": 100 + place, "learning_rate": rate,
            "diverged": accuracy is None,
            "validation/accuracy": 0.99 if accuracy is None else accuracy,  # of the epochs before it diverged
            "validation/loss": 1.0,
        }
        for rate, seeds in accuracies.items() for place, accuracy in enumerate(seeds)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_lead_and_its_spread_are_of_the_same_seeds():
    (found,) = sweep.arms(tuning({0.1: [0.70, 0.72, 0.74], 0.3: [0.69, 0.70, 0.71], 0.01: [0.1, 0.1, 0.1]}))
    assert (found.label, found.best) == ("cnn", 0.1)
    # 0.01, 0.02, 0.03 ahead of 0.3: 0.02, with a standard deviation of 0.01.
    assert (found.lead, found.spread) == pytest.approx((0.02, 0.01))
    assert not found.within_spread
    assert list(found.accuracies.columns) == [0.01, 0.1, 0.3]


def test_a_lead_within_its_own_spread_is_known_as_such():
    (found,) = sweep.arms(tuning({0.1: [0.70, 0.80, 0.72], 0.3: [0.74, 0.70, 0.71]}))
    assert (found.best, found.within_spread) == (0.1, True)


def test_one_tuning_seed_has_no_spread():
    (found,) = sweep.arms(tuning({0.1: [0.7], 0.3: [0.6]}))
    assert math.isnan(found.spread)
    assert not found.within_spread


def test_a_trial_that_diverged_is_the_worst_whatever_it_reached_before():
    (found,) = sweep.arms(tuning({0.1: [0.6, 0.6, 0.6], 0.3: [0.8, 0.8, None]}))
    assert found.best == 0.1
    assert found.accuracies.loc[102, 0.3] == 0


def test_trials_that_left_no_accuracy_are_no_sweep():
    assert sweep.arms(tuning({0.1: [0.7], 0.3: [math.nan]})) == []
    assert sweep.arms(tuning({0.1: [0.7]}).iloc[:0]) == []


@pytest.mark.parametrize(
    "accuracies",
    [
        {0.01: [0.5, 0.6, 0.7], 0.1: [0.6, 0.6, 0.61], 0.3: [0.1, None, 0.9]},
        {0.01: [0.5] * 3, 0.1: [0.5] * 3, 0.3: [0.4] * 3},
        {0.01: [None] * 3, 0.1: [None] * 3},
        {0.01: [0.9, 0.9, None], 0.1: [0.59] * 3, 0.3: [0.61, 0.59, 0.6]},
    ],
)
def test_the_report_marks_the_rate_that_the_plan_chose(accuracies):
    tried = {
        rate: [(-1.0, 0.0) if accuracy is None else (accuracy, -1.0) for accuracy in seeds]
        for rate, seeds in accuracies.items()
    }
    (found,) = sweep.arms(tuning(accuracies))
    assert found.best == rates.best(tried)
