"""How every figure looks: one colour, marker and line an arm, readable in greyscale."""

import itertools
import math
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from experiments import names
from reports import fonts
from reports.store.arms import Arm, by_arm
from reports.store.record import Record, provenance


class ArmStyle(NamedTuple):
    """How an arm is told from others: by colour, by marker and by line."""

    color: str
    marker: str
    line: str | tuple


# Okabe and Ito's colours, neighbours far apart in lightness too; then marker and dash pattern.
ARMS = (
    ArmStyle("#E69F00", "s", (0, (5, 1.5))),
    ArmStyle("#000000", "D", (0, (1, 1.2))),
    ArmStyle("#0072B2", "o", "-"),
    ArmStyle("#D55E00", "^", (0, (6, 1.5, 1, 1.5))),
    ArmStyle("#009E73", "v", (0, (3, 1))),
    ArmStyle("#CC79A7", "P", "-"),
    ArmStyle("#56B4E9", "X", (0, (5, 1, 1, 1, 1, 1))),
)
# The first marker of each family of networks; its colours: names.arm_colors.
FAMILIES = {
    "residual": "o",
    "plain": "s",
    "autoencoder": "^",
    "pretrained": "P",
    "pixels": "v",
    "early": "D",
    "vgg": "X",
    "inception": "d",
    "other": "p",
}
OTHER = "other"  # the family of a network that belongs to none
MARKERS = ("o", "s", "^", "D", "P", "v", "X", "d", "p", "<", ">", "*", "h", "8")
LINES = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1)), (0, (5, 1, 1, 1, 1, 1)))
MORE_MARKERS = ("<", ">", "*", "d", "p", "h", "8")
MUTED = "#595959"
GRID = "#DDDDDD"
NOBODY = ArmStyle(MUTED, "o", "-")  # an arm of which nothing is known, not even where it stands
PAGE_WIDTH = 11  # inches; fonts below are readable at full width on a page and on a slide
TITLE_HEIGHT = 0.4  # inches
LEGEND_ROW = 0.28  # inches
LEGEND_HANDLE, LEGEND_CHARACTER = 1.0, 0.092  # inches: a handle with the space around it, a character
CAPTION_WIDTH = 160  # characters
CAPTION_LINES, CAPTION_LINE = 3, 0.16  # lines that a page has room for; inches of each further one
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
RC = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same figure on every machine
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "lines.markersize": 6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "reports",
    "pdf.fonttype": 42,  # TrueType: what papers ask for
    "text.parse_math": False,  # arm names are plain text: a $ or _ in one is no formula
}


def context() -> AbstractContextManager:
    """The settings under which every figure is made and saved; nothing global changes."""
    return matplotlib.rc_context({**RC, "font.family": fonts.families()})


Looks = Callable[[str], ArmStyle]  # by what an arm is called: its name in the study file, title or label


def looks(record: Record) -> Looks:
    """How each arm looks: what it is says so, the same in every study, where the store knows what it is.

    The family is told by colour, the rank in it by lightness; a plain twin is dashed. Arms of one kind are
    told apart by marker and line. It holds for all arms of the study, those that have no result yet too: a
    sweep has them before, and no arm looks otherwise once another one is trained. An arm that the store does
    not know is one of no family; where it knows none, their position in the study file tells them apart.
    """
    tried = pd.concat([each[["arm", "title", "label", "arm_order"]] for each in (record.runs, record.tuning)])
    unknown = [arm for arm, _ in by_arm(tried) if arm not in record.arms]
    if record.arms:
        styles = _by_kind({**record.arms, **{arm: Arm(arm, OTHER, 0, False) for arm in unknown}})
    else:
        styles = _by_position({arm: int(rows["arm_order"].min()) for arm, rows in by_arm(tried)})
    # A title is what figures mostly say: it goes before another arm's name in the study file.
    titles = {each.title: arm for arm, each in record.arms.items()}
    titles |= {str(called): str(arm) for arm, called in zip(tried["arm"], tried["title"], strict=True)}
    labels = {str(called): str(arm) for arm, called in zip(tried["arm"], tried["label"], strict=True)}
    called = {**labels, **{arm: arm for arm in styles}, **titles}
    return _looked_up({name: styles[arm] for name, arm in called.items()})


