"""Winner map: which arm has the highest test accuracy at each crop and train size, and where that is unclear.

It needs a study that varies both `data.crop` and `data.train`, and beside them at most eight settings of
other fields: each is a map of its own.
"""

import math
import textwrap
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from reports.answers import sides, sizes
from reports.numbers.intervals import Interval
from reports.plots.elements import style
from reports.store.record import Record
from reports.words import listed, signed

TITLE = "Winner map"
APPLIES = "all settings"
NOTE = (
    "A cell names the arm of highest mean test accuracy over seeds, with that mean, and its lead over the "
    "next arm with the 95 % interval of the difference. It has the arm's colour where the arm was shown to "
    "be ahead of every other one there (by wider intervals, so that all of a cell hold together); grey: not "
    "shown. Each trial was tested once, at its epoch of highest {score}."
)
DIVERGED = " A diverged trial counts with what was measured before."
FIELDS = (sizes.CROP, sizes.TRAIN)
GREY = "#E4E4E4"
ROW = 1.3  # inches: room for six lines
SIZE = 10  # points, of the words in a cell
CHARACTER = 0.088  # inches of a character among them
LEVEL = 0.05


class Winner(NamedTuple):
    """The arm of highest mean accuracy in a cell, the next, and whether it was shown to be ahead of all.

    lead: over the next arm, with its 95 % interval; NaN ends: nothing is known of it.
    """

    arm: str
    order: int
    mean: float
    lead: Interval
    second: str
    tested: int  # arms
    shown: bool


# (the leader's trials, another arm's) to the difference of means with its interval at a level
Ahead = Callable[[pd.DataFrame, pd.DataFrame, float], Interval]


def winner(cell: pd.DataFrame, ahead: Ahead) -> Winner | str:
    """The winner among the trials at one crop and train size, or why there is none.

    cell: title, arm_order, accuracy, and what `ahead` needs.
    """
    tested = cell.dropna(subset=["accuracy"])
    arms = dict(iter(tested.groupby("arm_order")))
    titles = {order: str(arm["title"].iloc[0]) for order, arm in arms.items()}
    if len(arms) < 2:
        return f"{'only ' + titles.popitem()[1] if arms else 'nothing'} tested"
    if alone := [titles[order] for order, arm in arms.items() if len(arm) < 2]:
        return f"one seed of {', '.join(alone)}"
    # Stable: of equal means the first of the study file.
    best, *others = sorted(arms, key=lambda order: -arms[order]["accuracy"].mean())
    level = 1 - LEVEL / len(others)
    found = [ahead(arms[best], arms[other], level) for other in others]
    # An interval without width is of seeds that are alike, which tells nothing of others.
    shown = all(each.low > 0 and each.high > each.low for each in found)
    lead = ahead(arms[best], arms[others[0]], 1 - LEVEL)
    mean = float(arms[best]["accuracy"].mean())
    return Winner(titles[best], int(best), mean, lead, titles[others[0]], len(arms), shown)


def in_record(record: Record) -> Ahead:
    """How two arms of a record differ, as a claim would compare them."""

    def ahead(one: pd.DataFrame, other: pd.DataFrame, level: float) -> Interval:
        left, right = (each.iloc[0] for each in (one, other))
        comparison = (left["arm"], left["setting"], right["arm"], right["setting"])
        found = sides.between(record, comparison)
        lead = float(one["accuracy"].mean() - other["accuracy"].mean())
        return found.difference(level) if found else Interval(lead, math.nan, math.nan)

    return ahead


