"""Limits of axes that no single wide interval decides, and names beside marks that cover nothing."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from reports.numbers.intervals import mean_interval

REACH = 0.5  # of the seeds' range: how far beyond the seeds an interval may stretch an axis
LEAST = 0.02  # counts as their range where the seeds lie closer, and is shown where there is no more
PAD = 0.05  # of what is shown, on either side
LOG_REACH, LOG_LEAST, LOG_PAD = 2.0, 3.0, 1.15  # the same three as factors, for errors on a logarithmic axis
OPEN = " A bar without an end runs out of the panel."  # for the caption where an interval is cut


class Limits(NamedTuple):
    """The ends of an axis; cut: an interval goes on beyond them."""

    low: float
    high: float
    cut: bool


def accuracy_limits(arms: Iterable[pd.Series], lowest: float = 0.0) -> Limits:
    """The limits that show every seed, and intervals as far as REACH allows.

    arms: the accuracies of each arm's seeds, or with `lowest` -1 differences of them. With two seeds
    Student's interval reaches six times their distance to either side: an axis that shows it leaves the
    marks no room.
    """
    arms = list(arms)
    seeds = pd.concat(arms).dropna()
    lows, highs = np.transpose([mean_interval(arm).ends for arm in arms])
    reach = REACH * max(np.ptp(seeds), LEAST)
    low, high = within(
        max(min(seeds.min(), np.nanmin(lows)), seeds.min() - reach),
        min(max(seeds.max(), np.nanmax(highs)), seeds.max() + reach),
        lowest,
    )
    shown = high - low
    pad = max(PAD * shown, (LEAST - shown) / 2)
    low, high = within(low - pad, high + pad, lowest)
    return Limits(low, high, bool((lows < low).any() or (highs > high).any()))


def error_limits(arms: Iterable[pd.Series], floor: float) -> Limits:
    """As `accuracy_limits`, for errors (1 − accuracy) on a logarithmic axis: reach and padding are factors.

    floor: where an error of 0 is drawn.
    """
    arms = [arm.clip(lower=floor) for arm in arms]
    seeds = pd.concat(arms).dropna()
    lows, highs = np.transpose([mean_interval(arm).ends for arm in arms])
    low = max(min(seeds.min(), np.nanmin(lows)), seeds.min() / LOG_REACH) / LOG_PAD
    high = min(max(seeds.max(), np.nanmax(highs)), seeds.max() * LOG_REACH) * LOG_PAD
    high = min(float(high), 1.0)
    low = min(float(low), high / LOG_LEAST)
    return Limits(low, high, bool((lows < low).any() or (highs > high).any()))


def within(low: float, high: float, lowest: float = 0.0) -> tuple[float, float]:
    """The limits of an axis, without what lies below `lowest` and above 1."""
    return max(float(low), lowest), min(float(high), 1.0)


SIZE = 9  # points
MARK_REACH = 5  # points from a mark's centre to its edge
FROM = 7  # points from a mark's centre, or from the end of its error bar, to its name
APART = 9  # points between a name and any other mark: each name is nearest to its own
AROUND = 2  # points between two names, and around an error bar


def beside(ax: Axes, frame: pd.DataFrame) -> list[Annotation]:
    """Name each mark to its right or left, above or below it; a name without free room is left out.

    frame: label, x, y, low, high (the ends of its error bar). Call it once nothing else moves the axes: what
    is free depends on the positions on the page.
    """
    ax.figure.draw_without_rendering()
    pixels = ax.figure.dpi / 72
    marks = {row.Index: _box(ax, row.x, row.y, row.y, MARK_REACH * pixels) for row in frame.itertuples()}
    taken = [_box(ax, row.x, row.low, row.high, AROUND * pixels) for row in frame.itertuples()]
    placed = []
    for row in frame.sort_values("y", ascending=False).itertuples():
        for name in _candidates(ax, row):
            box = name.get_window_extent()
            others = [mark for index, mark in marks.items() if index != row.Index]
            if (
                _contains(ax.get_window_extent(), box)
                and not any(map(box.padded(AROUND * pixels).overlaps, taken))
                and not any(map(box.padded(APART * pixels).overlaps, others))
            ):
                taken.append(box)
                placed.append(name)
                break
            name.remove()
    return placed


def _candidates(ax: Axes, row: tuple) -> Iterator[Annotation]:
    """The name of a mark on each of its sides, one after another."""
    for end, offset, side, height in (
        (row.y, (FROM, 0), "left", "center"),
        (row.y, (-FROM, 0), "right", "center"),
        (row.high, (0, FROM), "center", "bottom"),
        (row.low, (0, -FROM), "center", "top"),
    ):
        name = ax.annotate(
            row.label, (row.x, end), offset, textcoords="offset points", fontsize=SIZE, ha=side, va=height
        )
        name.set_in_layout(False)
        yield name


def _box(ax: Axes, x: float, low: float, high: float, around: float) -> Bbox:
    """The box from one height to another at x, in pixels, with so many around it."""
    return Bbox(ax.transData.transform([(x, low), (x, high)])).padded(around)


def _contains(outer: Bbox, box: Bbox) -> bool:
    return outer.x0 <= box.x0 and box.x1 <= outer.x1 and outer.y0 <= box.y0 and box.y1 <= outer.y1
