"""Scores of one trial, pure: its rows of the epochs frame, in epoch order, in; one number out.

`with_curve`, `training_level` and `gaps_at_training_level` look at all trials: the whole epochs frame in.

Columns used: run_id, label, epoch (from 1), train/accuracy, validation/accuracy, validation/loss,
train_seconds, images_seen, diverged (the same for all rows of a trial). An epoch at which no accuracy was
measured (autoencoder features, before the last) has NaN.
"""

import math

import pandas as pd

from experiments import names

TRAIN_ACCURACY = names.metric(names.TRAIN, names.ACCURACY)
VALIDATION_ACCURACY = names.metric(names.VALIDATION, names.ACCURACY)
VALIDATION_LOSS = names.metric(names.VALIDATION, names.LOSS)
LEAST_LEVEL = 0.5  # below it a trial has hardly begun to learn, and a gap there says nothing


def at_chosen_epoch(trial: pd.DataFrame) -> pd.Series:
    """The row of highest validation accuracy, then lower validation loss, then earlier.

    All NaN if the trial has no validation accuracy at all (it diverged in its first epoch).
    """
    measured = trial.dropna(subset=[VALIDATION_ACCURACY])
    if measured.empty:
        return pd.Series(math.nan, index=trial.columns)
    order = [VALIDATION_ACCURACY, VALIDATION_LOSS, "epoch"]
    return measured.sort_values(order, ascending=[False, True, True]).iloc[0]


def to_target(trial: pd.DataFrame, target: float, cost: str = "epoch") -> float:
    """The cost (epoch, train_seconds or images_seen) at the first epoch of validation accuracy >= `target`.

    NaN if never reached: censored at the end of the trial's budget. A diverged trial reached nothing: what
    it ends with is no network that had the accuracy.
    """
    if trial["diverged"].any():
        return math.nan
    reached = trial.loc[trial[VALIDATION_ACCURACY] >= target, cost]
    return float(reached.iloc[0]) if len(reached) else math.nan


def training_macs_to_target(trial: pd.DataFrame, target: float, forward_macs: float) -> float:
    """Multiply-accumulates trained until `target`; `forward_macs`: of one image forward. NaN if never."""
    return names.TRAINING_MACS_PER_FORWARD * forward_macs * to_target(trial, target, names.IMAGES_SEEN)


def gap_at_last_epoch(trial: pd.DataFrame) -> float:
    """Generalisation gap, train − validation accuracy, at the last epoch that measured both; else NaN."""
    gaps = (trial[TRAIN_ACCURACY] - trial[VALIDATION_ACCURACY]).dropna()
    return float(gaps.iloc[-1]) if len(gaps) else math.nan


def last_train_accuracy(trial: pd.DataFrame) -> float:
    """Training accuracy, in inference mode, at the last epoch that measured it; else NaN."""
    measured = trial[TRAIN_ACCURACY].dropna()
    return float(measured.iloc[-1]) if len(measured) else math.nan


def gap_at_chosen_epoch(trial: pd.DataFrame) -> float:
    """Generalisation gap at the chosen epoch; NaN if the trial was never validated."""
    row = at_chosen_epoch(trial)
    return float(row[TRAIN_ACCURACY] - row[VALIDATION_ACCURACY])


def gap_at_training_accuracy(trial: pd.DataFrame, level: float) -> float:
    """Generalisation gap at the first epoch whose training accuracy reaches `level`; NaN if none does.

    Without it a slower model looks less overfitted only because it is behind.
    """
    reached = trial[trial[TRAIN_ACCURACY] >= level]
    return gap_at_last_epoch(reached.head(1))


def with_curve(epochs: pd.DataFrame) -> pd.DataFrame:
    """The rows of arms of which a trial was measured at more than one epoch; autoencoder features are not."""
    measured = epochs.groupby("run_id")[TRAIN_ACCURACY].transform("count")
    return epochs[measured.groupby(epochs["label"]).transform("max") > 1]


def training_level(epochs: pd.DataFrame) -> float:
    """The highest multiple of 0.05 that the training accuracy of every trial of an arm with a curve reaches.

    NaN where none from LEAST_LEVEL on is common to all, or no arm has a curve.
    """
    highest = with_curve(epochs).groupby("run_id")[TRAIN_ACCURACY].max()
    levels = (step / 20 for step in range(20, 0, -1) if step / 20 >= LEAST_LEVEL)
    return next((level for level in levels if len(highest) and (highest >= level).all()), math.nan)


def gaps_at_training_level(epochs: pd.DataFrame, level: float) -> pd.Series:
    """By run_id, the generalisation gap at `level` of each trial of an arm with a curve; NaN if none."""
    trials = with_curve(epochs).groupby("run_id", sort=False)
    gaps = {run_id: gap_at_training_accuracy(trial, level) for run_id, trial in trials}
    return pd.Series(gaps, dtype=float).rename_axis("run_id")
