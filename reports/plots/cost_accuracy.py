"""Cost and accuracy: test accuracy against parameters, multiply-accumulates and training seconds."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import names
from reports.numbers.intervals import mean_interval
from reports.plots.elements import axes, phrases, style
from reports.store.record import Record
from reports.tables import summary
from reports.words import listed, scaled

TITLE = "Cost and accuracy"
APPLIES = "each setting"
NOTE = (
    "Test accuracy: mean over seeds and Student's 95 % t interval, at each trial's epoch of highest "
    "{score}. Better is up and to the left. Parameters: weights that gradients train, those of a frozen "
    "encoder among them. MACs: multiply-accumulates of one image forward. Training time: mean seconds a "
    "trial, without evaluation. "
    "A name stands beside its mark where there is room."
)
UNKNOWN = "Not in every panel, as some of their costs are unknown: {}."
ACCURACY = names.metric(names.TEST, names.ACCURACY)
COSTS = {  # as an axis says it, and how a tick is written
    names.PARAMETERS: ("parameters", scaled),
    names.MACS: ("forward MACs", scaled),
    names.TRAIN_SECONDS: ("training time (s)", "{:,.10g}".format),
}


def points(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a label with a test score: label, arm_order, y, low, high (mean and interval), COSTS (means)."""
    rows = []
    for label, arm in runs.groupby("label", sort=False):
        accuracy = mean_interval(arm[ACCURACY])
        low, high = accuracy.ends
        row = {
            "label": label,
            "arm_order": arm["arm_order"].iloc[0],
            "y": accuracy.mean,
            "low": low,
            "high": high,
        }
        rows.append(row | dict(arm[[*COSTS]].mean()))
    return pd.DataFrame(rows).dropna(subset=["y"])


def draw(frame: pd.DataFrame, ax: Axes, looks: style.Looks | None = None) -> Axes:
    """A mark with its interval a label. frame: label, arm_order, x, y, low, high."""
    looks = looks or style.looks_of(frame)
    for row in frame.itertuples():
        look = looks(row.label)
        bars = [[row.y - row.low], [row.high - row.y]]
        mark, *_ = ax.errorbar(
            row.x, row.y, bars, color=look.color, marker=look.marker, markersize=8, capsize=4, linewidth=1.5
        )
        mark.set_clip_on(False)  # whole at an accuracy of 1 too, where the axis ends
    return ax


def figure(record: Record) -> Figure:
    """Three panels for one setting."""
    tested = points(record.runs)
    with style.context():
        if tested.empty:
            return style.empty_page(f"{TITLE}: no trial was tested", record)
        limits = axes.accuracy_limits(arm[ACCURACY] for _, arm in record.runs.groupby("label"))
        page = style.page(height=5.8)
        panels = {}
        for ax, (cost, (title, written)) in zip(page.subplots(1, 3, sharey=True), COSTS.items(), strict=True):
            known = tested[tested[cost] > 0]
            ax.set_xlabel(title)
            style.log_if_wide(ax, known[cost], written)
            panels[ax] = known.assign(x=known[cost])
            draw(panels[ax], ax, style.looks(record))
            ax.margins(x=0.2)
        page.axes[0].set(ylabel="test accuracy", ylim=limits[:2])
        style.legend(page, record, at_once=set(tested["label"]))
        partly = tested.loc[~(tested[[*COSTS]] > 0).all(axis="columns"), "label"]
        caveats = [axes.OPEN if limits.cut else "", UNKNOWN.format(listed(partly)) if len(partly) else ""]
        style.caption(page, TITLE, record, NOTE, caveats)
        for ax, frame in panels.items():
            axes.beside(ax, frame)
    return page


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    arms = summary.by_arm(record)
    tested = arms.dropna(subset=["test_accuracy"])
    if tested.empty:
        return ""
    best = tested.loc[tested["test_accuracy"].idxmax()]
    found = f"The highest mean test accuracy is that of {best['label']}: {phrases.accuracy(best)}"
    if not tested["forward_macs"].notna().any():
        return f"{found}."
    least = tested.loc[tested["forward_macs"].idxmin()]
    if least["label"] == best["label"]:
        return f"{found}, with the fewest MACs too."
    if pd.isna(best["forward_macs"]):
        return f"{found}. Its MACs are unknown."
    return (
        f"{found}, at {scaled(best['forward_macs'])} MACs an image; of {least['label']}, which "
        f"has the fewest: {phrases.accuracy(least)}, at {scaled(least['forward_macs'])}."
    )
