"""The numbers that a claim compares: from a metric and the record of a study to a value a trial."""

import json
import math

import numpy as np
import pandas as pd

from experiments import names
from reports.numbers import recalls, reliability, scores
from reports.numbers.survival import Times
from reports.store import confusion, probabilities
from reports.store.record import Record

RUN_COLUMNS = {
    names.TEST_ACCURACY: names.metric(names.TEST, names.ACCURACY),
    names.TEST_MACRO_F1: names.metric(names.TEST, names.MACRO_F1),
    names.NUMBER_OF_PARAMETERS: names.PARAMETERS,
    names.FORWARD_MACS: names.MACS,
    names.TRAINING_SECONDS: names.TRAIN_SECONDS,
}
MOST_CLASSES = 20  # named where a claim is about one that the data does not have
COLUMNS = {
    "epochs": "epoch",
    "seconds": names.TRAIN_SECONDS,
    "images": names.IMAGES_SEEN,
    "MACs": names.IMAGES_SEEN,
}


def trials(record: Record, run_ids: list[str]) -> pd.DataFrame:
    """The epochs of these trials."""
    return record.epochs[record.epochs["run_id"].isin(run_ids)]


def level(record: Record, run_ids: list[str], metric: str) -> float:
    """The training accuracy at which a metric compares the gaps of these trials.

    NaN: they have none in common, or it is no such metric. run_ids: of both arms of a comparison and of no
    others, for their trials decide it, unless the metric states it.
    """
    if metric.startswith(names.STATED_LEVEL_GAP):
        return float(metric.removeprefix(names.STATED_LEVEL_GAP))
    return scores.training_level(trials(record, run_ids)) if metric == names.LEVEL_GAP else math.nan


def values(record: Record, run_ids: list[str], metric: str, level: float = math.nan) -> np.ndarray:
    """Float, a value a trial in the order of run_ids; NaN where it was not measured.

    metric: of names.CLAIM_METRICS, names.STATED_LEVEL_GAP followed by an accuracy, names.RECALL_METRIC by a
    class, or names.STAGE_METRIC by a stage. level: of both arms that are compared, from `level`; gaps at a
    training accuracy are taken there.
    """
    if metric in RUN_COLUMNS:
        return record.runs.set_index("run_id")[RUN_COLUMNS[metric]].reindex(run_ids).to_numpy(float)
    if metric == names.TEST_ERROR:
        return 1 - values(record, run_ids, names.TEST_ACCURACY)
    if metric in (names.BALANCED_ACCURACY, names.CALIBRATION_ERROR) or metric.startswith(names.RECALL_METRIC):
        return np.array([_of_test_images(record, run_id, metric) for run_id in run_ids], float)
    epochs = trials(record, run_ids)
    if metric == names.TEST_GAP:
        tested = record.runs.set_index("run_id")[RUN_COLUMNS[names.TEST_ACCURACY]]
        found = scores.gaps_to_test(epochs, tested)
    elif metric == names.LEVEL_GAP or metric.startswith(names.STATED_LEVEL_GAP):
        found = scores.gaps_at_training_level(epochs, level)
    else:
        found = _from_epochs(epochs, metric)
    return found.reindex(run_ids).to_numpy(float)


def reached(record: Record, run_ids: list[str], target: float, held: bool = False) -> bool:
    """True if any of these trials reached the target; held: in two evaluations in a row."""
    return bool(scores.to_target(trials(record, run_ids), target, held=held).notna().any())


def _of_test_images(record: Record, run_id: str, metric: str) -> float:
    """A metric of what a trial left about each of its test images; NaN where it left nothing."""
    if metric == names.CALIBRATION_ERROR:
        answers = probabilities.read(record, run_id)
        return (
            math.nan if answers is None else reliability.calibration_error(answers.confidences, answers.right)
        )
    found = confusion.read(record, run_id)
    if found is None:
        return math.nan
    if metric == names.BALANCED_ACCURACY:
        return recalls.balanced_accuracy(found.counts)
    wanted = _plain(metric.removeprefix(names.RECALL_METRIC))
    by_class = dict(zip(map(_plain, found.classes), recalls.recalls(found.counts), strict=True))
    return float(by_class.get(wanted, math.nan))


