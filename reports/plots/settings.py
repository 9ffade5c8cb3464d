"""Settings: test accuracy at each setting of a study that varies something, all in one figure.

It needs a study with a grid (`vary:`).
"""

from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import names, settings
from reports.numbers.intervals import mean_interval
from reports.plots.elements import axes, phrases, style
from reports.store.arms import by_arm
from reports.store.record import Record
from reports.tables import summary

TITLE = "Settings"
APPLIES = "all settings"
NOTE = (
    "Large marks: mean test accuracy over seeds with Student's 95 % t interval; small marks: seeds. "
    "Each trial was tested once, at its epoch of highest {score}. "
    "A row names only what is varied for its arms; an arm with nothing varied has a line through all rows."
)
UNVARIED = "nothing varied"
ROW = 0.3  # inches an arm


def accuracies(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a tested trial: setting (as people read it), label (the arm), arm_order, accuracy; grid order."""
    rows = runs.assign(
        setting=runs["setting"].map(settings.readable).replace("", UNVARIED),
        label=runs["title"],
        accuracy=runs[names.metric(names.TEST, names.ACCURACY)],
    )
    return rows[["setting", "label", "arm_order", "accuracy"]].dropna()


def draw(frame: pd.DataFrame, ax: Axes, looks: style.Looks | None = None) -> Axes:
    """A block of rows a setting, a row an arm it has. frame: setting, label, arm_order, accuracy."""
    looks = looks or style.looks_of(frame)
    row = 0.0
    ticks = {}
    for index, (setting, arms) in enumerate(frame.groupby("setting", sort=False)):
        first = row
        for label, arm in by_arm(arms, "label"):
            look = looks(label)
            mean, half, n = mean_interval(arm["accuracy"])
            bar = half if n > 1 else None
            mark, *_ = ax.errorbar(mean, row, xerr=bar, color=look.color, marker=look.marker,
                                   markersize=8, capsize=4, linewidth=1.5, zorder=3)  # fmt: skip
            mark.set_clip_on(False)  # whole at an accuracy of 1 too, where the axis ends
            ax.plot(arm["accuracy"], [row + 0.32] * n, look.marker, color=look.color, markersize=4, zorder=2,
                    markeredgewidth=0.8, markerfacecolor="white", clip_on=False)  # fmt: skip
            if setting == UNVARIED:
                ax.axvline(mean, color=look.color, linestyle=look.line, linewidth=1, alpha=0.6, zorder=1)
            row += 1
        if index % 2 == 0:
            ax.axhspan(first - 0.6, row - 0.4 + 0.3, color="#F3F3F3", zorder=0, linewidth=0)
        ticks[setting] = (first + row - 1) / 2
        row += 0.5
    ax.set_yticks(list(ticks.values()), list(ticks))
    ax.set_ylim(row - 0.7, -0.7)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    return ax


def figure(record: Record) -> Figure | None:
    """One panel of the whole study; None where it has a single setting."""
    if len(record.by_setting()) == 1:
        return None
    tested = accuracies(record.runs)
    with style.context():
        if tested.empty:
            return style.empty_page(f"{TITLE}: no trial was tested", record)
        rows = len(tested.drop_duplicates(["setting", "label"])) + 0.5 * tested["setting"].nunique()
        page = style.page(height=2.4 + ROW * rows)
        ax = draw(tested, page.subplots(), style.looks(record))
        limits = axes.accuracy_limits(arm["accuracy"] for _, arm in tested.groupby(["setting", "label"]))
        ax.set(xlabel="test accuracy", xlim=limits[:2])
        by_arm = record.runs.assign(label=record.runs["title"], setting="")
        whole = replace(record, runs=by_arm.sort_values("arm_order", kind="stable"))
        style.legend(page, whole)
        style.caption(page, TITLE, whole, NOTE, [axes.OPEN] if limits.cut else [])
    return page


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    arms = summary.by_arm(record)
    tested = arms.dropna(subset=["test_accuracy"])
    if tested.empty:
        return ""
    best, worst = (tested.loc[getattr(tested["test_accuracy"], which)()] for which in ("idxmax", "idxmin"))
    return (
        f"The highest mean test accuracy is that of {best['label']} ({phrases.accuracy(best)}), the lowest "
        f"that of {worst['label']} ({phrases.accuracy(worst)})."
    )
