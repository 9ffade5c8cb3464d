"""Three epochs, two models, the answers beside them."""

import math

import pandas as pd
import pytest

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


def test_a_diverged_trial_reached_nothing():
    assert math.isnan(scores.to_target(FAST.assign(diverged=True), 0.45).item())


def test_gaps():
    assert scores.gaps_at_last_epoch(FAST).item() == pytest.approx(0.30)  # 1.00 - 0.70
    assert scores.gaps_at_last_epoch(SLOW).item() == pytest.approx(0.15)  # 0.55 - 0.40
    assert scores.gaps_at_chosen_epoch(SLOW).item() == pytest.approx(0.05)  # epoch 2: 0.50 - 0.45
    assert scores.gaps_at_training_accuracy(FAST, 0.5).item() == pytest.approx(0.10)  # epoch 1: 0.60 - 0.50
    assert scores.gaps_at_training_accuracy(SLOW, 0.5).item() == pytest.approx(0.05)
    assert math.isnan(scores.gaps_at_training_accuracy(SLOW, 0.6).item())


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
    # Epoch 1 of FAST: 0.60 - 0.50; epoch 3 of SLOW: 0.55 - 0.40.
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
