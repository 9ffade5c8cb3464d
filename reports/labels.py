"""Names beside marks, where they cover neither a mark nor each other."""

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

SIZE = 9  # points
REACH = 5  # points from a mark's centre to its edge
FROM = 7  # points from a mark's centre, or from the end of its error bar, to its name
APART = 9  # points between a name and any other mark: each name is nearest to its own
AROUND = 2  # points between two names, and around an error bar


def beside(ax: Axes, frame: pd.DataFrame) -> list[Annotation]:
    """Name each mark to its right or left, above or below it; a name that is free nowhere is left out.

    frame: label, x, y, low, high (the ends of its error bar). To be called once nothing else moves the axes:
    what is free depends on where things are on the page.
    """
    ax.figure.draw_without_rendering()
    pixels = ax.figure.dpi / 72
    marks = {row.Index: _box(ax, row.x, row.y, row.y, REACH * pixels) for row in frame.itertuples()}
    taken = [_box(ax, row.x, row.low, row.high, AROUND * pixels) for row in frame.itertuples()]
    placed = []
    for row in frame.sort_values("y", ascending=False).itertuples():
        for name in _places(ax, row):
            box = name.get_window_extent()
            others = [mark for index, mark in marks.items() if index != row.Index]
            if (
                _holds(ax.get_window_extent(), box)
                and not any(map(box.padded(AROUND * pixels).overlaps, taken))
                and not any(map(box.padded(APART * pixels).overlaps, others))
            ):
                taken.append(box)
                placed.append(name)
                break
            name.remove()
    return placed


def _places(ax: Axes, row: tuple) -> Iterator[Annotation]:
    for end, offset, side, height in (
        (row.y, (FROM, 0), "left", "center"),
        (row.y, (-FROM, 0), "right", "center"),
        (row.high, (0, FROM), "center", "bottom"),
        (row.low, (0, -FROM), "center", "top"),
    ):
        name = ax.annotate(row.label, (row.x, end), offset, textcoords="offset points", fontsize=SIZE,
                           ha=side, va=height)  # fmt: skip
        name.set_in_layout(False)
        yield name


def _box(ax: Axes, x: float, low: float, high: float, around: float) -> Bbox:
    """From one height to another, in pixels, and so many around."""
    return Bbox(ax.transData.transform([(x, low), (x, high)])).padded(around)


def _holds(outer: Bbox, box: Bbox) -> bool:
    return outer.x0 <= box.x0 and box.x1 <= outer.x1 and outer.y0 <= box.y0 and box.y1 <= outer.y1
