"""Scores of trials, pure: from the epochs frame, its rows in epoch order, to a number a trial, by run_id.

Columns used: run_id, label, epoch (from 1), train/accuracy, validation/accuracy, validation/loss,
train_seconds, images_seen, diverged (the same for all rows of a trial), and validation/balanced_accuracy
where epochs were chosen by it. An epoch at which no accuracy was measured (autoencoder features, before the
last) has NaN.
"""

import math

import pandas as pd

from experiments import names

TRAIN_ACCURACY = names.metric(names.TRAIN, names.ACCURACY)
VALIDATION_ACCURACY = names.metric(names.VALIDATION, names.ACCURACY)
VALIDATION_BALANCED = names.metric(names.VALIDATION, names.BALANCED)
VALIDATION_LOSS = names.metric(names.VALIDATION, names.LOSS)
LEAST_LEVEL = 0.5  # below it a trial has hardly begun to learn, and its gap means nothing


def chosen_by(epochs: pd.DataFrame) -> str:
    """The measure of validation by which epochs were chosen and targets are reached, in words."""
    balanced = VALIDATION_BALANCED in epochs and epochs[VALIDATION_BALANCED].notna().any()
    return "validation balanced accuracy" if balanced else "validation accuracy"


def score(epochs: pd.DataFrame) -> pd.Series:
    """That measure, a value a row; NaN where it was not measured."""
    balanced = VALIDATION_BALANCED in epochs and epochs[VALIDATION_BALANCED].notna().any()
    return epochs[VALIDATION_BALANCED if balanced else VALIDATION_ACCURACY]


def chosen(epochs: pd.DataFrame) -> pd.DataFrame:
    """By run_id, the row of highest score, then lower validation loss, then earlier.

    All NaN for a trial without any score (it diverged in its first epoch).
    """
    measured = epochs.assign(score=score(epochs)).dropna(subset=["score"])
    order = ["score", VALIDATION_LOSS, "epoch"]
    best = measured.sort_values(order, ascending=[False, True, True], kind="stable").drop(columns="score")
    return best.drop_duplicates("run_id").set_index("run_id").reindex(epochs["run_id"].unique())


def passes(kind: str) -> int:
    """How many forward passes an image costs in training, by the kind of its model."""
    return 1 if kind == names.FROZEN else names.TRAINING_MACS_PER_FORWARD


def to_target(epochs: pd.DataFrame, target: float, cost: str = "epoch", held: bool = False) -> pd.Series:
    """By run_id, the cost (epoch, train_seconds or images_seen) when validation's score first is `target`.

    held: at the first of two evaluations in a row that are at or above it: one lucky evaluation is not
    enough, and so a target that only the last one reaches is not held. A trial that was evaluated once (at
    its end, as autoencoder features are) has the accuracy that its model keeps: it holds what it reaches.
    NaN if never reached: censored at the end of the trial's budget. A diverged trial counts as never: the
    network that it ends with does not have the accuracy.
    """
    reached = score(epochs)
    measured = epochs[reached.notna()]
    above = reached[reached.notna()] >= target
    if held:
        trials = above.groupby(measured["run_id"])
        above &= trials.shift(-1, fill_value=False) | (trials.transform("size") == 1)
    return _first(measured[above & ~measured["diverged"].astype(bool)], epochs)[cost].astype(float)


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


def gaps_to_test(epochs: pd.DataFrame, test_accuracies: pd.Series) -> pd.Series:
    """By run_id, train accuracy at the chosen epoch minus test accuracy, which is measured at that epoch.

    The gap to validation is optimistic: its epoch is the one at which validation accuracy is highest.
    test_accuracies: by run_id; NaN where a trial was not tested.
    """
    train = chosen(epochs)[TRAIN_ACCURACY]
    return train - test_accuracies.reindex(train.index)


def gaps_at_training_accuracy(epochs: pd.DataFrame, level: float) -> pd.Series:
    """By run_id, the gap where training accuracy first reaches `level`; NaN if it never does.

    Training and validation accuracy are taken as straight lines between the epochs before and after, so that
    a trial with large steps is not read far above the level. Where the first epoch is above it already
    (`above_from_the_first`) nothing is known of the way there: its own gap stands, at its higher accuracy.

    At equal training accuracy a slower model does not look less overfitted only because it is behind.
    """
    measured = epochs.dropna(subset=[TRAIN_ACCURACY, VALIDATION_ACCURACY])
    trials = measured.groupby("run_id")
    before = {split: trials[split].shift() for split in (TRAIN_ACCURACY, VALIDATION_ACCURACY)}
    rises = measured[TRAIN_ACCURACY] - before[TRAIN_ACCURACY]
    shares = (level - before[TRAIN_ACCURACY]) / rises  # of the way from the epoch before
    falls = (1 - shares) * (measured[VALIDATION_ACCURACY] - before[VALIDATION_ACCURACY])
    gaps = level - (measured[VALIDATION_ACCURACY] - falls)
    gaps = gaps.where(rises.notna(), measured[TRAIN_ACCURACY] - measured[VALIDATION_ACCURACY])
    return _first(measured.assign(gap=gaps)[measured[TRAIN_ACCURACY] >= level], epochs)["gap"]


def above_from_the_first(epochs: pd.DataFrame, level: float) -> pd.Series:
    """By run_id, whether training accuracy is above `level` at the first epoch that was measured."""
    measured = epochs.dropna(subset=[TRAIN_ACCURACY, VALIDATION_ACCURACY])
    return _first(measured, epochs)[TRAIN_ACCURACY] > level


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

    epochs: of the trials that are compared: of a claim those of its two arms, of a table all of the study.
    NaN where that is below LEAST_LEVEL, or no arm has a curve.
    """
    highest = with_curve(epochs).groupby("run_id")[TRAIN_ACCURACY].max()
    levels = (step / 20 for step in range(20, 0, -1) if step / 20 >= LEAST_LEVEL)
    return next((level for level in levels if len(highest) and (highest >= level).all()), math.nan)


def gaps_at_training_level(epochs: pd.DataFrame, level: float) -> pd.Series:
    """By run_id, the generalisation gap at `level` of each trial of an arm with a curve; NaN if none."""
    return gaps_at_training_accuracy(with_curve(epochs), level).rename_axis("run_id")
