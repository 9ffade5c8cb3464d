"""Names at the ends of lines, in the margin to the right of a panel, so that no legend must be looked up."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

SIZE, SMALL = 10, 8.5  # points: a name, and what is written below it
GAP = 3.0  # points between two names
FROM = 0.06  # of the panel's width: from its edge to a name
CHARACTER = 0.55  # of the size: a character's width


class End(NamedTuple):
    """A line's end: its name, its height in data, its colour, and a second line of words.

    y: −∞ or NaN of an arm whose line lies nowhere in the panel: it is named at the lower edge.
    """

    name: str
    y: float
    color: str
    below: str = ""


def width(ends: Sequence[End]) -> float:
    """Inches that the names take."""
    longest = max((max(len(each.name) * SIZE, len(each.below) * SMALL) for each in ends), default=0.0)
    return longest * CHARACTER / 72 + 0.25


def height(ends: Sequence[End]) -> float:
    """Inches that the names take, one above the other."""
    return sum(map(_points, ends)) / 72


def _points(end: End) -> float:
    return (SIZE + (SMALL + 1.5 if end.below else 0) + GAP) * 1.15


def name(ax: Axes, ends: Sequence[End]) -> None:
    """Write each name at the height of its line's end, moved as little as needed, with a stroke from there.

    Call it once the panel has its limits, and its height on the page.
    """
    ends = [each._replace(y=-math.inf) if math.isnan(each.y) else each for each in ends]
    ends = sorted(ends, key=lambda each: each.y)
    if not ends:
        return
    low, high = ax.get_ylim()
    points = ax.get_window_extent().height * 72 / ax.figure.dpi
    at = np.clip([(each.y - low) / (high - low) for each in ends], 0, 1)
    heights = [_points(each) / points for each in ends]
    for each, end, shown in zip(ends, at, spread(at, heights), strict=True):
        named = ax.annotate(
            each.name + (f"\n{each.below}" if each.below else ""),
            (1, end),
            (1 + FROM, shown),
            xycoords="axes fraction",
            textcoords="axes fraction",
            fontsize=SIZE if not each.below else SMALL,
            color=each.color,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": each.color, "linewidth": 0.8, "shrinkA": 1, "shrinkB": 0},
        )
        named.set_in_layout(False)


def spread(at: Sequence[float], heights: Sequence[float]) -> np.ndarray:
    """Positions nearest to these, in rising order, at which boxes of these heights do not overlap.

    Boxes that touch move as one block about the mean of where they belong (pool adjacent violators), within
    0 and 1 where all of them fit.
    """
    blocks: list[list] = []  # centre of the block, its height, its members
    for place, (wanted, height) in enumerate(zip(at, heights, strict=True)):
        blocks.append([float(wanted), float(height), [place]])
        while len(blocks) > 1 and blocks[-1][0] - blocks[-2][0] < (blocks[-1][1] + blocks[-2][1]) / 2:
            _, height, members = blocks.pop()
            _, below, first = blocks.pop()
            members = first + members
            blocks.append([_centre(members, at, heights), below + height, members])
    found = np.empty(len(at))
    for centre, height, members in blocks:
        bottom = centre - height / 2
        for member in members:
            found[member] = bottom + heights[member] / 2
            bottom += heights[member]
    halves = np.asarray(heights, float) / 2
    least = 0.0
    for place, half in enumerate(halves):  # up from the bottom of the panel, then down from its top
        found[place] = max(found[place], least + half)
        least = found[place] + half
    most = max(1.0, 2 * halves.sum())
    for place in reversed(range(len(found))):
        found[place] = min(found[place], most - halves[place])
        most = found[place] - halves[place]
    return found


def _centre(members: Sequence[int], at: Sequence[float], heights: Sequence[float]) -> float:
    """Where the centre of a block lies so that its boxes are nearest to where they belong."""
    starts = np.cumsum([0.0, *(heights[each] for each in members)])
    wanted = [at[each] - start - heights[each] / 2 for each, start in zip(members, starts, strict=False)]
    return float(np.mean(wanted) + starts[-1] / 2)