def looks_of(frame: pd.DataFrame, column: str = "label") -> Looks:
    """How arms look of which nothing is known but their position. frame: the column, and arm_order."""
    return _looked_up(
        _by_position({arm: int(rows["arm_order"].min()) for arm, rows in by_arm(frame, column)})
    )


def looks_in_turn(called: Iterable[str]) -> Looks:
    """How arms look of which nothing is known but their order."""
    return _looked_up(_by_position({arm: order for order, arm in enumerate(dict.fromkeys(called))}))


def _looked_up(styles: Mapping[str, ArmStyle]) -> Looks:
    return lambda called: styles.get(called, NOBODY)


def _by_kind(arms: Mapping[str, Arm]) -> dict[str, ArmStyle]:
    families = {name: each.family if each.family in FAMILIES else OTHER for name, each in arms.items()}
    # Those that MLflow's page has.
    colors = names.arm_colors({name: (families[name], each.rank) for name, each in arms.items()})
    found, seen = {}, Counter()
    taken: set[tuple[str, str]] = set()
    for name, each in arms.items():
        family = families[name]
        color = colors[name]
        kind = (family, each.twin, each.rank)
        turn, seen[kind] = seen[kind], seen[kind] + 1
        first = MARKERS.index(FAMILIES[family]) + each.rank + 4 * turn + 2 * each.twin
        markers = [MARKERS[(first + place) % len(MARKERS)] for place in range(len(MARKERS))]
        # An arm that is scored once has no line: colour and marker alone must tell it.
        marker = next((each for each in markers if (color, each) not in taken), markers[0])
        taken.add((color, marker))
        found[name] = ArmStyle(color, marker, LINES[(turn + each.twin) % len(LINES)])
    return found


def _by_position(positions: Mapping[str, int]) -> dict[str, ArmStyle]:
    """Arms by their position in the study file; of two at one position the second takes a free one."""
    free = itertools.count(max(positions.values(), default=0) + 1)
    taken: set[int] = set()
    found = {}
    for name, position in positions.items():
        place = next(free) if position in taken else position
        taken.add(place)
        found[name] = arm(place)
    return found


def arm(order: int) -> ArmStyle:
    """The style of the arm at a position of the study file; it does not change while arms are missing.

    From the eighth arm on colours come again, with a new marker and another line.
    """
    turn, index = divmod(order, len(ARMS))
    if turn == 0:
        return ARMS[index]
    line = ARMS[(index + 3 * turn) % len(ARMS)].line
    return ArmStyle(ARMS[index].color, MORE_MARKERS[(index + turn - 1) % len(MORE_MARKERS)], line)


def shade(arms: int) -> float:
    """The opacity of a band among those of so many arms: many on one another must not hide the lines."""
    return min(0.15, 0.6 / max(1, arms))


