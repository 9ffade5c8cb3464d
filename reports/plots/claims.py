"""Claims: each with its difference and interval, in rows faster, more accurate, overfits less.

The first picture of a study. What was claimed before the data has the colour and mark of its verdict; what
was stated afterwards is grey, whatever it shows.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments import names
from reports import words
from reports.answers import claims_table, judge
from reports.answers.judge import Judged
from reports.answers.verdicts import REFUTED, SUPPORTED, UNDECIDED
from reports.plots.elements import style
from reports.store.record import Record

TITLE = "What was claimed, and what came of it"
APPLIES = "all settings"
NOTE = (
    "Difference: first arm minus second, mean over seeds, with its interval, which is of this claim alone. A "
    "filled mark is a verdict, which allows for all claims together; hollow ones are none. Circle: as was "
    "claimed; square: the contrary; diamond: open."
)
MARGIN = "Dashed: the margin that a claim states."
LATE = "Grey: stated after the first trial had begun, no prediction."
HIDDEN = "Not drawn: {}, in the table alone."
FASTER, SLOWER = "Faster?", "Slower?"  # as a claim asks that the first lies below, or above
LOW_ERROR, HIGH_ERROR = "Lower error?", "Higher error?"
LESS_ACCURATE, MORE_ACCURATE = "Less accurate?", "More accurate?"
LESS, MORE = "Overfits less?", "Overfits more?"
OTHER = "Further claims"
QUESTIONS = [
    FASTER, SLOWER, MORE_ACCURATE, LESS_ACCURATE, LOW_ERROR, HIGH_ERROR, LESS, MORE, OTHER
]  # fmt: skip
AFTERWARDS = "Observed afterwards"
LOOKS = {SUPPORTED: ("#007A59", "o"), REFUTED: ("#D55E00", "s"), UNDECIDED: (style.MUTED, "D")}
ACCURACIES = {
    names.TEST_ACCURACY,
    names.TEST_ERROR,
    names.TEST_MACRO_F1,
    names.BALANCED_ACCURACY,
    names.VALIDATION_ACCURACY,
    names.TRAIN_ACCURACY,
    names.TRAIN_ERROR,
}
GAPS = {names.GAP, names.TEST_GAP, names.LAST_GAP, names.LEVEL_GAP}
WIDTH = 8.0  # inches: beside the answer, on one screen with it
ROW = 0.52  # inches: a line of words above, the interval below
WORDS = 0.17  # inches: a second line of words, where names are long
HEAD, FOOT = 0.34, 0.34  # inches of a panel, above and below its rows
TOP = 0.42  # inches: the title
LINE = 96  # characters that a row has room for
MOST = 24  # claims that are drawn; the table has all
BEHIND = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
Called = Callable[[str], str]  # an arm's name in the study file to what people call it
WIDEST = 3.0  # times the widest interval, or difference, that ends: what goes beyond is cut


@dataclass(frozen=True)
class Panel:
    """Claims of one question in one unit."""

    title: str
    unit: str
    claims: tuple[Judged, ...]


def panels(judged: Iterable[Judged]) -> list[Panel]:
    """The claims with a difference, in the order of the questions; those after the data at the end."""
    known = [each for each in judged if each.stated.current and not math.isnan(each.effect)]
    # Predictions first, so that none is cut for a claim of after the data.
    known = sorted(known, key=lambda each: each.stated.after_data)[:MOST]
    groups: dict[tuple[int, str, str], list[Judged]] = {}
    for each in known:
        title, unit = question(each), _unit(each.stated.metric)
        late = each.stated.after_data
        order = QUESTIONS.index(title) + len(QUESTIONS) * late
        named = f"{AFTERWARDS}: {title[:1].lower()}{title[1:]}" if late else title
        groups.setdefault((order, named, unit), []).append(each)
    return [Panel(title, unit, tuple(each)) for (_, title, unit), each in sorted(groups.items(), key=_first)]


def _first(group: tuple[tuple[int, str, str], list[Judged]]) -> tuple[int, str]:
    return group[0][0], group[0][2]


def question(each: Judged) -> str:
    """Which of the study's questions a claim belongs to."""
    metric, above = each.stated.metric, each.stated.direction == ">"
    if each.stated.target is not None or metric == names.TRAINING_SECONDS:
        return SLOWER if above else FASTER
    if metric in (names.TEST_ERROR, names.TRAIN_ERROR):
        return HIGH_ERROR if above else LOW_ERROR
    if metric in ACCURACIES or metric.startswith(names.RECALL_METRIC):
        return MORE_ACCURATE if above else LESS_ACCURATE
    if metric in GAPS or metric.startswith(names.STATED_LEVEL_GAP):
        return MORE if above else LESS
    return OTHER


