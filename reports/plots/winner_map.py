"""Winner map: which arm has the highest test accuracy at each crop and train size, and where that is unclear.

It needs a study that varies both `data.crop` and `data.train`, and beside them at most eight settings of
other fields: each is a map of its own.
"""

import functools
import math
import textwrap
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from experiments import names
from reports.answers import claims_table, leads, sizes
from reports.answers.leads import Lead
from reports.numbers import failures
from reports.plots.elements import style
from reports.store.arms import by_arm
from reports.store.record import Record
from reports.words import listed, signed

TITLE = "Winner map"
APPLIES = "all settings"
NOTE = (
    "A cell names the arm of highest mean test accuracy over seeds, with that mean, and its lead over the "
    "next arm with the interval that a claim on the two has. It has the arm's colour where the arm was shown "
    "to be ahead of every other one there: claims of that would be supported, p adjusted over the study's "
    "claims and those of the cell; grey: not shown. Each trial was tested once, at its epoch of highest "
    "{score}."
)
DIVERGED = "A diverged trial counts with what was measured before."
FAILED = "Seeds failed: in a lead they count as worse than any that trained, and it is one of medians."
ONE_SPLIT = "Seeds failed: on one split no arm is then shown to be ahead."
FIELDS = (sizes.CROP, sizes.TRAIN)
GREY = "#E4E4E4"
ROW = 1.3  # inches: room for six lines
SIZE = 10  # points, of the words in a cell
CHARACTER = 0.088  # inches of a character among them


class Winner(NamedTuple):
    """The arm of highest mean accuracy in a cell, the next, and whether it was shown to be ahead of all.

    lead: over the next arm; its estimate is that of the means where no claim could be judged.
    """

    arm: str
    mean: float
    lead: Lead
    second: str
    tested: int  # arms
    shown: bool


# The leader's trials and those of each other arm, to its leads.
Ahead = Callable[[pd.DataFrame, Sequence[pd.DataFrame]], list[Lead]]


def winner(cell: pd.DataFrame, ahead: Ahead) -> Winner | str:
    """The winner among the trials at one crop and train size, or why there is none.

    cell: arm, title, arm_order, accuracy, and what `ahead` needs.
    """
    arms = [rows for _, rows in by_arm(cell.dropna(subset=["accuracy"]))]
    titles = [str(arm["title"].iloc[0]) for arm in arms]
    if len(arms) < 2:
        return f"only {titles[0]} tested" if arms else "nothing tested"
    if alone := [title for title, arm in zip(titles, arms, strict=True) if len(arm) < 2]:
        return f"one seed of {', '.join(alone)}"
    means = [float(arm["accuracy"].mean()) for arm in arms]
    # Stable: of equal means the first of the study file.
    best, *others = sorted(range(len(arms)), key=lambda place: -means[place])
    found = ahead(arms[best], [arms[other] for other in others])
    lead = found[0]
    if math.isnan(lead.interval.estimate):
        between = lead.interval._replace(estimate=means[best] - means[others[0]])
        lead = lead._replace(interval=between)
    shown = all(each.supported for each in found)
    return Winner(titles[best], means[best], lead, titles[others[0]], len(arms), shown)


@functools.lru_cache(maxsize=8)  # the figure and its finding ask the same
def in_record(record: Record) -> Ahead:
    """How arms of a record differ, as its claims are judged."""

    @functools.cache
    def judged(comparisons: tuple[leads.Comparison, ...]) -> list[Lead]:
        return leads.of(record, comparisons)

    def ahead(best: pd.DataFrame, others: Sequence[pd.DataFrame]) -> list[Lead]:
        (left, *rights) = (
            (str(each["arm"].iloc[0]), str(each["setting"].iloc[0])) for each in (best, *others)
        )
        return judged(tuple((*left, *right) for right in rights))

    return ahead


def draw(frame: pd.DataFrame, ax: Axes, width: int, ahead: Ahead, looks: style.Looks | None = None) -> Axes:
    """A cell for each crop (x) and train size (y). frame: arm, title, arm_order, accuracy and FIELDS.

    width: of a cell, in characters.
    """
    looks = looks or style.looks_of(frame, "title")
    crops, trains = (np.sort(frame[field].unique()) for field in FIELDS)
    arms = frame["arm"].nunique()
    for x, crop in enumerate(crops):
        for y, train in enumerate(trains):
            cell = frame[(frame[sizes.CROP] == crop) & (frame[sizes.TRAIN] == train)]
            best = winner(cell, ahead)
            shown = isinstance(best, Winner) and best.shown
            color = looks(best.arm).color if shown else GREY
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
    low, high = best.lead.interval[1:]
    around = "" if math.isnan(low) or low == high else f"({_amount(low)} … {_amount(high)})"
    lines = [
        f"{best.arm} {best.mean:.3f}",
        beside(best),
        *([around] if around else []),
        *([f"{best.tested} of {arms} arms tested"] if best.tested < arms else []),
    ]
    return "\n".join(_wrapped(line, width, most=2) for line in lines)


def beside(best: Winner) -> str:
    """The lead in words. Where seeds failed it is that of medians, and need not be one."""
    lead = best.lead.interval.estimate
    if math.isnan(lead):
        return f"not comparable with {best.second}"
    if math.isinf(lead):
        failed, trained = (best.second, best.arm) if lead > 0 else (best.arm, best.second)
        return f"most seeds of {failed} failed, not of {trained}"
    if round(lead, 3) > 0:
        return f"{signed(lead)} over {best.second}"
    return f"as high as {best.second}" if round(lead, 3) == 0 else f"median {signed(lead)} to {best.second}"


def _amount(end: float) -> str:
    return claims_table.amount(end, names.TEST_ACCURACY)


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
        style.caption(
            page, TITLE, whole, NOTE, [*of_failures(record, trials), sizes.left_out(record, trials)]
        )
    return page


def of_failures(record: Record, trials: pd.DataFrame) -> list[str]:
    """Caveats on trials that diverged, or failed otherwise; none where all trained."""
    diverged = [DIVERGED] if trials["diverged"].any() else []
    return diverged + ([ONE_SPLIT if record.one_split else FAILED] if failures.failed(trials).any() else [])


def legend(page: Figure, record: Record) -> None:
    """The colours of the arms, in study order, and what grey means."""
    looks = style.looks(record)
    patches = {arm: Patch(facecolor=looks(arm).color) for arm, _ in by_arm(record.runs, "title")}
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
