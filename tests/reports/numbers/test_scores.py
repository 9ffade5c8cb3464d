"""Three epochs, two models, the answers beside them."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.numbers import scores

#                      epoch  train acc.  val. acc.  val. loss  seconds  images
FAST = pd.DataFrame([[1,     0.60,       0.50,      1.0,       10.0,    100],
                     [2,     0.80,       0.70,      0.9,       20.0,    200],
                     [3,     1.00,       0.70,      0.8,       30.0,    300]])  # fmt: skip
SLOW = pd.DataFrame([[1,     0.30,       0.20,      2.0,       40.0,    100],
                     [2,     0.50,       0.45,      1.5,       80.0,    200],
                     [3,     0.55,       0.40,      1.6,      120.0,    300]])  # fmt: skip
COLUMNS = [
    "epoch",
    "train/accuracy",
    "validation/accuracy",
    "validation/loss",
    "train_seconds",
    "images_seen",
]
FAST.columns = SLOW.columns = COLUMNS
FAST["diverged"] = SLOW["diverged"] = False
FAST["run_id"], SLOW["run_id"] = "fast", "slow"


def together(*trials):
    """The trials as one frame, each of an arm of its own: run r0 of arm 0, r1 of arm 1, …"""
    return pd.concat(trial.assign(run_id=f"r{place}", label=str(place)) for place, trial in enumerate(trials))


def features(trial):
    """The trial as one that was scored at its last epoch only."""
    scored = ["train/accuracy", "validation/accuracy", "validation/loss"]
    return trial.assign(**{name: trial[name].where(trial["epoch"] == 3) for name in scored})


def test_chosen_epoch_breaks_a_tie_by_loss_then_by_time():
    assert scores.chosen(FAST)["epoch"].item() == 3  # 0.70 twice; loss 0.8 < 0.9
    assert scores.chosen(FAST.assign(**{"validation/loss": 1.0}))["epoch"].item() == 2
    assert scores.chosen(SLOW)["epoch"].item() == 2


# Accuracy is highest at epoch 3, balanced accuracy at 2; 0.6 is reached by accuracy at 2, by the other at 1.
def test_where_epochs_were_chosen_by_balanced_accuracy_so_are_targets_reached():
    balanced = FAST.assign(**{"validation/balanced_accuracy": [0.62, 0.66, 0.64]})
    assert scores.chosen(balanced)["epoch"].item() == 2
    assert scores.to_target(balanced, 0.6).item() == 1
    assert scores.to_target(FAST, 0.6).item() == 2
    assert [scores.chosen_by(each) for each in (balanced, FAST)] == [
        "validation balanced accuracy",
        "validation accuracy",
    ]
    # A store whose other trials have the column, and these not.
    assert scores.chosen(FAST.assign(**{"validation/balanced_accuracy": math.nan}))["epoch"].item() == 3


@pytest.mark.parametrize(
    ("target", "cost", "fast", "slow"),
    [
        (0.45, "epoch", 1, 2),
        (0.45, "train_seconds", 10, 80),
        (0.45, "images_seen", 100, 200),
        (0.70, "epoch", 2, math.nan),
    ],
)
def test_to_target(target, cost, fast, slow):
    assert scores.to_target(FAST, target, cost).item() == fast
    assert scores.to_target(SLOW, target, cost).item() == pytest.approx(slow, nan_ok=True)


# At 0.6 or above at epochs 1, 3, 4 and 6: the first two in a row are 3 and 4; the last alone holds nothing.
WOBBLY = pd.DataFrame({"epoch": range(1, 7), "validation/accuracy": [0.6, 0.5, 0.6, 0.65, 0.4, 0.7]})
WOBBLY = WOBBLY.assign(diverged=False, run_id="wobbly", train_seconds=lambda trial: 10 * trial["epoch"])


@pytest.mark.parametrize(("target", "first", "held"), [(0.6, 1, 3), (0.5, 1, 1), (0.7, 6, math.nan)])
def test_a_target_is_held_from_the_first_of_two_evaluations_in_a_row(target, first, held):
    assert scores.to_target(WOBBLY, target).item() == first
    assert scores.to_target(WOBBLY, target, held=True).item() == pytest.approx(held, nan_ok=True)
    seconds = scores.to_target(WOBBLY, target, "train_seconds", held=True).item()
    assert seconds == pytest.approx(10 * held, nan_ok=True)


def test_evaluations_in_a_row_are_of_one_trial():
    ends = WOBBLY.assign(**{"validation/accuracy": [0.1] * 5 + [0.9]})
    begins = WOBBLY.assign(**{"validation/accuracy": [0.9] + [0.1] * 5})
    found = scores.to_target(pd.concat([ends, begins.assign(run_id="next")]), 0.5, held=True)
    assert found.isna().all()


def test_an_epoch_without_an_evaluation_breaks_no_row():
    rare = WOBBLY.assign(**{"validation/accuracy": [0.1, math.nan, 0.6, math.nan, 0.6, 0.1]})
    assert scores.to_target(rare, 0.6, held=True).item() == 3


def test_a_trial_that_is_evaluated_once_holds_what_it_reaches():
    once = features(FAST)
    assert scores.to_target(once, 0.7, held=True).item() == 3
    assert math.isnan(scores.to_target(once, 0.71, held=True).item())


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.floats(0.05, 0.95))
def test_a_held_target_is_no_earlier_than_its_first_crossing(accuracies, target):
    trial = pd.DataFrame({"epoch": range(len(accuracies)), "validation/accuracy": accuracies})
    trial = trial.assign(run_id="r", diverged=False)
    first, held = (scores.to_target(trial, target, held=each).item() for each in (False, True))
    pairs = [place for place, two in enumerate(itertools.pairwise(accuracies)) if min(two) >= target]
    assert held == pytest.approx(min(pairs, default=math.nan), nan_ok=True)
    assert math.isnan(held) or first <= held


def test_a_diverged_trial_reached_nothing():
    assert math.isnan(scores.to_target(FAST.assign(diverged=True), 0.45).item())


def test_gaps():
    assert scores.gaps_at_last_epoch(FAST).item() == pytest.approx(0.30)  # 1.00 - 0.70
    assert scores.gaps_at_last_epoch(SLOW).item() == pytest.approx(0.15)  # 0.55 - 0.40
    assert scores.gaps_at_chosen_epoch(SLOW).item() == pytest.approx(0.05)  # epoch 2: 0.50 - 0.45
    assert scores.gaps_at_training_accuracy(SLOW, 0.5).item() == pytest.approx(0.05)
    # Halfway from (0.30, 0.20) to (0.50, 0.45), and a quarter of the way from (0.80, 0.70) to (1.00, 0.70).
    assert scores.gaps_at_training_accuracy(SLOW, 0.4).item() == pytest.approx(0.40 - 0.325)
    assert scores.gaps_at_training_accuracy(FAST, 0.85).item() == pytest.approx(0.85 - 0.70)
    assert math.isnan(scores.gaps_at_training_accuracy(SLOW, 0.6).item())


def test_a_trial_above_the_level_from_its_first_epoch_has_the_gap_of_that_epoch():
    assert scores.gaps_at_training_accuracy(FAST, 0.5).item() == pytest.approx(0.10)  # 0.60 - 0.50
    assert scores.above_from_the_first(together(FAST, SLOW), 0.5).to_dict() == {"r0": True, "r1": False}
    assert not scores.above_from_the_first(FAST, 0.6).item()  # at it, not above


# Of a curve that rises all the time the crossing is where numpy's interpolation has it.
@given(st.lists(st.tuples(st.floats(0.01, 0.2), st.floats(0, 1)), min_size=2, max_size=6), st.floats(0.05, 1))
def test_gaps_between_epochs_are_on_a_line(steps, level):
    train = list(itertools.accumulate(step for step, _ in steps))
    validation = [accuracy for _, accuracy in steps]
    trial = pd.DataFrame({"run_id": "r", "train/accuracy": train, "validation/accuracy": validation})
    found = scores.gaps_at_training_accuracy(trial, level).item()
    if level > train[-1]:
        assert math.isnan(found)
    elif level < train[0]:
        assert found == pytest.approx(train[0] - validation[0])
    else:
        assert found == pytest.approx(level - np.interp(level, train, validation), abs=1e-9)


def test_the_gap_to_test_is_of_the_chosen_epoch():
    tested = pd.Series({"fast": 0.65, "slow": math.nan})
    # Epoch 3 of FAST, see above; SLOW was not tested.
    found = scores.gaps_to_test(pd.concat([FAST, SLOW]), tested)
    assert found.to_dict() == pytest.approx({"fast": 1.00 - 0.65, "slow": math.nan}, nan_ok=True)


def test_the_training_level_is_one_that_every_trial_reaches():
    assert scores.training_level(together(FAST)) == 1.0
    assert scores.training_level(together(FAST, SLOW)) == 0.55  # SLOW ends at 0.55
    assert scores.training_level(together(SLOW.assign(**{"train/accuracy": 0.599}))) == 0.55
    assert scores.training_level(together(FAST, features(SLOW.assign(**{"train/accuracy": 0.3})))) == 1.0


@pytest.mark.parametrize(
    "epochs",
    [
        together(FAST, SLOW.head(2).assign(**{"train/accuracy": [0.3, 0.49]})),  # none from 0.5 on
        together(FAST, SLOW).assign(label="one arm", **{"train/accuracy": [0.3, 0.5, 1] + [math.nan] * 3}),
        together(features(FAST)),
        together(FAST).head(0),
    ],
)
def test_without_a_common_level_nothing_is_compared(epochs):
    level = scores.training_level(epochs)
    assert math.isnan(level)
    assert scores.gaps_at_training_level(epochs, level).isna().all()


def test_gaps_at_the_training_level_are_of_arms_with_a_curve():
    gaps = scores.gaps_at_training_level(together(FAST, SLOW, features(FAST)), 0.55)
    # Epoch 1 of FAST, above it already: 0.60 - 0.50; epoch 3 of SLOW: 0.55 - 0.40.
    assert gaps.to_dict() == pytest.approx({"r0": 0.10, "r1": 0.15})


def test_features_are_scored_once_at_whole_cost():
    once = features(FAST)
    assert scores.chosen(once)["epoch"].item() == 3
    assert scores.to_target(once, 0.5, "train_seconds").item() == 30
    assert scores.gaps_at_last_epoch(once).item() == pytest.approx(0.30)


def test_one_trial_with_a_curve_makes_the_arm_one_with_a_curve():
    both = together(features(FAST), FAST, features(SLOW)).replace({"label": {"1": "0"}})
    assert list(scores.with_curve(both)["run_id"].unique()) == ["r0", "r1"]


def test_a_trial_that_was_never_validated_has_no_scores():
    broken = FAST.assign(**{"validation/accuracy": math.nan})
    assert math.isnan(scores.chosen(broken)["epoch"].item())
    assert math.isnan(scores.gaps_at_chosen_epoch(broken).item())
    assert math.isnan(scores.gaps_at_last_epoch(broken).item())
    assert math.isnan(scores.to_target(broken, 0.1).item())
