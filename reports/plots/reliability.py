"""Reliability: whether networks are right as often as they are sure, and the calibration error of each trial.

Of trials that kept their probabilities (`reports/store/probabilities.py`).
"""

import functools
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.numbers import reliability
from reports.numbers.reliability import Bins
from reports.plots.elements import style
from reports.store import probabilities
from reports.store.record import Record
from reports.words import listed

TITLE = "Reliability"
APPLIES = "each setting"
LEAST_SHARE = 0.01  # of an arm's images: a bin of fewer is not drawn
NOTE = (
    "Test images at the chosen epoch, by confidence, the probability of the class answered. Left: below the "
    "dotted line a network is surer than it is right; the images of all seeds together, in "
    f"{reliability.BINS} bins of equal width, without bins of less than {LEAST_SHARE:.0%} of them. Right: "
    "mean distance from that line (expected calibration error, Guo et al. 2017); few test images make it "
    "larger. Small marks: seeds; large marks and numbers: means over seeds."
)
PART = (
    " Of {all} trials {kept} are shown: the others kept no probabilities, as in older versions, or none that "
    "are numbers."
)


class Arm(NamedTuple):
    """bins: of the images of all its trials together; errors: the calibration error of each trial."""

    label: str
    bins: Bins
    errors: tuple[float, ...]

    @property
    def surer(self) -> float:
        """Mean confidence less accuracy: above 0 it is surer than right."""
        return float(np.dot(self.bins.share, self.bins.confidence - self.bins.accuracy))


@functools.lru_cache(maxsize=8)  # the figure and its finding need it
def by_arm(record: Record) -> list[Arm]:
    """The arms of which a trial kept finite probabilities, in study order."""
    found = []
    for label, runs in record.runs.groupby("label", sort=False):
        known = [
            answers for run in runs["run_id"] if (answers := probabilities.read(record, run)) is not None
        ]
        known = [answers for answers in known if np.isfinite(answers.confidences).all()]
        if known:
            confidences = np.concatenate([answers.confidences for answers in known])
            right = np.concatenate([answers.right for answers in known])
            errors = (reliability.calibration_error(each.confidences, each.right) for each in known)
            found.append(Arm(str(label), reliability.bins(confidences, right), (*errors,)))
    return found


def draw(arms: list[Arm], ax: Axes, looks: style.Looks | None = None) -> Axes:
    """Accuracy by confidence, a line an arm, and where both are equal."""
    ax.plot([0, 1], [0, 1], color=style.MUTED, linewidth=1, linestyle=":")
    looks = looks or style.looks_in_turn(arm.label for arm in arms)
    for arm in arms:
        look, shown = looks(arm.label), arm.bins.share >= LEAST_SHARE
        x, y = arm.bins.confidence[shown], arm.bins.accuracy[shown]
        ax.plot(x, y, color=look.color, marker=look.marker, linestyle=look.line, clip_on=False)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="accuracy", title="right as often as sure?")
    return ax


def draw_errors(arms: list[Arm], ax: Axes, looks: style.Looks | None = None) -> Axes:
    """A row an arm: the calibration error of each trial, and the mean."""
    looks = looks or style.looks_in_turn(arm.label for arm in arms)
    for row, arm in enumerate(arms):
        look, mean = looks(arm.label), float(np.mean(arm.errors))
        mark = {"color": look.color, "marker": look.marker, "clip_on": False}
        ax.plot([0, mean], [row, row], color=look.color, linewidth=2.5, zorder=2)
        ax.plot(arm.errors, [row + 0.24] * len(arm.errors), markersize=4, linestyle="none", **mark)
        ax.plot(mean, row, markersize=10, zorder=3, **mark)
        above = {"textcoords": "offset points", "ha": "center", "fontsize": 11}
        ax.annotate(f"{mean:.3f}", (mean, row), (0, 9), **above)
    ax.set_yticks(range(len(arms)), [arm.label for arm in arms])
    ax.set(xlabel="mean |accuracy − confidence|", title="calibration error")
    ax.set_xlim(left=0)
    ax.set_ylim(len(arms) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    return ax


def figure(record: Record) -> Figure | None:
    """Both panels for one setting; None where no trial kept its probabilities."""
    arms = by_arm(record)
    if not arms:
        return None
    with style.context():
        page = style.page(height=max(5.4, 2.4 + 0.5 * len(arms)))
        diagram, errors = page.subplots(1, 2, width_ratios=[4, 4])
        draw(arms, diagram, style.looks(record))
        draw_errors(arms, errors, style.looks(record))
        style.legend(page, record)
        kept = sum(len(arm.errors) for arm in arms)
        part = PART.format(kept=kept, all=len(record.runs)) if kept < len(record.runs) else ""
        style.caption(page, TITLE, record, NOTE, [part])
    return page


def finding(record: Record) -> str:
    """What the figure shows, in a sentence or two; empty where there is nothing to say."""
    arms = by_arm(record)
    if not arms:
        return ""
    ranked = sorted(arms, key=lambda arm: np.mean(arm.errors))
    errors = listed([f"{arm.label} {np.mean(arm.errors):.3f}" for arm in ranked])
    sure = [arm.label for arm in arms if arm.surer > 0]
    who = f"{'every' if sure else 'no'} arm" if len(sure) in (0, len(arms)) else listed(sure)
    verb = "are" if 1 < len(sure) < len(arms) else "is"
    return f"Mean calibration errors: {errors}. Over all images, {who} {verb} surer than right."
