"""Convergence: validation accuracy by epoch and by training second."""

import math

import pandas as pd
from matplotlib.figure import Figure

from experiments import names
from reports import words
from reports.numbers import scores
from reports.plots.elements import axes, curves, phrases, style
from reports.store.record import Record
from reports.tables import summary
from reports.words import seconds

TITLE = "Convergence"
APPLIES = "each setting"
NOTE = (
    "Lines: median over seeds at each epoch; bands: smallest to largest seed. "
    "A single mark with bars: an arm scored once, at its whole cost. "
    "Training time: without compilation and evaluation, the median over seeds at each epoch."
)
DIVERGED = (
    " A diverged seed ranks below the others after its last epoch; the band shows those still training."
)


def figure(record: Record) -> Figure:
    """Both panels for one setting."""
    measured = record.epochs.assign(score=scores.score(record.epochs))
    medians = curves.across_seeds(measured, "score", after_divergence=-math.inf)
    with style.context():
        if medians.empty:
            return style.empty_page(f"{TITLE}: no trial was validated", record)
        page = style.page(height=5.4)
        by_epoch, by_second = page.subplots(1, 2, sharey=True)
        curves.draw(medians.assign(x=medians["epoch"]), by_epoch, style.looks(record))
        by_epoch.set(xlabel="epoch", ylabel=record.chosen_by, title="by epoch")
        by_epoch.set_xticks(style.whole_epochs(1, medians["epoch"].max()))
        curves.draw(medians.assign(x=medians[names.TRAIN_SECONDS]), by_second, style.looks(record))
        by_second.set(xlabel="training time (s)", title="by training time")
        by_second.set_ylim(axes.within(*by_second.get_ylim()))
        style.log_if_wide(by_second, medians.groupby("label")[names.TRAIN_SECONDS].max())
        style.legend(page, record, at_once=set(medians.loc[medians["at_once"], "label"]))
        note = NOTE + DIVERGED if record.runs["diverged"].any() else NOTE
        style.caption(page, TITLE, record, note)
    return page


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
    if len(arms) > phrases.MOST_LISTED:
        epochs = phrases.least(arms, f"epochs_to_{target:g}", "{:g} epochs".format)
        return (
            f"{found}, the least medians: {epochs}; {phrases.least(arms, f'seconds_to_{target:g}', seconds)}."
        )
    once = scores.scored_once(record.epochs)
    medians = (f"{row['label']} {_median(row, target, row['label'] in once)}" for _, row in arms.iterrows())
    return f"{found} (medians): {'; '.join(medians)}."


def _median(row: pd.Series, target: float, once: bool) -> str:
    epochs = row[f"epochs_to_{target:g}"]
    if math.isnan(epochs):
        return "not reached"
    bound = "at most " if once else ""
    named = "epoch" if epochs == 1 else "epochs"
    return f"{bound}{epochs:g} {named}, {seconds(row[f'seconds_to_{target:g}'])}"