def draw(frame: pd.DataFrame, ax: Axes, width: int, ahead: Ahead, looks: style.Looks = style.arm) -> Axes:
    """A cell for each crop (x) and train size (y). frame: title, arm_order, accuracy and FIELDS.

    width: of a cell, in characters.
    """
    crops, trains = (np.sort(frame[field].unique()) for field in FIELDS)
    arms = frame["title"].nunique()
    for x, crop in enumerate(crops):
        for y, train in enumerate(trains):
            cell = frame[(frame[sizes.CROP] == crop) & (frame[sizes.TRAIN] == train)]
            best = winner(cell, ahead)
            shown = isinstance(best, Winner) and best.shown
            color = looks(best.order).color if shown else GREY
            ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=color, linewidth=0))
            text = words(best, width, arms)
            ax.text(x, y, text, color=style.ink(color), ha="center", va="center", fontsize=SIZE)
    ax.hlines(np.arange(len(trains) + 1) - 0.5, -0.5, len(crops) - 0.5, color="white", linewidth=3)
    ax.vlines(np.arange(len(crops) + 1) - 0.5, -0.5, len(trains) - 0.5, color="white", linewidth=3)
    ax.set(xlim=(-0.5, len(crops) - 0.5), ylim=(-0.5, len(trains) - 0.5))
    ax.set_xticks(range(len(crops)), map(sizes.text, crops))
    ax.set_yticks(range(len(trains)), map(sizes.text, trains))
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    return ax


def words(best: Winner | str, width: int, arms: int) -> str:
    """The text of a cell, in lines of at most `width` characters. arms: of the whole map."""
    if isinstance(best, str):
        return _wrapped(best, width, most=4)
    lead = best.lead
    around = "" if math.isnan(lead.low) else f" ({signed(lead.low)} … {signed(lead.high)})"
    ahead = round(lead.estimate, 3) > 0
    lines = [
        f"{best.arm} {best.mean:.3f}",
        f"{signed(lead.estimate)} over {best.second}" if ahead else f"as high as {best.second}",
        *([around.strip()] if around else []),
        *([f"{best.tested} of {arms} arms tested"] if best.tested < arms else []),
    ]
    return "\n".join(_wrapped(line, width, most=2) for line in lines)


def _wrapped(text: str, width: int, most: int) -> str:
    # A long name is broken too, but begins a line of its own.
    between = textwrap.wrap(text, width, break_long_words=False)
    lines = [line for each in between for line in textwrap.wrap(each, width)]
    if len(lines) > most:
        lines[most - 1 :] = [f"{lines[most - 1][: width - 1]}…"]
    return "\n".join(lines)


def figure(record: Record) -> Figure | None:
    """A map for each setting of what else is varied; None where not both crop and train size vary."""
    trials = sizes.trials(record, *FIELDS)
    if trials is None:
        return None
    whole = sizes.as_one(record)
    with style.context():
        if trials["accuracy"].isna().all():
            return style.empty_page(f"{TITLE}: no trial was tested", whole)
        rests = sizes.by_rest(trials)
        crops, trains = (trials[field].nunique() for field in FIELDS)
        page = style.page(height=2.6 + (ROW * trains + 0.6) * len(rests))
        width = int((style.PAGE_WIDTH - 1.2) / crops / CHARACTER)
        for ax, (rest, frame) in zip(
            page.subplots(len(rests), squeeze=False).flat, rests.items(), strict=True
        ):
            draw(frame, ax, width, in_record(record), style.looks(record))
            ax.set_ylabel("training images")
            ax.set_title(rest, weight="bold")
        ax.set_xlabel("crop (pixels)")
        legend(page, whole)
        note = NOTE + DIVERGED if trials["diverged"].any() else NOTE
        style.caption(page, TITLE, whole, note + sizes.left_out(record, trials))
    return page


def legend(page: Figure, record: Record) -> None:
    """The colours of the arms, in study order, and what grey means."""
    looks = style.looks(record)
    orders = record.runs.groupby("title", sort=False)["arm_order"].first()
    patches = {arm: Patch(facecolor=looks(int(order)).color) for arm, order in orders.items()}
    patches["no arm was shown to be ahead"] = Patch(facecolor=GREY)
    style.name(page, [*patches.values()], [*patches])


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    trials = sizes.trials(record, *FIELDS)
    if trials is None:
        return ""
    ahead = in_record(record)
    cells = [
        winner(cell, ahead)
        for fitting in sizes.by_rest(trials).values()
        for _, cell in fitting.groupby([*FIELDS])
    ]
    clear = pd.Series([best.arm for best in cells if not isinstance(best, str) and best.shown], dtype=object)
    named = [f"{arm} in {count}" for arm, count in clear.value_counts(sort=False).items()]
    if not named:
        return f"In none of {len(cells)} cells was an arm shown to be ahead of all others."
    return f"Shown to be ahead of all others, of {len(cells)} cells: {listed(named)}."
