"""Winner map: which arm has the highest test accuracy at each crop and train size, and where that is unclear.

It needs a study that varies both `data.crop` and `data.train`, and beside them at most eight settings of
other fields: each is a map of its own.
"""

import textwrap
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from reports.answers import sizes
from reports.numbers.intervals import mean_interval
from reports.plots.elements import style
from reports.store.record import Record
from reports.words import listed, signed

TITLE = "Winner map"
APPLIES = "all settings"
NOTE = (
    "A cell has the colour and name of the arm of highest mean test accuracy over seeds, with Student's 95 % "
    "t interval (of two seeds none is told) and the lead over the next arm. Hatched: that interval overlaps "
    "the one of another arm, so it may be ahead by chance. Grey: fewer than two arms were tested, or an arm "
    "on one seed only. ± 0.000: alike at every seed; it is no certainty about other images. Each trial was "
    "tested once, at its epoch of highest {score}."
)
DIVERGED = " A diverged trial counts with what was measured before."
FIELDS = (sizes.CROP, sizes.TRAIN)
GREY = "#D9D9D9"
HATCH = "///"
ROW = 1.3  # inches: room for hatching around six lines
SIZE = 10  # points, of the words in a cell
CHARACTER = 0.088  # inches of a character among them


class Winner(NamedTuple):
    """The arm of highest mean accuracy in a cell, the next, and whether another interval reaches its own."""

    arm: str
    order: int
    mean: float
    half_width: float
    seeds: int
    lead: float
    second: str
    tested: int  # arms
    overlaps: bool


def winner(cell: pd.DataFrame) -> Winner | str:
    """The winner among the trials at one crop and train size, or why there is none.

    cell: title, arm_order, accuracy.
    """
    tested = cell.dropna(subset=["accuracy"])
    arms = {key: mean_interval(arm["accuracy"]) for key, arm in tested.groupby(["arm_order", "title"])}
    if len(arms) < 2:
        return f"{'only ' + tested['title'].iloc[0] if arms else 'nothing'} tested"
    if alone := [arm for (_, arm), of_seeds in arms.items() if of_seeds.n < 2]:
        return f"one seed of {', '.join(alone)}"
    # Stable: of equal means the first of the study file.
    ranked = sorted(arms.items(), key=lambda each: -each[1].mean)
    ((order, arm), best), ((_, second), following) = ranked[:2]
    overlaps = any(other.ends[1] >= best.ends[0] for _, other in ranked[1:])
    lead = best.mean - following.mean
    return Winner(arm, order, best.mean, best.half_width, best.n, lead, second, len(arms), overlaps)


def draw(frame: pd.DataFrame, ax: Axes, width: int, looks: style.Looks = style.arm) -> Axes:
    """A cell for each crop (x) and train size (y). frame: title, arm_order, accuracy and FIELDS.

    width: of a cell, in characters.
    """
    crops, trains = (np.sort(frame[field].unique()) for field in FIELDS)
    arms = frame["title"].nunique()
    for x, crop in enumerate(crops):
        for y, train in enumerate(trains):
            cell = frame[(frame[sizes.CROP] == crop) & (frame[sizes.TRAIN] == train)]
            best = winner(cell)
            known = isinstance(best, Winner)
            color = looks(best.order).color if known else GREY
            box = Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=color, edgecolor=ink(color), linewidth=0)
            if known and best.overlaps:
                box.set(hatch=HATCH, hatch_linewidth=0.6)
            ax.add_patch(box)
            # The box around the words keeps the hatching away from them.
            ax.text(x, y, words(best, width, arms), color=ink(color), ha="center", va="center", fontsize=SIZE,
                    bbox={"facecolor": color, "linewidth": 0, "pad": 3})  # fmt: skip
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
    around = f" ± {best.half_width:.3f}" if best.seeds > 2 or not best.half_width else ""
    ahead = round(best.lead, 3) > 0
    lines = [
        best.arm,
        f"{best.mean:.3f}{around}",
        f"{signed(best.lead)} over {best.second}" if ahead else f"as high as {best.second}",
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


def ink(color: str) -> str:
    """Black or white, whichever is read better on the colour: by WCAG's relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return "black" if np.dot(linear, (0.2126, 0.7152, 0.0722)) > 0.179 else "white"


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
            draw(frame, ax, width, style.looks(record))
            ax.set_ylabel("training images")
            ax.set_title(rest, weight="bold")
        ax.set_xlabel("crop (pixels)")
        legend(page, whole)
        note = NOTE + DIVERGED if trials["diverged"].any() else NOTE
        style.caption(page, TITLE, whole, note + sizes.left_out(record, trials))
    return page


def legend(page: Figure, record: Record) -> None:
    """The colours of the arms, in study order, and what hatching and grey mean."""
    looks = style.looks(record)
    orders = record.runs.groupby("title", sort=False)["arm_order"].first()
    patches = {arm: Patch(facecolor=looks(int(order)).color) for arm, order in orders.items()}
    unclear = Patch(facecolor="white", edgecolor="black", hatch=HATCH, hatch_linewidth=0.6, linewidth=0.6)
    patches["hatched: intervals overlap"] = unclear
    patches["grey: too few arms or seeds"] = Patch(facecolor=GREY)
    style.name(page, [*patches.values()], [*patches])


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    trials = sizes.trials(record, *FIELDS)
    if trials is None:
        return ""
    cells = [
        winner(cell) for fitting in sizes.by_rest(trials).values() for _, cell in fitting.groupby([*FIELDS])
    ]
    clear = pd.Series([best.arm for best in cells if not isinstance(best, str) and not best.overlaps])
    ahead = [f"{arm} in {count}" for arm, count in clear.value_counts(sort=False).items()]
    if not ahead:
        return f"In none of {len(cells)} cells is the best arm's interval apart from all others."
    return f"Ahead with an interval apart from all others, of {len(cells)} cells: {listed(ahead)}."
