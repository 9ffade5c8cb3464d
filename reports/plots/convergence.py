"""Convergence: validation accuracy by epoch and by training second."""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from experiments import names
from reports import words
from reports.numbers import scores
from reports.plots.elements import axes, curves, ends, phrases, style, twins
from reports.store.record import Record
from reports.tables import summary
from reports.words import seconds

TITLE = "Convergence"
APPLIES = "each setting"
NOTE = (
    "Lines: median over seeds at each epoch; bands: smallest to largest seed. "
    "A single mark with bars: an arm scored once, at its whole cost. Dotted: targets of the study. "
    "Training time: without compilation and evaluation, the median over seeds at each epoch."
)
CUT = "What lies below the axis is cut: the beginning, where nothing is decided."
DIVERGED = (
    "A diverged seed ranks below the others after its last epoch: a line ends where that is the median; the "
    "band shows those still training."
)
PAIRS = "A panel for each pair of a network with shortcuts and its plain twin."
NAMES = (
    "Beside a name: the median of what its trials took to the highest target that most arms reach, or how "
    "many of them reached it; an arm scored once reaches it only at its whole cost."
)
BELOW = 0.6  # of the heights where lines end and targets lie: shown below the lowest of them
LEAST = 0.08  # of accuracy, shown below it at least
MOST_NAMED = 12  # arms that have room at the ends of their lines; of more a legend tells all
WIDEST = 3.6  # inches of the longest name there
AROUND = 2.1  # inches of the page above and below the panels


def figure(record: Record) -> Figure | None:
    """Both panels for one setting, or a panel a pair of twins; None where no arm has a curve."""
    measured = record.epochs.assign(score=scores.score(record.epochs))
    medians = curves.across_seeds(measured, "score", after_divergence=-math.inf, runs=record.runs)
    with style.context():
        if medians.empty:
            return style.empty_page(f"{TITLE}: no trial was validated", record)
        if medians["at_once"].all():
            return None
        diverged = DIVERGED if record.runs["diverged"].any() else ""
        if pairs := twins.pairs(record):
            page = twins.page(pairs, medians, record.chosen_by, record, record.targets)
            style.caption(page, TITLE, record, f"{NOTE} {PAIRS}", [diverged])
            return page
        looks, low = style.looks(record), lowest(medians, record.targets)
        found = line_ends(record, medians, looks)
        beside = len(found) <= MOST_NAMED and ends.width(found) <= WIDEST
        page = style.page(height=max(4.9, AROUND + ends.height(found)) if beside else 6.4)
        by_second, by_epoch = page.subplots(1, 2, sharey=True)
        curves.draw(medians.assign(x=medians[names.TRAIN_SECONDS]), by_second, looks)
        by_second.set(xlabel="training time (s)", title="by training time", ylabel=record.chosen_by)
        curves.draw(medians.assign(x=medians["epoch"]), by_epoch, looks)
        by_epoch.set(xlabel="epoch", title="by epoch")
        by_epoch.set_xticks(style.whole_epochs(1, medians["epoch"].max()))
        by_epoch.set_xlim(right=medians["epoch"].max() * 1.02)
        cut = low > by_second.get_ylim()[0]
        by_second.set_ylim(axes.within(max(low, by_second.get_ylim()[0]), by_second.get_ylim()[1]))
        style.log_if_wide(by_second, medians.groupby("label")[names.TRAIN_SECONDS].max())
        for ax in (by_second, by_epoch):
            for line in ax.lines if cut else ():
                line.set_clip_on(True)
            curves.mark_targets(ax, record.targets, named=ax is by_second)
        note = f"{NOTE} {NAMES}" if beside and any(each.below for each in found) else NOTE
        if not beside:
            style.legend(page, record, at_once=set(medians.loc[medians["at_once"], "label"]))
        style.caption(page, TITLE, record, note, [CUT if cut else "", diverged])
        if beside:
            style.beside_panels(page, ends.width(found))
            page.draw_without_rendering()
            ends.name(by_epoch, found)
    return page


def lowest(medians: pd.DataFrame, targets: Sequence[float]) -> float:
    """Where an accuracy axis begins so that the ends of lines, and targets among them, take most of it."""
    last = medians.groupby("label", sort=False)["median"].last().dropna()
    if last.empty:
        return 0.0
    high, low = medians["high"].max(), last.min()
    low = min([low, *(each for each in targets if each > low - LEAST)])
    return float(low - max(LEAST, BELOW * (high - low)))


def line_ends(record: Record, medians: pd.DataFrame, looks: style.Looks) -> list[ends.End]:
    """The names of all arms, each with what its trials took to the highest target that most arms reach.

    An arm whose median is known at no epoch has no line, and is named all the same.
    """
    arms = summary.by_arm(record).set_index("label")
    once = scores.scored_once(record.epochs)
    common = [each for each in record.targets if arms[f"seconds_to_{each:g}"].notna().mean() > 0.5]
    found = []
    for label, runs in record.runs.groupby("label", sort=False):
        known = medians.loc[medians["label"] == label, "median"].dropna()
        below = took(arms.loc[label], common[-1], label in once) if common else ""
        y = float(known.iloc[-1]) if len(known) else -math.inf
        found.append(ends.End(style.called(str(label), runs), y, looks(str(label)).color, below))
    return found


def took(arm: pd.Series, target: float, once: bool) -> str:
    """`0.75 in 8.0 s`; where the median trial did not reach it, how many did: more is not known of it.

    arm: a row of `summary.by_arm`; once: it is scored at its end alone, and may have been there before.
    """
    named, cost = words.target(target), arm[f"seconds_to_{target:g}"]
    if math.isnan(cost):
        return f"{named} reached by {arm[f'reached_{target:g}']} of {arm['trials']}"
    return f"{named} in {'at most ' if once else ''}{seconds(cost)}"


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    arms = summary.by_arm(record)
    reached = [target for target in record.targets if arms[f"epochs_to_{target:g}"].notna().any()]
    if not reached:
        return "The median trial of no arm reaches a target."
    target = reached[-1]
    found = (
        f"To {record.chosen_by} {words.target(target)}, the highest target that the median trial of any arm "
        "reaches"
    )
    once = scores.scored_once(record.epochs)
    if len(arms) > phrases.MOST_LISTED:
        epochs = phrases.least(arms, f"epochs_to_{target:g}", "{:g} epochs".format, once)
        times = phrases.least(arms, f"seconds_to_{target:g}", seconds, once)
        return f"{found}, the least medians: {epochs}; {times}."
    medians = (f"{row['label']} {_median(row, target, row['label'] in once)}" for _, row in arms.iterrows())
    return f"{found} (medians): {'; '.join(medians)}."


def _median(row: pd.Series, target: float, once: bool) -> str:
    epochs = row[f"epochs_to_{target:g}"]
    if math.isnan(epochs):
        return "not reached"
    bound = "at most " if once else ""
    named = "epoch" if epochs == 1 else "epochs"
    return f"{bound}{epochs:g} {named}, {seconds(row[f'seconds_to_{target:g}'])}"
