"""One curve an arm from its trials: the median or mean over seeds at each epoch, and the range; pure.

A median over seeds is no trial's own path: the seed in the middle may change from epoch to epoch.
"""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from experiments import names
from reports import words
from reports.numbers.intervals import mean_interval, median_and_range
from reports.plots.elements import style

MIDDLES = {
    "median": lambda values: median_and_range(values).median,
    "mean": lambda values: mean_interval(values).mean,
}


def across_seeds(
    epochs: pd.DataFrame,
    column: str,
    after_divergence: float = math.nan,
    middle: str = "median",
    runs: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """A row a label and epoch: label, arm_order, epoch, train_seconds (median), middle, low, high, at_once.

    middle: the statistic, of MIDDLES, and the name of its column. epochs: as in `record.Record`, of one
    setting, and `column`; runs: its trials, for one that diverged at once may have left no epoch. Where every
    trial of a label has at most one value, the label becomes one row at the trials' median epoch and at_once
    is true: a point at its whole cost. `after_divergence` stands for a diverged trial's value in the median
    (-inf: it ranks lowest; NaN: it is left out), so that a median of accuracies is not one of survivors; the
    range is of measured values.
    """
    known = epochs.dropna(subset=[column])
    trials = pd.concat([each[["run_id", "label", "diverged"]] for each in (epochs, runs) if each is not None])
    lost_of = trials[trials["diverged"].astype(bool)].groupby("label")["run_id"].nunique()
    rows = []
    for label, arm in known.groupby("label", sort=False):
        at_once = arm["run_id"].value_counts().max() == 1
        for epoch, values in [(arm["epoch"].median(), arm)] if at_once else arm.groupby("epoch"):
            lost = lost_of.get(label, 0) - values["diverged"].sum()
            summary = median_and_range(values[column])
            rows.append(
                {
                    "label": label,
                    "arm_order": arm["arm_order"].iloc[0],
                    "epoch": epoch,
                    names.TRAIN_SECONDS: values[names.TRAIN_SECONDS].median(),
                    middle: MIDDLES[middle]([*values[column], *[after_divergence] * int(lost)]),
                    "low": summary.low,
                    "high": summary.high,
                    "at_once": at_once,
                }
            )
    columns = ["label", "arm_order", "epoch", names.TRAIN_SECONDS, middle, "low", "high", "at_once"]
    return pd.DataFrame(rows, columns=columns).replace({middle: -math.inf}, math.nan)


def draw(frame: pd.DataFrame, ax: Axes, looks: style.Looks | None = None, middle: str = "median") -> Axes:
    """A line and band a label, or one point. frame: label, arm_order, x, low, high, at_once, and `middle`."""
    looks, shade = looks or style.looks_of(frame), style.shade(frame["label"].nunique())
    for order, (label, curve) in enumerate(frame.groupby("label", sort=False)):
        look = looks(str(label))
        if curve["at_once"].all():
            bars = [curve[middle] - curve["low"], curve["high"] - curve[middle]]
            ax.errorbar(
                curve["x"], curve[middle], bars, color=look.color, marker=look.marker, capsize=5, zorder=3
            )
            continue
        every = max(1, len(curve) // 6)
        ax.fill_between(curve["x"], curve["low"], curve["high"], color=look.color, alpha=shade, linewidth=0)
        ax.plot(curve["x"], curve[middle], color=look.color, marker=look.marker, linestyle=look.line,
                markevery=(order % every, every), clip_on=False)  # fmt: skip
    return ax


def mark_targets(ax: Axes, targets: Sequence[float], *, named: bool = True) -> None:
    """A dotted line at each target that the panel shows; named: with its number inside the panel."""
    low, high = ax.get_ylim()
    for target in targets:
        if low < target < high:
            ax.axhline(target, color=style.MUTED, linewidth=0.9, linestyle=(0, (1, 2)), zorder=0)
            if named:
                ax.annotate(
                    words.target(target), (0, target), (3, 1), xycoords=("axes fraction", "data"),
                    textcoords="offset points", fontsize=8, color=style.MUTED, va="bottom",
                )  # fmt: skip
