"""Learning curves: test error and overfitting gap by the number of training images: would more data help?

It needs a study that varies `data.train`, and beside it at most eight settings of other fields, such as
crops: each is a row of panels.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from reports.answers import forecasts, sizes
from reports.numbers import learning_curve
from reports.numbers.learning_curve import REACH, Curve
from reports.plots.elements import axes, by_size, style
from reports.store.record import Record

TITLE = "Learning curves"
APPLIES = "all settings"
NOTE = "Left: test error, 1 − test accuracy; right: overfitting gap, chosen epoch."
ZERO = " A test error of 0 is drawn at that of half an image."
BEYOND = (
    f" Shaded, to {REACH:g} times the largest size: error = a·n^−b + c fitted in log error, with its "
    f"{learning_curve.LEVEL:.0%} interval over seeds; the trend of these sizes, which may break beyond them."
)
NO_SIZE = 1e-4  # stands for half an image where the number of test images was not recorded


def log_axis(ax: Axes, limits: axes.Limits) -> None:
    """A logarithmic axis of errors, which seldom span a decade: labels at 1, 2, 5, or closer."""
    ax.set_yscale("log")  # clips what it cannot show: a bar that goes below 0 runs out of the panel
    ax.set_ylim(*limits[:2])
    subs = (1, 2, 5) if limits.high > 8 * limits.low else (1, 1.5, 2, 3, 4, 5, 6, 8)
    ax.yaxis.set_major_locator(LogLocator(subs=subs))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def figure(record: Record) -> Figure | None:
    """A row of two panels for each setting of what else is varied; None where no train size varies."""
    trials = sizes.trials(record, sizes.TRAIN)
    if trials is None:
        return None
    looks = style.looks(record)
    with style.context():
        if trials["accuracy"].isna().all():
            return style.empty_page(f"{TITLE}: no trial was tested", sizes.as_one(record))
        images = record.runs["test_size"].max()
        floor = 0.5 / images if images > 0 else NO_SIZE
        frame = by_size.at_sizes(trials.assign(error=1 - trials["accuracy"]), sizes.TRAIN)
        limits = axes.error_limits(by_size.seeds_of(frame, sizes.TRAIN, "error"), floor)
        page, panels = by_size.page(frame)
        given = [each for each in forecasts.of(record) if each.given]
        ends = [_lowest(each.curve) for each in given]
        limits = limits._replace(low=min([limits.low, *(end / axes.LOG_PAD for end in ends)]))
        for named, ((error, gap), rest) in zip(sizes.by_rest(frame), panels.items(), strict=True):
            error.set_xscale("log")
            log_axis(error, limits)
            by_size.draw(rest.assign(y=rest["error"]), error, floor, looks)
            for each in given:
                if each.rest == named:
                    draw_beyond(each.curve, error, looks(each.arm).color)
            by_size.draw_gaps(rest, gap, looks)
            error.set_ylabel("test error, log scale")
            gap.set_ylabel("gap (train − validation)")
        for ax in page.axes[-2:]:
            ax.set_xlabel("training images, log scale")
        caveats = [ZERO if (frame["error"] <= 0).any() else "", BEYOND if ends else ""]
        by_size.finish(page, record, frame, sizes.TRAIN, TITLE, NOTE, caveats, limits.cut)
    return page


def draw_beyond(curve: Curve, ax: Axes, color: str) -> Axes:
    """The curve from the largest size on, with its interval; color: of the arm."""
    at = np.geomspace(curve.sizes[-1], REACH * curve.sizes[-1], 12)
    low, high = curve.bounds(list(at))
    ax.fill_between(at, low, high, color=color, alpha=0.12, linewidth=0, zorder=1)
    ax.plot(at, [curve.at(size) for size in at], color=color, linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    return ax


def _lowest(curve: Curve) -> float:
    """The low end of the interval at the last size that is drawn."""
    return float(curve.bounds([REACH * curve.sizes[-1]])[0][0])


def finding(record: Record) -> str:
    """What the figure shows, in a few sentences; empty where there is nothing to say."""
    found = by_size.finding(record, sizes.TRAIN, "training images", error=True)
    return " ".join(filter(None, [found, *forecasts.sentences(record)]))
