"""Representations and classifiers: what each pair scores, and what it costs; a cell a pair."""

import itertools
import json
import math
from typing import NamedTuple

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from experiments import names
from reports import words
from reports.numbers.intervals import mean_interval
from reports.plots.elements import style
from reports.store.arms import by_arm
from reports.store.record import Record

TITLE = "Representation and classifier"
APPLIES = "each setting"
NOTE = (
    "Test accuracy: mean over seeds ± half of Student's 95 % t interval; below, the mean seconds of "
    "training. No interval: alike at every seed. Darker is more accurate. Empty: not in the study."
)
DIVERGED = "A diverged trial counts with what was measured before."
CLASSIFIERS = {
    "logistic": "logistic regression",
    "svm": "support vector machine",
    "random_forest": "random forest",
    "knn": "nearest neighbours",
}
ACCURACY = names.metric(names.TEST, names.ACCURACY)
LEAST = 2  # of either side
ROW = 0.62  # inches
LIGHT, DARK = 0.08, 0.75  # of the colour map


class Grid(NamedTuple):
    """Rows and columns as people read them, and the trials of each pair."""

    representations: list[str]
    classifiers: list[str]
    trials: dict[tuple[int, int], pd.DataFrame]


def grid(record: Record) -> Grid | None:
    """The pairs of a record of one setting; None where fewer than LEAST of either side are in it."""
    rows: dict[str, list[str]] = {}
    found: dict[tuple[str, str], pd.DataFrame] = {}
    for _, arm in by_arm(record.runs):
        arguments = json.loads(arm["arguments"].iloc[0])
        classifier = arguments.pop("classifier", None)
        if classifier is None:
            continue
        key = json.dumps([arm["model"].iloc[0], arguments], sort_keys=True)
        rows.setdefault(key, []).append(str(arm["title"].iloc[0]))
        found[key, classifier] = arm
    columns = [each for each in CLASSIFIERS if any(classifier == each for _, classifier in found)]
    if len(rows) < LEAST or len(columns) < LEAST:
        return None
    places = [*rows]
    return Grid(
        [_common(titles) for titles in rows.values()],
        [CLASSIFIERS[each] for each in columns],
        {
            (places.index(key), columns.index(each)): arm
            for (key, each), arm in found.items()
            if each in columns
        },
    )


def _common(titles: list[str]) -> str:
    """What titles have in common at their beginning: up to a comma, else in whole words.

    `autoencoder 16, SVM` is of that code, and so is `autoencoder16 svm` beside `autoencoder16 knn`.
    """
    first = titles[0].split(", ")[0]
    if all(each.split(", ")[0] == first for each in titles):
        return first
    alike = itertools.takewhile(lambda each: len({*each}) == 1, zip(*map(str.split, titles), strict=False))
    return " ".join(each[0] for each in alike).rstrip(",") or titles[0]


def draw(found: Grid, ax: Axes) -> Axes:
    """A cell a pair, the first representation on top."""
    means = {place: mean_interval(arm[ACCURACY]) for place, arm in found.trials.items()}
    known = [each.mean for each in means.values() if not math.isnan(each.mean)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    colors = matplotlib.colormaps["Blues"]
    for (row, column), mean in means.items():
        at = (mean.mean - low) / (high - low) if high > low else 0.5
        color = to_hex(colors(LIGHT + (DARK - LIGHT) * at)) if not math.isnan(at) else "white"
        ax.fill_between([column - 0.5, column + 0.5], row - 0.5, row + 0.5, color=color, linewidth=0)
        around = f" ± {mean.half_width:.3f}" if mean.half_width > 0 else ""
        took = words.seconds(found.trials[row, column][names.TRAIN_SECONDS].mean())
        best = not math.isnan(mean.mean) and mean.mean == high
        ink = style.ink(color)
        ax.text(column, row - 0.14, f"{mean.mean:.3f}{around}", color=ink, ha="center", va="center",
                fontsize=11, weight="bold" if best else "normal")  # fmt: skip
        ax.text(column, row + 0.24, took, color=ink, ha="center", va="center", fontsize=9)
    rows, columns = len(found.representations), len(found.classifiers)
    ax.hlines(np.arange(rows + 1) - 0.5, -0.5, columns - 0.5, color="white", linewidth=3)
    ax.vlines(np.arange(columns + 1) - 0.5, -0.5, rows - 0.5, color="white", linewidth=3)
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    ax.set_xticks(range(columns), found.classifiers)
    ax.set_yticks(range(rows), found.representations)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    return ax


def figure(record: Record) -> Figure | None:
    """The cells of one setting; None where the study compares no representations by several classifiers."""
    found = grid(record)
    if found is None:
        return None
    with style.context():
        page = style.page(height=1.7 + ROW * len(found.representations))
        draw(found, page.subplots())
        style.beside_panels(page, 0.0)
        drawn = pd.concat(found.trials.values())
        style.caption(page, TITLE, record, NOTE, [DIVERGED] if drawn["diverged"].any() else [])
    return page


def finding(record: Record) -> str:
    """The best pair, and the best representation of each classifier; empty where there is no grid."""
    found = grid(record)
    if found is None:
        return ""
    means = {place: arm[ACCURACY].mean() for place, arm in found.trials.items()}
    known = {place: mean for place, mean in means.items() if not math.isnan(mean)}
    if not known:
        return ""
    row, column = max(known, key=known.get)
    parts = []
    for place, classifier in enumerate(found.classifiers):
        of_one = {each: mean for each, mean in known.items() if each[1] == place}
        if of_one:
            best = max(of_one, key=of_one.get)
            parts.append(f"{found.representations[best[0]]} for {classifier} ({of_one[best]:.3f})")
    return (
        f"The highest mean is that of {found.representations[row]} with {found.classifiers[column]} "
        f"({known[row, column]:.3f}). By classifier, the highest: {words.listed(parts)}. Which differences "
        "are more than chance, the claims tell."
    )
