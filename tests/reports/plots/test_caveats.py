"""What must be known of a study to read its pictures right stands in the picture: it may leave its page."""

import math
from dataclasses import replace

import pytest

from experiments import names
from reports import drawing
from reports.page import inline, page
from reports.plots import (
    claims,
    convergence,
    cost_accuracy,
    crops,
    learning_curves,
    overfitting,
    training_error,
    winner_map,
)
from reports.plots import settings as settings_figure
from reports.plots.elements import axes, by_size, style
from reports.store.record import read_record
from tests.support import chains, synthetic
from tests.support.pictures import drawn_of


def trained(record):
    """The record as if no trial had diverged."""
    return replace(
        record,
        runs=record.runs.assign(diverged=False),
        epochs=record.epochs.assign(diverged=False),
    )


@pytest.mark.parametrize("plot", [convergence, training_error, overfitting])
def test_seeds_that_diverged_are_told_where_there_are_any(depth, plot):
    assert plot.DIVERGED in drawn_of(plot.figure(depth))
    assert plot.DIVERGED not in drawn_of(plot.figure(trained(depth)))


def test_an_axis_that_is_cut_says_so(small):
    high = small.epochs["validation/accuracy"].mask(small.epochs["epoch"] == 1, 0.05)
    cut = convergence.figure(replace(small, epochs=small.epochs.assign(**{"validation/accuracy": high})))
    assert convergence.CUT in drawn_of(cut)
    level = small.epochs["validation/accuracy"].clip(lower=0.6)
    whole = convergence.figure(replace(small, epochs=small.epochs.assign(**{"validation/accuracy": level})))
    assert convergence.CUT not in drawn_of(whole)


def test_an_interval_without_end_says_so(small, ready):
    assert axes.OPEN.strip() in drawn_of(cost_accuracy.figure(small))
    assert axes.OPEN.strip() not in drawn_of(settings_figure.figure(read_record(ready.uri, "grid")))


@pytest.mark.parametrize("plot", [crops, learning_curves, winner_map])
def test_trials_that_are_left_out_or_diverged_are_told(cropped, plot):
    runs = cropped.runs
    first = runs.index == 0
    other = runs["setting"].mask(runs["arm"] != "cnn", "recipe.epochs=3")
    told = drawn_of(plot.figure(replace(cropped, runs=runs.assign(diverged=first, setting=other))))
    assert "since nothing of this is varied for them: 8 trials of <b>$res_net$." in told
    assert "A diverged trial counts with what was measured before." in told
    assert "diverged" not in drawn_of(plot.figure(cropped))
    assert "Left out" not in drawn_of(plot.figure(cropped))


def test_a_size_that_is_not_to_scale_and_a_curve_beyond_the_data_are_told(cropped):
    whole = cropped.runs["setting"].str.replace("crop=16", "crop=None")
    assert crops.WHOLE in drawn_of(crops.figure(replace(cropped, runs=cropped.runs.assign(setting=whole))))
    assert crops.WHOLE not in drawn_of(crops.figure(cropped))
    fitted = learning_curves.figure(chains.of_sizes(cropped, chains.HALVED))
    assert learning_curves.BEYOND.strip() in drawn_of(fitted)
    assert "Shaded" not in drawn_of(learning_curves.figure(cropped))


def test_claims_of_after_the_data_and_those_not_drawn_are_told(writable, monkeypatch):
    study = synthetic.claimed_study(writable)
    record = read_record(writable.uri, "claimed")
    assert claims.LATE not in drawn_of(claims.figure(record))
    monkeypatch.setattr(claims, "MOST", 2)
    assert "Not drawn: 3, in the table alone." in drawn_of(claims.figure(record))
    synthetic.state(
        writable, study, ["residual has higher test accuracy than cnn"], ["cnn", "residual"],
        registered=synthetic.DAY + 10**9,
    )  # fmt: skip
    assert claims.LATE in drawn_of(claims.figure(read_record(writable.uri, "claimed")))


def test_a_caveat_is_in_the_picture_and_not_beside_it(small, tmp_path):
    (drawn,) = drawing.draw(small, tmp_path, ["convergence"])
    assert convergence.DIVERGED in drawn.caveats and convergence.DIVERGED not in drawn.note
    shown = page._figures(small, [drawn], inline.Shared())["figures"][0][1][0]
    assert convergence.DIVERGED not in shown["note"]
    # The shapes of its letters are not read aloud: the picture's description has it.
    assert convergence.DIVERGED in shown["svg"].split(">")[0]


def test_long_caveats_make_a_page_higher_and_stay_on_it(small):
    with style.context():
        short, long = style.page(height=4), style.page(height=4)
        for figure, caveats in ((short, []), (long, ["One thing is so and another is not. " * 20])):
            figure.subplots()
            style.caption(figure, "A title", small, "How to read it.", caveats)
            figure.draw_without_rendering()
        assert long.get_figheight() > short.get_figheight() == 4
        box = long._supxlabel.get_window_extent()
        assert box.y0 >= 0 and box.x1 <= long.bbox.x1
        assert box.y1 < long.axes[0].get_window_extent().y0


def test_sizes_and_seeds_of_a_note_are_not_caveats(cropped):
    figure = crops.figure(cropped)
    note, caveats = style.told(figure)
    assert by_size.NOTE.strip() in note and caveats == drawn_caveats(figure)


def drawn_caveats(figure):
    """Between the first sentence and the source."""
    text = drawn_of(figure)
    first = (
        "Left: test accuracy; right: overfitting gap, chosen epoch; by the side of the square that is seen."
    )
    assert text.startswith(first)
    return text.removeprefix(first).partition("study ")[0].strip()


def test_failed_seeds_that_did_not_diverge_are_told_in_the_winner_map(cropped):
    # One answer for all of two classes: accuracy ½, F1 ⅓.
    constant = cropped.runs.assign(
        classes="2",
        **{names.metric(names.TEST, names.ACCURACY): 0.5, names.metric(names.TEST, names.MACRO_F1): 1 / 3},
    )
    told = drawn_of(winner_map.figure(replace(cropped, runs=constant)))
    assert "Seeds failed" in told and winner_map.DIVERGED not in told
    assert not math.isnan(cropped.training_level)
