"""Overfitting: the generalisation gap by epoch, and train against validation accuracy at the chosen epoch.

`python -m reports.overfitting STUDY` draws this figure alone.
"""

import sys

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports import command, convergence, curves, scores, style
from reports.runs import IDENTITY, Record
from reports.statistics import mean_interval

NOTE = (
    "Gap: train minus validation accuracy, both without augmentation and in inference mode; 0 is none. "
    "Left: median and range over seeds. "
    "Right: at each trial's epoch of highest validation accuracy; small marks: seeds (equal ones overlap); "
    "large marks and the number: means over seeds, as in the results table."
)


def at_chosen_epoch(epochs: pd.DataFrame) -> pd.DataFrame:
    """A row a trial that was validated: IDENTITY, train, validation (accuracies at its chosen epoch)."""
    chosen = [scores.at_chosen_epoch(trial) for _, trial in epochs.groupby("run_id", sort=False)]
    renamed = {scores.TRAIN_ACCURACY: "train", scores.VALIDATION_ACCURACY: "validation"}
    rows = pd.DataFrame(chosen, columns=epochs.columns).rename(columns=renamed)
    return rows[[*IDENTITY, "train", "validation"]].dropna()


def draw(frame: pd.DataFrame, ax: Axes) -> Axes:
    """A row a label, validation (filled) to train (hollow). frame: label, arm_order, train, validation."""
    labels = list(frame["label"].unique())
    for row, label in enumerate(labels):
        arm = frame[frame["label"] == label]
        look = style.arm(int(arm["arm_order"].iloc[0]))
        train, validation = mean_interval(arm["train"]).mean, mean_interval(arm["validation"]).mean
        ax.plot([validation, train], [row, row], color=look.color, linewidth=2.5, zorder=2)
        for values, mean, fill in (
            (arm["train"], train, "white"),
            (arm["validation"], validation, look.color),
        ):
            ax.plot(values, [row + 0.24] * len(values), look.marker, color=look.color, markersize=4,
                    markerfacecolor=fill, markeredgewidth=0.8)  # fmt: skip
            ax.plot(mean, row, look.marker, color=look.color, markersize=10, markerfacecolor=fill, zorder=3,
                    markeredgewidth=2)  # fmt: skip
        ax.annotate(f"{train - validation:+.3f}", ((train + validation) / 2, row), (0, 7), ha="center",
                    textcoords="offset points", fontsize=11)  # fmt: skip
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    return ax


def figure(record: Record) -> Figure:
    """Both panels for one setting."""
    gap = record.epochs[scores.TRAIN_ACCURACY] - record.epochs[scores.VALIDATION_ACCURACY]
    medians = curves.across_seeds(record.epochs.assign(gap=gap), "gap")
    chosen = at_chosen_epoch(record.epochs)
    with style.context():
        if medians.empty:
            return style.empty_page("Overfitting: no trial was validated", record)
        page = style.page(height=max(5.4, 2.4 + 0.5 * chosen["label"].nunique()))
        by_epoch, by_arm = page.subplots(1, 2)
        by_epoch.axhline(0, color=style.MUTED, linewidth=1)
        convergence.draw(medians.assign(x=medians["epoch"]), by_epoch)
        by_epoch.set(
            xlabel="epoch", ylabel="train − validation accuracy", title="generalisation gap by epoch"
        )
        by_epoch.set_xticks(style.whole_epochs(1, medians["epoch"].max()))
        draw(chosen, by_arm)
        by_arm.set(xlabel="accuracy (filled: validation, hollow: train)", title="at the chosen epoch")
        style.legend(page, record, at_once=set(medians.loc[medians["at_once"], "label"]))
        style.caption(page, "Overfitting", record, NOTE)
    return page


def main() -> int:
    """Draw this figure alone."""
    return command.draw_alone("overfitting", __doc__)


if __name__ == "__main__":
    sys.exit(main())