def ink(color: str) -> str:
    """Black or white, whichever is read better on the colour: by WCAG's relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return "black" if np.dot(linear, (0.2126, 0.7152, 0.0722)) > 0.179 else "white"


def page(height: float) -> Figure:
    """An empty figure of the common width; `height` in inches."""
    return Figure(figsize=(PAGE_WIDTH, height), layout="constrained")


def empty_page(title: str, record: Record) -> Figure:
    """A page that says why there is nothing on it."""
    figure = page(height=1.6)
    caption(figure, title, record, "")
    return figure


def beside_panels(figure: Figure, inches: float) -> None:
    """Leave room for the title above the panels, and so much to the right of them."""
    top = (TITLE_HEIGHT + 0.1) / figure.get_figheight()
    right = inches / figure.get_figwidth()
    figure.get_layout_engine().set(rect=(0, 0, 1 - right, 1 - top), w_pad=0.06)


def legend(figure: Figure, record: Record, at_once: Iterable[str] = ()) -> None:
    """Name the arms between title and panels, in study order; labels in `at_once` have no line."""
    handles, labels, of_arm = [], [], looks(record)
    for label, runs in record.runs.groupby("label", sort=False):
        look = of_arm(str(label))
        line = "none" if label in at_once else look.line
        handles.append(Line2D([], [], color=look.color, marker=look.marker, linestyle=line))
        labels.append(called(str(label), runs))
    name(figure, handles, labels)


def called(label: str, runs: pd.DataFrame) -> str:
    """The label of an arm, with how many of its trials diverged if any did."""
    diverged = int(runs["diverged"].sum())
    return f"{label} ({diverged} of {len(runs)} diverged)" if diverged else label


def name(figure: Figure, handles: Sequence[Artist], labels: Sequence[str]) -> None:
    """Name each handle between title and panels."""
    columns = 4 if sum(map(len, labels)) < 75 else 3
    while columns > 1 and _legend_width(labels, columns) > PAGE_WIDTH:
        columns -= 1
    height = figure.get_figheight()
    top = 1 - TITLE_HEIGHT / height
    named = figure.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(0.004, top),
        ncols=columns,
        handlelength=3.2,
        borderaxespad=0.1,
    )
    # Left out of the layout and given its room by hand: matplotlib would lay it over the title.
    named.set_in_layout(False)
    below = TITLE_HEIGHT + LEGEND_ROW * math.ceil(len(labels) / columns) + 0.1
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - below / height), w_pad=0.06)


def _legend_width(labels: Sequence[str], columns: int) -> float:
    rows = math.ceil(len(labels) / columns)
    longest = [max(map(len, labels[first : first + rows])) for first in range(0, len(labels), rows)]
    return sum(LEGEND_HANDLE + LEGEND_CHARACTER * length for length in longest)


def caption(
    figure: Figure,
    title: str,
    record: Record,
    note: str,
    caveats: Iterable[str] = (),
    characters: int = CAPTION_WIDTH,
) -> None:
    """Title above; below, the first sentence of how to read it, its caveats, and what it was drawn from.

    note: how to read it, of which the page has all; `{score}` in it stands for what epochs were chosen by.
    caveats: sentences that hold of this study and not of each, such as on seeds that diverged; empty ones are
    left out. They stand in the picture, which may be taken without its page. Both are kept as the figure's
    label, in two lines: see `told`. characters: of a line.
    """
    note, caveat = (
        " ".join(text.split()).replace("{score}", record.chosen_by) for text in (note, " ".join(caveats))
    )
    setting = record.runs["setting"].iloc[0]
    top = 1 - 0.12 / figure.get_figheight()
    title = f"{title} · {setting}" if setting else title
    figure.suptitle(title, x=0.01, y=top, ha="left", va="top", fontsize=14, weight="bold")
    figure.set_label(f"{note}\n{caveat}")
    first = re.split(r"(?<=[a-z0-9)%]\.) (?=[A-Z])", note, maxsplit=1)[0]
    blocks = [textwrap.wrap(line, characters) for line in (first, caveat, provenance(record))]
    lines = list(itertools.chain(*blocks))
    figure.set_figheight(figure.get_figheight() + CAPTION_LINE * max(0, len(lines) - CAPTION_LINES))
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=9, color=MUTED)


class Told(NamedTuple):
    """What a figure says of itself: how to read it, and the caveats that stand in the picture too."""

    note: str
    caveats: str


def told(figure: Figure) -> Told:
    """What `caption` left."""
    note, _, caveats = str(figure.get_label()).partition("\n")
    return Told(note, caveats)


def log_if_wide(ax: Axes, costs: pd.Series, written: Callable[[float], str] = "{:,.10g}".format) -> None:
    """Make the x axis logarithmic, and its label say so, where the arms' costs differ fourfold or more.

    written: a cost as text, for the ticks.
    """
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value)))
    if not 0 < 4 * costs.min() <= costs.max():
        return
    ax.set_xscale("log")
    ax.set_xlabel(f"{ax.get_xlabel()}, log scale")
    wide = costs.max() > 100 * costs.min()
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value)))
    ax.xaxis.set_minor_formatter(NullFormatter())


def log_y(ax: Axes) -> None:
    """A logarithmic y axis with ticks as plain text, `10⁻³`; an exact 0 has no point on it."""
    ax.set_yscale("log", nonpositive="mask")
    for line in ax.lines:
        line.set_clip_on(True)
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"10{str(round(math.log10(value))).translate(SUPERSCRIPT)}")
    )
    ax.yaxis.set_minor_formatter(NullFormatter())


def whole_epochs(low: float, high: float) -> list[int]:
    """At most about eight whole numbers between two epochs, for ticks."""
    step = max(1, math.ceil((high - low) / 8))
    step = next(nice for nice in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, step) if nice >= step)
    return [epoch for epoch in range(0, int(high) + 1, step) if epoch >= low] or [int(low)]
