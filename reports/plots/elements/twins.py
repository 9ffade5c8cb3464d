"""Residual networks beside their plain twins: panels of two lines where a figure of all arms has too many."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments import names
from reports.plots.elements import curves, style
from reports.store.arms import by_arm
from reports.store.record import Record

RESIDUAL, PLAIN = "residual", "plain"
LEAST = 2  # pairs
ROW = 2.3  # inches
WITH, WITHOUT = "with shortcuts", "without (plain twin)"
WORDS = {"True": "with {}", "False": "without {}"}


class Pair(NamedTuple):
    """A residual network and its twin by their labels; column and row of its panel, and their titles."""

    residual: str
    plain: str
    column: str
    row: str


def pairs(record: Record) -> list[Pair]:
    """The pairs, where every arm is in one and there are at least LEAST; else none.

    Twins are of one model, with arguments that differ in `shortcuts` alone. A column a model, a row for what
    else its arguments are. record: of one setting.
    """
    first = [runs.iloc[0] for _, runs in by_arm(record.runs)]
    found: dict[tuple[str, str], dict[bool, pd.Series]] = {}
    for arm in first:
        arguments = json.loads(arm["arguments"])
        plain = arguments.pop("shortcuts", "True") == "False"
        found.setdefault((arm["model"], json.dumps(arguments, sort_keys=True)), {})[plain] = arm
    if len(found) < LEAST or any({*each} != {True, False} for each in found.values()):
        return []
    if 2 * len(found) != len(first):
        return []
    models = {model: record.title(model) for model, _ in found}
    rests = list(dict.fromkeys(rest for _, rest in found))
    return [
        Pair(str(each[False]["label"]), str(each[True]["label"]), models[model], _apart(rest, rests))
        for (model, rest), each in found.items()
    ]


def _apart(rest: str, rests: list[str]) -> str:
    """What these arguments are that others with them are not: `without batch norm`; empty where nothing."""
    own, *others = json.loads(rest), *(json.loads(each) for each in rests if each != rest)
    found = [
        WORDS.get(value, "{} " + str(value)).format(key.replace("_", " "))
        for key, value in own.items()
        if any(key in other and other[key] != value for other in others)
    ]
    return ", ".join(found)


def look(plain: bool) -> style.ArmStyle:
    """One colour for all residual networks, another for their twins."""
    family = PLAIN if plain else RESIDUAL
    color = names.FAMILY_COLORS[family][0]
    return style.ArmStyle(color, style.FAMILIES[family], style.LINES[1 if plain else 0])


def page(
    pairs: list[Pair], medians: pd.DataFrame, measured: str, record: Record, targets: Sequence[float] = ()
) -> Figure:
    """A panel a pair, by epoch, with how many of its trials diverged where any did.

    medians: as of `curves.across_seeds`; measured: what the y axis shows.
    """
    columns, rows = (list(dict.fromkeys(getattr(each, side) for each in pairs)) for side in ("column", "row"))
    drawing = style.page(height=1.5 + ROW * len(rows))
    grid = drawing.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
    for ax in grid.flat:
        ax.set_visible(False)
    for pair in pairs:
        ax = grid[rows.index(pair.row), columns.index(pair.column)]
        ax.set_visible(True)
        drawn = medians[medians["label"].isin((pair.residual, pair.plain))]
        curves.draw(drawn.assign(x=drawn["epoch"]), ax, lambda label, of=pair: look(label == of.plain))
        ax.set_title(", ".join(filter(None, (pair.column, pair.row))), fontsize=11)
        ax.annotate(diverged(pair, record.runs), (1, 0), (-3, 3), xycoords="axes fraction", ha="right",
                    textcoords="offset points", fontsize=9, color=style.MUTED)  # fmt: skip
    for ax in grid[:, 0]:
        ax.set_ylabel(measured)
    for ax in grid[-1]:
        ax.set_xlabel("epoch")
        ax.set_xticks(style.whole_epochs(1, medians["epoch"].max()))
    for ax in grid.flat:
        curves.mark_targets(ax, targets, named=ax in grid[:, 0])
    handles = [
        Line2D([], [], color=each.color, marker=each.marker, linestyle=each.line)
        for each in map(look, (False, True))
    ]
    style.name(drawing, handles, [WITH, WITHOUT])
    return drawing


def diverged(pair: Pair, runs: pd.DataFrame) -> str:
    """`without (plain twin): 2 of 8 diverged`, a line for each of the two of which any did."""
    counts = [
        (named, int(own["diverged"].sum()), len(own))
        for named, label in ((WITH, pair.residual), (WITHOUT, pair.plain))
        for own in [runs[runs["label"] == label]]
    ]
    return "\n".join(f"{named}: {lost} of {of} diverged" for named, lost, of in counts if lost)
