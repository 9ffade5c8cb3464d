"""Scores of trials, pure: from the epochs frame, its rows in epoch order, to a number a trial, by run_id.

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
LEAST_LEVEL = 0.5  # below it a trial has hardly begun to learn, and its gap means nothing


def chosen(epochs: pd.DataFrame) -> pd.DataFrame:
    """By run_id, the row of highest validation accuracy, then lower validation loss, then earlier.

    All NaN for a trial without any validation accuracy (it diverged in its first epoch).
    """
    order = [VALIDATION_ACCURACY, VALIDATION_LOSS, "epoch"]
    measured = epochs.dropna(subset=[VALIDATION_ACCURACY])
    best = measured.sort_values(order, ascending=[False, True, True], kind="stable")
    return best.drop_duplicates("run_id").set_index("run_id").reindex(epochs["run_id"].unique())


def to_target(epochs: pd.DataFrame, target: float, cost: str = "epoch") -> pd.Series:
    """By run_id, the cost (epoch, train_seconds or images_seen) when validation accuracy first is `target`.

    NaN if never reached: censored at the end of the trial's budget. A diverged trial counts as never: the
    network that it ends with does not have the accuracy.
    """
    reached = epochs[(epochs[VALIDATION_ACCURACY] >= target) & ~epochs["diverged"].astype(bool)]
    return _first(reached, epochs)[cost].astype(float)


def gaps_at_last_epoch(epochs: pd.DataFrame) -> pd.Series:
    """By run_id, train − validation accuracy at the last epoch that measured both; else NaN.

    NaN of a diverged trial: its last network gives every image the same answer, so its gap is meaningless.
    """
    gaps = epochs[TRAIN_ACCURACY] - epochs[VALIDATION_ACCURACY]
    return _last(epochs, gaps.where(~epochs["diverged"].astype(bool)))


def last_train_accuracies(epochs: pd.DataFrame) -> pd.Series:
    """By run_id, training accuracy, in inference mode, at the last epoch that measured it; else NaN."""
    return _last(epochs, epochs[TRAIN_ACCURACY])


def gaps_at_chosen_epoch(epochs: pd.DataFrame) -> pd.Series:
    """By run_id, the generalisation gap at the chosen epoch; NaN for a trial that was never validated."""
    rows = chosen(epochs)
    return rows[TRAIN_ACCURACY] - rows[VALIDATION_ACCURACY]


def gaps_at_training_accuracy(epochs: pd.DataFrame, level: float) -> pd.Series:
    """By run_id, the gap at the first epoch whose training accuracy reaches `level`; NaN if none does.

    At equal training accuracy a slower model does not look less overfitted only because it is behind.
    """
    first = _first(epochs[epochs[TRAIN_ACCURACY] >= level], epochs)
    return first[TRAIN_ACCURACY] - first[VALIDATION_ACCURACY]


def _first(rows: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """The first of these rows of each trial, by run_id; NaN for a trial without any."""
    return rows.drop_duplicates("run_id").set_index("run_id").reindex(epochs["run_id"].unique())


def _last(epochs: pd.DataFrame, values: pd.Series) -> pd.Series:
    """The last known value of each trial, by run_id."""
    known = pd.DataFrame({"run_id": epochs["run_id"], "value": values}).dropna(subset=["value"])
    last = known.drop_duplicates("run_id", keep="last").set_index("run_id")["value"]
    return last.reindex(epochs["run_id"].unique())


def with_curve(epochs: pd.DataFrame) -> pd.DataFrame:
    """The rows of arms of which a trial was measured at more than one epoch; autoencoder features are not."""
    measured = epochs.groupby("run_id")[TRAIN_ACCURACY].transform("count")
    return epochs[measured.groupby(epochs["label"]).transform("max") > 1]


def scored_once(epochs: pd.DataFrame) -> set[str]:
    """The labels of arms without a curve, where others have one: they reach a target only at their end."""
    labels, curved = set(epochs["label"]), set(with_curve(epochs)["label"])
    return labels - curved if curved else set()


def training_level(epochs: pd.DataFrame) -> float:
    """The highest multiple of 0.05 that the training accuracy of every trial of an arm with a curve reaches.

    NaN where that is below LEAST_LEVEL, or no arm has a curve.
    """
    highest = with_curve(epochs).groupby("run_id")[TRAIN_ACCURACY].max()
    levels = (step / 20 for step in range(20, 0, -1) if step / 20 >= LEAST_LEVEL)
    return next((level for level in levels if len(highest) and (highest >= level).all()), math.nan)


def gaps_at_training_level(epochs: pd.DataFrame, level: float) -> pd.Series:
    """By run_id, the generalisation gap at `level` of each trial of an arm with a curve; NaN if none."""
    return gaps_at_training_accuracy(with_curve(epochs), level).rename_axis("run_id")
