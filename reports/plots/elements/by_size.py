"""Curves by a size that a study varies, a line an arm: what `learning_curves` and `crops` have in common."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from reports import words
from reports.answers import sizes
from reports.numbers.intervals import mean_interval
from reports.plots.elements import axes, style
from reports.store.arms import by_arm
from reports.store.record import Record

NOTE = (
    " Large marks: mean over seeds with Student's 95 % t interval; small marks, behind them: seeds. Each "
    "trial was tested once, at its chosen epoch, that of highest validation accuracy. Gap: train minus "
    "validation accuracy at the chosen epoch, without augmentation; 0 is none."
)
DIVERGED = " A diverged trial counts with what was measured before."
ROW = 2.8  # inches
CLOSEST = 0.07  # of the axis' width, between two labels of ticks


def at_sizes(frame: pd.DataFrame, field: str) -> pd.DataFrame:
    """The frame with x: where a trial of its size stands, whatever its arm. frame: with the field."""
    return frame.assign(x=frame[field].map(sizes.positions(frame[field], log=False)))


def draw(frame: pd.DataFrame, ax: Axes, floor: float = -math.inf, looks: style.Looks | None = None) -> Axes:
    """A line an arm through its means, and seeds as small marks.

    frame: arm, arm_order, x, y (NaN: not measured).

    floor: what lies below it is drawn there; an error of 0 has no place on a logarithmic axis.
    """
    looks = looks or style.looks_of(frame, "arm")
    for place, (name, arm) in enumerate(by_arm(frame.dropna(subset=["y"]))):
        look = looks(name)
        means = {x: mean_interval(seeds) for x, seeds in arm.groupby("x")["y"]}
        y = np.maximum([each.mean for each in means.values()], floor)
        half = [each.half_width for each in means.values()]  # NaN of one seed: no interval
        line, *_ = ax.errorbar(
            [*means],
            y,
            half,
            color=look.color,
            marker=look.marker,
            linestyle=look.line,
            markersize=8,
            capsize=4 + 2 * place,  # bars of arms at one size lie on each other: each has ends of its own
            linewidth=1.5,
            zorder=3,
        )
        line.set_clip_on(False)  # whole at an accuracy of 1 too, where the axis ends
        ax.plot(arm["x"], np.maximum(arm["y"], floor), look.marker, color=look.color, markersize=4, zorder=2,
                markeredgewidth=0.8, markerfacecolor="white", clip_on=False)  # fmt: skip
    return ax


def page(frame: pd.DataFrame) -> tuple[Figure, dict[tuple[Axes, Axes], pd.DataFrame]]:
    """A page, and its left and right panel for the trials of each setting of what else is varied."""
    rests = sizes.by_rest(frame)
    drawing = style.page(height=5.6 if len(rests) == 1 else 2.4 + ROW * len(rests))
    panels = drawing.subplots(len(rests), 2, sharex=True, sharey="col", squeeze=False)
    for (left, _), rest in zip(panels, rests, strict=True):
        left.set_title(rest, weight="bold")
    return drawing, dict(zip(map(tuple, panels), rests.values(), strict=True))


def draw_gaps(frame: pd.DataFrame, ax: Axes, looks: style.Looks | None = None) -> Axes:
    """The overfitting gap, over a line where there is none. frame: as of `draw`, with gap instead of y."""
    ax.axhline(0, color=style.MUTED, linewidth=1)
    return draw(frame.assign(y=frame["gap"]), ax, looks=looks)


def seeds_of(frame: pd.DataFrame, field: str, column: str) -> list[pd.Series]:
    """The values of each mean that is drawn."""
    return [seeds for _, seeds in frame.groupby(["rest", "arm", field])[column]]


def finish(
    page: Figure,
    record: Record,
    frame: pd.DataFrame,
    field: str,
    title: str,
    note: str,
    caveats: Sequence[str],
    cut: bool,
) -> None:
    """Set ticks at the sizes, limits of the gaps, legend and caption.

    frame: as drawn; caveats: those of this figure alone; cut: an interval of the left panels is cut. Call it
    last: setting a scale replaces ticks.
    """
    left, right = page.axes[-2:]
    log = left.get_xscale() == "log"
    at = sizes.positions(frame[field], log)
    for ax in (left, right):
        ax.set_xticks(10**at if log else at, _apart(at))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.margins(x=0.08)
    if frame["gap"].notna().any():
        limits = axes.accuracy_limits(seeds_of(frame, field, "gap"), lowest=-1.0)
        right.set_ylim(min(limits.low, 0), max(limits.high, 0))
        cut |= limits.cut
    whole = sizes.as_one(record)
    style.legend(page, whole)
    caveats = [
        *caveats,
        axes.OPEN if cut else "",
        DIVERGED if frame["diverged"].any() else "",
        sizes.left_out(record, frame),
    ]
    style.caption(page, title, whole, note + NOTE, caveats)


def _apart(at: pd.Series) -> list[str]:
    """The sizes as text; of ticks that nearly coincide only the first has a label."""
    labels, last = [], -math.inf
    for size, position in at.items():
        free = position - last >= CLOSEST * np.ptp(at)
        labels.append(sizes.text(size) if free else "")
        last = position if free else last
    return labels


def finding(record: Record, field: str, unit: str, *, error: bool = False) -> str:
    """What a figure by this field shows: from the smallest to the largest size, in a sentence a rest.

    unit: what the field counts; error: of 1 − accuracy instead of accuracy.
    """
    trials = sizes.trials(record, field)
    if trials is None:
        return ""
    sentences = []
    for rest, fitting in sizes.by_rest(trials).items():
        fitting = fitting.assign(score=1 - fitting["accuracy"] if error else fitting["accuracy"])
        means = fitting.groupby(["title", field], sort=False)[["score", "gap"]].mean().dropna()
        ends = [means.xs(size, level=field) for size in (trials[field].min(), trials[field].max())]
        arms = [arm for arm in fitting["title"].unique() if all(arm in end.index for end in ends)]
        each = [f"{arm} {_from_to(*(end.loc[arm] for end in ends))}" for arm in arms]
        if each:
            sentences.append(f"{f'{rest}: ' if rest else ''}{words.listed(each)}.")
    span = f"{sizes.text(trials[field].min())} to {sizes.text(trials[field].max())}"
    if not sentences:
        return ""
    what = "error" if error else "accuracy"
    return f"Mean test {what}, and gap at the chosen epoch, from {span} {unit}: {' '.join(sentences)}"


def _from_to(first: pd.Series, last: pd.Series) -> str:
    """`0.350 → 0.247 (gap +0.090 → +0.217)`."""
    gaps = " → ".join(words.signed(end["gap"]) for end in (first, last))
    return f"{first['score']:.3f} → {last['score']:.3f} (gap {gaps})"
