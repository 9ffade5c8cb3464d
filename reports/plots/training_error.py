"""Training error: whether a deeper network gets worse already on the images it learns from.

Of a study of depth: one whose recipe says `gradient_flow: true`.
"""

import math

import pandas as pd
from matplotlib.figure import Figure

from reports.numbers import scores
from reports.numbers.scores import TRAIN_ACCURACY, VALIDATION_ACCURACY
from reports.plots import gradient_flow
from reports.plots.elements import axes, curves, style, twins
from reports.plots.elements.curves import draw
from reports.store.record import Record

TITLE = "Training error"
APPLIES = "each setting"
NOTE = (
    "Error: 1 − accuracy, in inference mode and without augmentation; training error on a fixed slice of the "
    "training images. A deeper network with the higher training error is not overfitted: it is harder to "
    "train (He et al. 2015, figures 1 and 4). Lines: median over seeds at each epoch; bands: smallest to "
    "largest."
)
PAIRS = " A panel for each pair of a network with shortcuts and its plain twin."
DIVERGED = "A diverged seed ranks worst after its last epoch; the band shows those still training."


def errors(epochs: pd.DataFrame, accuracy: str, runs: pd.DataFrame | None = None) -> pd.DataFrame:
    """As `curves.across_seeds`, of one minus the accuracy; a diverged trial ranks as the worst."""
    medians = curves.across_seeds(epochs, accuracy, after_divergence=-math.inf, runs=runs)
    return medians.assign(median=1 - medians["median"], low=1 - medians["high"], high=1 - medians["low"])


def figure(record: Record) -> Figure | None:
    """Both panels for one setting; None where no gradient norms were logged: it is no study of depth."""
    if not gradient_flow.stages(record.epochs):
        return None
    training, validation = (
        errors(record.epochs, each, record.runs) for each in (TRAIN_ACCURACY, VALIDATION_ACCURACY)
    )
    with style.context():
        if training.empty:
            return style.empty_page(f"{TITLE}: no trial was evaluated", record)
        caveats = [DIVERGED] if record.runs["diverged"].any() else []
        if pairs := twins.pairs(record):
            page = twins.page(pairs, training, "training error", record)
            style.caption(page, TITLE, record, NOTE + PAIRS, caveats)
            return page
        page = style.page(height=5.4)
        for ax, frame, name in zip(
            page.subplots(1, 2, sharey=True), (training, validation), ("training", "validation"), strict=True
        ):
            draw(frame.assign(x=frame["epoch"]), ax, style.looks(record))
            ax.set(xlabel="epoch", title=f"{name} error")
            ax.set_xticks(style.whole_epochs(1, training["epoch"].max()))
        _, highest = page.axes[0].get_ylim()
        page.axes[0].set(ylabel="error (1 − accuracy)", ylim=axes.within(0, highest))
        style.legend(page, record, at_once=set(training.loc[training["at_once"], "label"]))
        style.caption(page, TITLE, record, NOTE, caveats)
    return page


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    last = scores.last_train_accuracies(record.epochs)
    error = (1 - record.runs["run_id"].map(last)).groupby(record.runs["label"], sort=False).mean().dropna()
    if error.empty:
        return ""
    return (
        f"At the last epoch the mean training error is lowest for {error.idxmin()} ({error.min():.3f}) and "
        f"highest for {error.idxmax()} ({error.max():.3f})."
    )
