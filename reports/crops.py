"""Crops: test accuracy and overfitting gap by the crop in pixels: does a smaller one make the task workable?

`python -m reports.crops STUDY` draws this figure alone. It needs a study that varies `data.crop`, and beside
it at most eight settings of other fields, such as train sizes: each is a row of panels.
"""

import sys

from matplotlib.figure import Figure

from reports import accuracy_axis, by_size, command, sizes, style
from reports.runs import Record

NOTE = "Left: test accuracy; right: overfitting gap, chosen epoch; by the side of the square that is seen."
WHOLE = " Whole: images without a crop; their place on the axis is not to scale."


def figure(record: Record) -> Figure | None:
    """A row of two panels for each setting of what else is varied; None where no crop varies."""
    trials = sizes.trials(record, sizes.CROP)
    if trials is None:
        return None
    with style.context():
        if trials["accuracy"].isna().all():
            return style.empty_page("Crops: no trial was tested", sizes.as_one(record))
        frame = by_size.side_by_side(trials, sizes.CROP, log=False)
        limits = accuracy_axis.of_seeds(by_size.seeds_of(frame, sizes.CROP, "accuracy"))
        page, panels = by_size.page(frame)
        for (accuracy, gap), rest in panels.items():
            by_size.draw(rest.assign(y=rest["accuracy"]), accuracy)
            by_size.draw_gaps(rest, gap)
            accuracy.set(ylabel="test accuracy", ylim=limits[:2])
            gap.set_ylabel("gap (train − validation)")
        for ax in page.axes[-2:]:
            ax.set_xlabel("crop (pixels)")
        whole = WHOLE * bool((frame[sizes.CROP] == sizes.WHOLE).any())
        by_size.finish(page, record, frame, sizes.CROP, "Crops", NOTE + whole, limits.cut)
    return page


def main() -> int:
    """Draw this figure alone."""
    return command.draw_alone("crops", __doc__)


if __name__ == "__main__":
    sys.exit(main())