def _unit(metric: str) -> str:
    """What an axis counts; claims of one unit share it."""
    if metric in claims_table.UNITS:
        return claims_table.UNITS[metric]
    if metric in claims_table.SMALL:
        return claims_table.SMALL[metric] or metric
    counted = metric in ACCURACIES or metric in GAPS or metric.startswith(names.STATED_LEVEL_GAP)
    return "" if counted or metric.startswith(names.RECALL_METRIC) else metric


def figure(record: Record) -> Figure | None:
    """A panel for each question and unit; None where no claim has a difference yet."""
    judged = [each for each in judge.judge(record) if each.stated.current]
    found = panels(judged)
    if not found:
        return None
    below = any(
        len(words_of(each, record.title)) + len(numbers(each)) > LINE
        for panel in found
        for each in panel.claims
    )
    row = ROW + WORDS * below
    heights = [HEAD + FOOT + row * len(each.claims) for each in found]
    late = any(each.stated.after_data for panel in found for each in panel.claims)
    with style.context():
        page = Figure(figsize=(WIDTH, sum(heights) + TOP + 0.5), layout="constrained")
        page.get_layout_engine().set(rect=(0, 0, 1, 1 - TOP / page.get_figheight()))
        axes = page.subplots(len(found), 1, height_ratios=heights, squeeze=False)[:, 0]
        for panel, ax in zip(found, axes, strict=True):
            draw(panel, ax, row, below=below, called=record.title)
        whole = replace(record, runs=record.runs.assign(setting=""))  # claims are of all settings
        hidden = len(judged) - sum(len(panel.claims) for panel in found)
        margins = any(each.stated.margin for panel in found for each in panel.claims)
        caveats = [LATE if late else "", MARGIN if margins else "", HIDDEN.format(hidden) if hidden else ""]
        style.caption(page, TITLE, whole, NOTE, caveats, characters=120)
    return page


def draw(panel: Panel, ax: Axes, row: float = ROW, *, below: bool = False, called: Called = str) -> Axes:
    """A row a claim, the first on top; row: its height in inches; below: numbers have a line of their own."""
    low, high = limits(panel.claims)
    ax.set_xlim(low, high)
    ax.set_ylim(len(panel.claims) - 1 + 0.16 / row, (0.16 - row) / row)
    ax.axvline(0, color="black", linewidth=1, zorder=1)
    for place, each in enumerate(panel.claims):
        _interval(each, place, ax)
        _words(each, place, ax, below, called)
    muted = AFTERWARDS in panel.title
    ax.set_title(panel.title, weight="bold", fontsize=12, color=style.MUTED if muted else "black")
    unit = f", {panel.unit}" if panel.unit else ""
    ax.set_title(
        f"first minus second{unit}{_better(panel.claims)}", loc="right", fontsize=9, color=style.MUTED
    )
    ax.set_yticks([])
    ax.tick_params(axis="x", labelsize=9)
    ax.grid(visible=False, axis="y")
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(7))
    ax.xaxis.set_major_formatter(FuncFormatter(_tick))
    return ax


def _interval(each: Judged, place: int, ax: Axes) -> None:
    """A claim's interval, cut where it goes beyond the axis, its difference and its margin."""
    low, high = ax.get_xlim()
    color, marker = look(each)
    ends = [min(max(end, low), high) for end in (each.low, each.high)]
    if not any(map(math.isnan, ends)):
        ax.plot(ends, [place, place], color=color, linewidth=2.4, solid_capstyle="butt", zorder=2)
        for end, shown in zip((each.low, each.high), ends, strict=True):
            mark = "|" if end == shown else "<" if end < low else ">"
            ax.plot(shown, place, mark, color=color, markersize=8, clip_on=False)
    filled = each.verdict in (SUPPORTED, REFUTED) and not each.stated.after_data
    fill = color if filled else "white"
    if low <= each.effect <= high:
        ax.plot(
            each.effect,
            place,
            marker,
            color=color,
            markersize=8,
            markerfacecolor=fill,
            markeredgewidth=1.6,
            zorder=3,
        )
    else:  # without end: it lies nowhere on this axis
        side = low if each.effect < low else high
        ax.plot(
            side,
            place,
            "<" if side == low else ">",
            color=color,
            markersize=12,
            markerfacecolor=fill,
            clip_on=False,
        )
    if each.stated.margin:
        margin = [each.stated.margin] * 2
        ax.plot(margin, [place - 0.25, place + 0.25], "--", color="black", linewidth=1.2, zorder=4)