def unknown_class(record: Record, run_ids: list[str], metric: str) -> str:
    """Why no recall was measured: `the data has no class 'Shirts' (it has: Shirt, Trouser)`; empty where the
    class is there, no test report tells, or it is another metric."""
    if not metric.startswith(names.RECALL_METRIC):
        return ""
    wanted = metric.removeprefix(names.RECALL_METRIC)
    found = next(filter(None, (confusion.read(record, run_id) for run_id in run_ids)), None)
    if found is None or _plain(wanted) in map(_plain, found.classes):
        return ""
    more = ", …" if len(found.classes) > MOST_CLASSES else ""
    return f"the data has no class {wanted!r} (it has: {', '.join(found.classes[:MOST_CLASSES])}{more})"


def lacking(record: Record, metric: str, left: list[str], right: list[str]) -> str:
    """Why nothing is measured of two arms; empty if the metric does not say. left, right: run ids."""
    if unknown := unknown_class(record, [*left, *right], metric):
        return unknown
    if metric != names.LEVEL_GAP:
        return ""
    curved = scores.with_curve(trials(record, [*left, *right]))["run_id"]
    if not all(curved.isin(side).any() for side in (left, right)):
        return ""
    if not math.isnan(level(record, [*left, *right], metric)):
        return ""
    return f"no training accuracy of at least {scores.LEAST_LEVEL:.2f} is reached by every trial of both arms"


def _plain(name: str) -> str:
    """The name of a class as a claim has it, whose text keeps one space of several."""
    return " ".join(name.split())


def _from_epochs(trials: pd.DataFrame, metric: str) -> pd.Series:
    """By run_id, a metric that the epochs of a trial decide."""
    if metric == names.GAP:
        return scores.gaps_at_chosen_epoch(trials)
    if metric == names.LAST_GAP:
        return scores.gaps_at_last_epoch(trials)
    if metric == names.VALIDATION_ACCURACY:
        return scores.chosen(trials)[scores.VALIDATION_ACCURACY]
    if metric.startswith(names.STAGE_METRIC):
        column = f"{names.GRADIENT_NORM}/{metric.removeprefix(names.STAGE_METRIC)}"
        norms = trials[column] if column in trials else pd.Series(math.nan, index=trials.index)
        return np.log10(norms.where(norms > 0)).groupby(trials["run_id"]).mean()
    last = scores.last_train_accuracies(trials)
    return 1 - last if metric == names.TRAIN_ERROR else last


def times(record: Record, run_ids: list[str], cost: str, target: float, held: bool = False) -> Times:
    """The cost of each trial to a target, or its whole budget, in epochs, training seconds, images or MACs.

    held: to the first of two evaluations in a row that reach it. A diverged trial counts as trained to the
    last epoch of its recipe, though it stopped before; its missing epochs cost as much as those it had.
    """
    epochs = trials(record, run_ids)
    column = COLUMNS[cost]
    unit = pd.Series(1.0, index=run_ids)
    if cost == "MACs":
        runs = record.runs.set_index("run_id").reindex(run_ids)
        unit = runs["kind"].map(scores.passes) * runs[names.MACS].astype(float)
    by_run = epochs.groupby("run_id")
    spent, ended = (by_run[each].max().reindex(run_ids) for each in (column, "epoch"))
    stopped = by_run["diverged"].any().reindex(run_ids)
    stopped = stopped.isna() | stopped.eq(True)
    planned = record.runs.set_index("run_id")["recipe"].reindex(run_ids).map(_epochs).astype(float)
    whole = spent * (planned / ended).clip(lower=1)
    # The cost of an epoch is unknown where a trial stopped in its first one.
    longest = record.epochs[column].max()
    whole = whole.fillna(planned if column == "epoch" else longest).fillna(longest)
    budgets = unit * spent.where(~stopped, whole)
    reached_at = unit * scores.to_target(epochs, target, column, held).reindex(run_ids)
    return Times.of(reached_at.to_numpy(float), budgets.to_numpy(float))


def _epochs(recipe: str) -> float:
    """The number of epochs of a recipe; NaN where it was not recorded."""
    return float(json.loads(recipe).get("epochs", math.nan))
