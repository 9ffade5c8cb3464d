"""How many trials have reached a target, by epoch and by second; those that did not keep it below 1."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports import words
from reports.numbers import survival
from reports.plots.elements import style
from reports.store.record import Record
from reports.tables import times
from reports.tables.results import shown

TITLE = "Trials that have reached the target"
APPLIES = "each setting"
NOTE = (
    "Of all trials of an arm, the share that has first reached the target by then; earlier and higher is "
    "faster. A trial that has not by the end of its budget, or diverged, stays among all: then the line ends "
    "below 1. Bands: "
    "pointwise 95 % intervals (Clopper and Pearson 1934)."
)
COSTS = {"epochs": "epochs", "seconds": "training time (s)"}


def draw(times_of: dict[str, survival.Times], ax: Axes, looks: style.Looks | None = None) -> Axes:
    """A step curve with its interval an arm, from no cost to the end of the arm's longest trial.

    times_of: by what the arm is called, in study order.
    """
    looks, shade = looks or style.looks_in_turn(times_of), style.shade(len(times_of))
    for label, found in times_of.items():
        if not len(found.cost):
            continue
        look, curve = looks(label), survival.share_reached(found)
        cost = np.append(curve.cost, found.cost.max())
        share, low, high = (np.append(each, each[-1]) for each in (curve.share, curve.low, curve.high))
        color = {"color": look.color}
        ax.fill_between(cost, low, high, step="post", alpha=shade, linewidth=0, **color)
        ax.step(cost, share, where="post", linestyle=look.line, **color)
        if (some := curve.share > 0).any():  # an empty mark would collapse the panels
            ax.plot(curve.cost[some], curve.share[some], look.marker, clip_on=False, **color)
    ax.axhline(0.5, color=style.MUTED, linewidth=1, linestyle=":")
    ax.set_ylim(-0.02, 1.02)
    return ax


def figure(record: Record) -> Figure | None:
    """A column a target, a row a cost, for one setting; None where the study names no targets."""
    targets = shown(record.targets)
    if not targets or record.epochs.empty:
        return None
    with style.context():
        page = style.page(height=7.4)
        panels = page.subplots(len(COSTS), len(targets), sharey=True, squeeze=False)
        for row, (cost, title) in zip(panels, COSTS.items(), strict=True):
            for ax, target in zip(row, targets, strict=True):
                found = dict(times.by_label(record, target, cost))
                draw(found, ax, style.looks(record))
                ax.set(xlabel=title, title=f"to {words.target(target)}")
                ax.set_xlim(left=0)
            row[0].set_ylabel("share of trials")
        style.legend(page, record)
        style.caption(page, TITLE, record, NOTE)
    return page


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    found = times.frame(record, ["epochs"])
    if not found["reached"].any():
        return ""
    target = found.loc[found["reached"] > 0, "target"].max()
    means = found[found["target"] == target].set_index("label")
    least, most = means["restricted_mean"].min(), means["restricted_mean"].max()
    sentence = (
        f"To {record.chosen_by} {words.target(target)}, counting a trial that does not get there as the "
        "whole common budget, the mean is "
    )
    if least == most:
        return f"{sentence}{least:.1f} epochs for every arm."
    lowest, highest = (words.listed(means.index[means["restricted_mean"] == each]) for each in (least, most))
    return f"{sentence}lowest for {lowest} ({least:.1f} epochs), highest for {highest} ({most:.1f})."
