"""The numbers that a claim compares: a metric and the frames of a study in, a value a trial out; pure."""

import math

import numpy as np
import pandas as pd

from experiments import names
from reports import scores
from reports.runs import Record
from reports.survival import Times

OF_RUN = {
    names.TEST_ACCURACY: names.metric(names.TEST, names.ACCURACY),
    names.TEST_MACRO_F1: names.metric(names.TEST, names.MACRO_F1),
    names.NUMBER_OF_PARAMETERS: names.PARAMETERS,
    names.FORWARD_MACS: names.MACS,
    names.TRAINING_SECONDS: names.TRAIN_SECONDS,
}
COLUMNS = {
    "epochs": "epoch",
    "seconds": names.TRAIN_SECONDS,
    "images": names.IMAGES_SEEN,
    "MACs": names.IMAGES_SEEN,
}


def values(record: Record, run_ids: list[str], metric: str) -> np.ndarray:
    """Float, a value a trial in the order of run_ids; NaN where it was not measured.

    metric: of names.CLAIM_METRICS, or names.STAGE_METRIC followed by a stage.
    """
    if metric in OF_RUN:
        return record.runs.set_index("run_id")[OF_RUN[metric]].reindex(run_ids).to_numpy(float)
    if metric == names.TEST_ERROR:
        return 1 - values(record, run_ids, names.TEST_ACCURACY)
    if metric == names.LEVEL_GAP:
        gaps = scores.gaps_at_training_level(record.epochs, record.training_level)
        return gaps.reindex(run_ids).to_numpy(float)
    trials = dict(iter(record.epochs.groupby("run_id")))
    return np.array(
        [_of_trial(trials[run_id], metric) if run_id in trials else math.nan for run_id in run_ids]
    )


def reached(record: Record, run_ids: list[str], target: float) -> bool:
    """Whether any of these trials reached the target."""
    trials = record.epochs[record.epochs["run_id"].isin(run_ids)]
    return any(not math.isnan(scores.to_target(trial, target)) for _, trial in trials.groupby("run_id"))


def _of_trial(trial: pd.DataFrame, metric: str) -> float:
    if metric == names.GAP:
        return scores.gap_at_chosen_epoch(trial)
    if metric == names.LAST_GAP:
        return scores.gap_at_last_epoch(trial)
    if metric == names.VALIDATION_ACCURACY:
        return float(scores.at_chosen_epoch(trial)[scores.VALIDATION_ACCURACY])
    if metric.startswith(names.STAGE_METRIC):
        column = f"{names.GRADIENT_NORM}/{metric.removeprefix(names.STAGE_METRIC)}"
        norms = trial[column].dropna() if column in trial else pd.Series(dtype=float)
        return float(np.log10(norms[norms > 0]).mean())
    last = scores.last_train_accuracy(trial)
    return 1 - last if metric == names.TRAIN_ERROR else last


def times(record: Record, run_ids: list[str], cost: str, target: float) -> Times:
    """What each trial took to a target, or its whole budget, in epochs, training seconds, images or MACs.

    A diverged trial is watched to the end of the budget that its arm's others had, though it stopped before.
    """
    trials = dict(iter(record.epochs.groupby("run_id")))
    macs = record.runs.set_index("run_id")[names.MACS]
    column = COLUMNS[cost]
    reached_at, budgets, stopped = [], [], []
    for run_id in run_ids:
        trial = trials.get(run_id)
        unit = names.TRAINING_MACS_PER_FORWARD * float(macs[run_id]) if cost == "MACs" else 1.0
        reached_at.append(math.nan if trial is None else unit * scores.to_target(trial, target, column))
        budgets.append(math.nan if trial is None else unit * float(trial[column].max()))
        stopped.append(trial is None or bool(trial["diverged"].any()))
    whole = [budget for budget, short in zip(budgets, stopped, strict=True) if not short]
    least = max(whole, default=math.nan)
    given = [
        np.nanmax([budget, least]) if short else budget
        for budget, short in zip(budgets, stopped, strict=True)
    ]
    return Times.of(reached_at, given)