def _words(each: Judged, place: int, ax: Axes, below: bool, called: Called) -> None:
    """What was compared, and what came of it, over the interval."""
    color, _ = look(each)
    for text, side, line, shade in (
        (words_of(each, called), 0, 1 if below else 0, "black"),
        (numbers(each), 0 if below else 1, 0, color),
    ):
        ax.annotate(
            text,
            (side, place),
            xycoords=("axes fraction", "data"),
            xytext=(2 - 4 * side, 7 + 72 * WORDS * line),
            textcoords="offset points",
            fontsize=10,
            color=shade,
            ha="right" if side else "left",
            va="bottom",
            bbox=BEHIND,
        )


def _tick(value: float, _: int) -> str:
    return f"{value:+.4g}".replace("-", "−") if value else "0"


def _better(claims: Sequence[Judged]) -> str:
    """On which side of 0 the first arm is better, in words; empty where claims of a panel differ in that."""
    found = {_side(each.stated.metric, question(each)) for each in claims}
    side = found.pop() if len(found) == 1 else ""
    return f"; {side}" if side else ""


def _side(metric: str, asked: str) -> str:
    if asked in (FASTER, SLOWER):
        return "left of 0 the first needs less"
    if asked in (LESS, MORE):
        return "left of 0 the first overfits less"
    if asked in (LOW_ERROR, HIGH_ERROR):
        return "left of 0 the first has the lower error"
    return "right of 0 the first is better" if asked in (MORE_ACCURATE, LESS_ACCURATE) else ""


def limits(claims: Sequence[Judged]) -> tuple[float, float]:
    """The ends of an axis: zero, every difference and margin, and intervals as far as others go."""
    points = [0.0, *(each.effect for each in claims), *(each.stated.margin for each in claims)]
    points = [each for each in points if math.isfinite(each)]  # infinite: where most seeds of an arm failed
    halves = [(each.high - each.low) / 2 for each in claims if math.isfinite(each.high - each.low)]
    span = max([*map(abs, points), min(halves, default=0.0)])
    ends = [end for each in claims for end in (each.low, each.high) if math.isfinite(end)]
    kept = [min(max(end, -WIDEST * span), WIDEST * span) for end in ends]
    low, high = min(points + kept), max(points + kept)
    pad = 0.06 * (high - low) or 1.0
    return low - pad, high + pad


def look(each: Judged) -> tuple[str, str]:
    """Colour and mark of a claim, by its verdict; grey of one that came after the data."""
    color, marker = LOOKS.get(each.verdict, LOOKS[UNDECIDED])
    return (style.MUTED if each.stated.after_data else color), marker


def words_of(each: Judged, called: Called = str) -> str:
    """The two arms and what was compared: `ResNet-18 − plain CNN: test accuracy, claimed > 0`."""
    arms = " − ".join(claims_table.side(arm, called) for arm, _ in each.sides)
    target = each.stated.target
    what = each.stated.metric
    if target is not None:
        what = f"{what} to {words.target(target) if not isinstance(target, tuple) else 'the common target'}"
    metric, margin = each.stated.metric, each.stated.margin
    beyond = claims_table.amount(margin, metric, sign="") if margin else "0"
    return f"{arms}: {what}, claimed {each.stated.direction} {beyond}"


def numbers(each: Judged) -> str:
    """`supported · +0.021 (+0.004 … +0.038) · 8 seeds`."""
    metric = each.stated.metric
    verdict = "seen afterwards" if each.stated.after_data else each.verdict
    parts = [verdict, f"{claims_table.amount(each.effect, metric)} ({claims_table.interval(each)})"]
    parts.append(f"{each.left} seeds" if each.left == each.right else f"{each.left} and {each.right} trials")
    return " · ".join(parts)


def finding(record: Record) -> str:
    """How many claims of before the data have which verdict, and how many came after."""
    judged = [each for each in judge.judge(record) if each.stated.current]
    before = [each for each in judged if not each.stated.after_data]
    found = []
    if before:
        claims = "1 claim that was" if len(before) == 1 else f"{len(before)} claims that were"
        found.append(f"Of {claims} stated before the data: {claims_table.summary(before)}.")
    if late := len(judged) - len(before):
        found.append(f"{late} more {'was' if late == 1 else 'were'} stated afterwards: no prediction.")
    return " ".join(found)
