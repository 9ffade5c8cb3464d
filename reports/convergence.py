"""Convergence: validation accuracy by epoch and by training second.

`python -m reports.convergence STUDY` draws this figure alone.
"""

import math
import sys

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import names
from reports import accuracy_axis, command, curves, style
from reports.runs import Record
from reports.scores import VALIDATION_ACCURACY

NOTE = (
    "Lines: median over seeds at each epoch; bands: smallest to largest seed. "
    "A single mark with bars: an arm scored once, at its whole cost. "
    "Training time: without compilation and evaluation, the median over seeds at each epoch."
)
DIVERGED = (
    " A diverged seed ranks below the others after its last epoch; the band shows those still training."
)


def draw(frame: pd.DataFrame, ax: Axes) -> Axes:
    """A line and band a label, or one point. frame: label, arm_order, x, median, low, high, at_once."""
    for order, (_, curve) in enumerate(frame.groupby("label", sort=False)):
        look = style.arm(int(curve["arm_order"].iloc[0]))
        if curve["at_once"].all():
            bars = [curve["median"] - curve["low"], curve["high"] - curve["median"]]
            ax.errorbar(
                curve["x"], curve["median"], bars, color=look.color, marker=look.marker, capsize=5, zorder=3
            )
            continue
        every = max(1, len(curve) // 6)
        ax.fill_between(curve["x"], curve["low"], curve["high"], color=look.color, alpha=0.15, linewidth=0)
        ax.plot(curve["x"], curve["median"], color=look.color, marker=look.marker, linestyle=look.line,
                markevery=(order % every, every), clip_on=False)  # fmt: skip
    return ax


def figure(record: Record) -> Figure:
    """Both panels for one setting."""
    medians = curves.across_seeds(record.epochs, VALIDATION_ACCURACY, after_divergence=-math.inf)
    with style.context():
        if medians.empty:
            return style.empty_page("Convergence: no trial was validated", record)
        page = style.page(height=5.4)
        by_epoch, by_second = page.subplots(1, 2, sharey=True)
        draw(medians.assign(x=medians["epoch"]), by_epoch)
        by_epoch.set(xlabel="epoch", ylabel="validation accuracy", title="by epoch")
        by_epoch.set_xticks(style.whole_epochs(1, medians["epoch"].max()))
        draw(medians.assign(x=medians[names.TRAIN_SECONDS]), by_second)
        by_second.set(xlabel="training time (s)", title="by training time")
        by_second.set_ylim(accuracy_axis.within(*by_second.get_ylim()))
        style.log_if_wide(by_second, medians.groupby("label")[names.TRAIN_SECONDS].max())
        style.legend(page, record, at_once=set(medians.loc[medians["at_once"], "label"]))
        style.caption(page, "Convergence", record, NOTE + DIVERGED * bool(record.runs["diverged"].any()))
    return page


def main() -> int:
    """Draw this figure alone."""
    return command.draw_alone("convergence", __doc__)


if __name__ == "__main__":
    sys.exit(main())
