"""Crops: test accuracy and overfitting gap by the crop in pixels: does a smaller one make the task workable?

It needs a study that varies `data.crop`, and beside it at most eight settings of other fields, such as train
sizes: each is a row of panels.
"""

from matplotlib.figure import Figure

from reports.answers import sizes
from reports.plots.elements import axes, by_size, style
from reports.store.record import Record

TITLE = "Crops"
APPLIES = "all settings"
NOTE = "Left: test accuracy; right: overfitting gap, chosen epoch; by the side of the square that is seen."
WHOLE = "Whole: images without a crop; their place on the axis is not to scale."


def figure(record: Record) -> Figure | None:
    """A row of two panels for each setting of what else is varied; None where no crop varies."""
    trials = sizes.trials(record, sizes.CROP)
    if trials is None:
        return None
    looks = style.looks(record)
    with style.context():
        if trials["accuracy"].isna().all():
            return style.empty_page(f"{TITLE}: no trial was tested", sizes.as_one(record))
        frame = by_size.at_sizes(trials, sizes.CROP)
        limits = axes.accuracy_limits(by_size.seeds_of(frame, sizes.CROP, "accuracy"))
        page, panels = by_size.page(frame)
        for (accuracy, gap), rest in panels.items():
            by_size.draw(rest.assign(y=rest["accuracy"]), accuracy, looks=looks)
            by_size.draw_gaps(rest, gap, looks)
            accuracy.set(ylabel="test accuracy", ylim=limits[:2])
            gap.set_ylabel("gap (train − validation)")
        for ax in page.axes[-2:]:
            ax.set_xlabel("crop (pixels)")
        caveats = [WHOLE] if (frame[sizes.CROP] == sizes.WHOLE).any() else []
        by_size.finish(page, record, frame, sizes.CROP, TITLE, NOTE, caveats, limits.cut)
    return page


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    return by_size.finding(record, sizes.CROP, "pixels of crop")
