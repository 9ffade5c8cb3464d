"""Every arm has its name in the picture of convergence, whatever became of it; no more is said than known."""

import itertools
import math
from dataclasses import replace

import pandas as pd
import pytest

from experiments import names
from reports.numbers.scores import VALIDATION_ACCURACY
from reports.plots import convergence
from reports.plots.elements import style
from tests.support.pictures import caption_of, legend_of, names_at_ends_of


def many(small, count, name="network {}"):
    """The record with as many arms, each as the cnn, and one scored once as the features."""
    runs, epochs = [], []
    for order in range(count):
        source = "features" if order == 0 else "cnn"
        for frames, frame in ((runs, small.runs), (epochs, small.epochs)):
            rows = frame[frame["arm"] == source]
            called = name.format(order)
            frames.append(
                rows.assign(
                    arm=called,
                    title=called,
                    label=called,
                    arm_order=order,
                    run_id=rows["run_id"] + str(order),
                )
            )
    runs, epochs = (pd.concat(each, ignore_index=True) for each in (runs, epochs))
    return replace(small, runs=runs, epochs=epochs)


def below_names_of(page):
    """What is written below each name."""
    texts = [text.get_text() for ax in page.axes for text in ax.texts if getattr(text, "arrow_patch", None)]
    return dict(text.split("\n") for text in texts)


@pytest.mark.parametrize("count", [2, 12, 13, 30])
def test_every_arm_is_named_however_many_there_are(small, count):
    page = convergence.figure(many(small, count))
    beside = names_at_ends_of(page)
    named = beside or legend_of(page)
    assert sorted(named) == sorted(f"network {order}" for order in range(count))
    assert bool(beside) == (count <= convergence.MOST_NAMED) and bool(page.legends) != bool(beside)


def test_names_that_are_wider_than_the_margin_stand_in_a_legend(small):
    page = convergence.figure(many(small, 3, name="a network of a name that nobody reads in passing, no. {}"))
    assert not names_at_ends_of(page) and len(legend_of(page)) == 3
    page.draw_without_rendering()
    assert all(ax.get_window_extent().width > 300 for ax in page.axes)


def test_no_two_of_twelve_names_overlap_and_all_are_on_the_page(small):
    with style.context():
        page = convergence.figure(many(small, 12))
        page.draw_without_rendering()
        texts = [text for text in page.axes[1].texts if getattr(text, "arrow_patch", None)]
        boxes = [text.get_window_extent() for text in texts]
    assert len(boxes) == 12
    # Heights of text alone: its box holds the stroke too.
    boxes = [text.get_bbox_patch() or box for text, box in zip(texts, boxes, strict=True)]
    at = sorted(text.get_position()[1] for text in texts)
    panel = page.axes[1].get_window_extent().height * 72 / page.dpi
    assert all(other - one >= 2 * 8.5 / panel for one, other in itertools.pairwise(at))
    assert at[0] > 0 and at[-1] < 1.05
    assert all(box.x1 <= page.bbox.x1 for box in boxes)


# Of three trials two diverge at once: without a score, the median is that of a trial that diverged.
@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_arm_of_which_most_diverged_is_named_and_drawn_as_far_as_it_goes(small, after):
    lost = (small.runs["arm"] == "residual") & (small.runs["seed"] > 0)
    runs = small.runs.assign(diverged=lost)
    diverged = small.epochs["run_id"].isin(runs.loc[lost, "run_id"])
    epochs = small.epochs.assign(diverged=diverged)
    epochs = epochs[~diverged | (epochs["epoch"] <= after)]
    page = convergence.figure(replace(small, runs=runs, epochs=epochs))
    assert "residual (2 of 3 diverged)" in names_at_ends_of(page)
    (text,) = [text for text in page.axes[1].texts if text.get_text().startswith("residual")]
    line = next(line for line in page.axes[1].lines if line.get_color() == text.get_color())
    known = [y for y in line.get_ydata() if not math.isnan(y)]
    assert len(known) == after
    if after:
        low, high = page.axes[1].get_ylim()
        assert text.xy == (1, pytest.approx(max(0, (known[-1] - low) / (high - low))))
    else:
        assert text.xy == (1, 0)
    page.draw_without_rendering()


def test_an_arm_that_was_not_validated_is_named(small):
    unknown = small.epochs[VALIDATION_ACCURACY].mask(small.epochs["arm"] == "cnn")
    page = convergence.figure(replace(small, epochs=small.epochs.assign(**{VALIDATION_ACCURACY: unknown})))
    assert sorted(names_at_ends_of(page)) == ["cnn", "features", "residual (1 of 3 diverged)"]


# cnn reaches 0.5 after 20, 20 and 30 s, residual after 40; features are first scored at 30 s, all above it.
def test_an_arm_scored_once_may_have_been_there_before(small):
    below = below_names_of(convergence.figure(replace(small, targets=(0.5,))))
    assert below == {
        "cnn": "0.50 in 20 s",
        "residual (1 of 3 diverged)": "0.50 in 40 s",
        "features": "0.50 in at most 30 s",
    }


# Of 0.75 it is known that one of three trials of the cnn was there: others may come later.
def test_what_was_not_reached_is_counted_and_not_called_never(small):
    shown = replace(small, runs=small.runs[small.runs["arm"] != "features"],
                    epochs=small.epochs[small.epochs["arm"] != "features"], targets=(0.75,))  # fmt: skip
    # Two arms, of which one: not most. With the features gone and residual twice, most reach it.
    twice = [shown.runs[shown.runs["arm"] == "residual"], shown.epochs[shown.epochs["arm"] == "residual"]]
    other = [
        frame.assign(arm="other", title="other", label="other", arm_order=5, run_id=frame["run_id"] + "o")
        for frame in twice
    ]
    runs, epochs = (pd.concat(each) for each in zip((shown.runs, shown.epochs), other, strict=True))
    page = convergence.figure(replace(shown, runs=runs, epochs=epochs))
    assert below_names_of(page)["cnn"] == "0.75 reached by 1 of 3"
    assert "never" not in caption_of(page)


def test_the_least_of_many_arms_is_a_bound_where_it_was_scored_once(small):
    several = many(small, 8)
    fast = several.epochs[names.TRAIN_SECONDS].where(several.epochs["arm"] != "network 0", 1.0)
    early = several.epochs["epoch"].where(several.epochs["arm"] != "network 0", 1)
    quick = several.epochs.assign(**{names.TRAIN_SECONDS: fast, "epoch": early})
    quick = quick.dropna(subset=[VALIDATION_ACCURACY])
    told = convergence.finding(replace(several, epochs=quick, targets=(0.5,)))
    assert "network 0 (at most 1 epochs); network 0 (at most 1.0 s)" in told
