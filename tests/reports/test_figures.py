import itertools
import math

import pandas as pd
import pytest
from matplotlib.figure import Figure
from synthetic import tags

from experiments import names
from reports import convergence, curves, drawing, overfitting, runs, style, time_to_target
from reports.scores import VALIDATION_ACCURACY


@pytest.fixture(scope="module")
def small(ready):
    return runs.read(ready.uri, "small")


def test_a_curve_is_the_median_and_range_at_each_epoch(small):
    medians = curves.across_seeds(small.epochs, VALIDATION_ACCURACY).set_index(["label", "epoch"])
    assert list(medians.loc["cnn", "median"]) == [0.3, 0.5, 0.7]
    assert list(medians.loc["cnn", "low"]) == [0.3, 0.4, 0.6]
    assert list(medians.loc["cnn", "high"]) == [0.3, 0.6, 0.8]
    assert list(medians.loc["cnn", "train_seconds"]) == [10, 20, 30]


def test_a_diverged_trial_still_counts_in_the_median(small):
    medians = curves.across_seeds(small.epochs, VALIDATION_ACCURACY, after_divergence=-math.inf)
    last = medians.query("label == 'residual' and epoch == 3").iloc[0]
    assert (last["median"], last["low"], last["high"]) == (0.8, 0.8, 0.9)  # of 0.8, 0.9 and worse


def test_features_are_one_point_at_their_whole_cost(small):
    (point,) = (
        curves.across_seeds(small.epochs, VALIDATION_ACCURACY).query("label == 'features'").to_dict("records")
    )
    assert point["at_once"]
    assert (point["epoch"], point["train_seconds"]) == (3, 30)
    assert (point["median"], point["low"], point["high"]) == pytest.approx((0.7, 0.6, 0.8))


def test_accuracies_at_the_chosen_epoch(small):
    chosen = overfitting.at_chosen_epoch(small.epochs)
    assert len(chosen) == 9
    assert list(chosen.query("label == 'cnn'")["validation"]) == [0.6, 0.7, 0.8]
    assert list(chosen.query("label == 'cnn'")["train"]) == pytest.approx([0.7, 0.8, 0.9])


def test_costs_to_targets(small):
    costs = time_to_target.costs(small.epochs, (0.5, 0.75)).set_index(["target", "label"])
    assert list(costs.loc[(0.5, "cnn"), "epoch"]) == [2, 2, 3]
    assert list(costs.loc[(0.75, "residual"), "train_seconds"]) == pytest.approx(
        [80, 120, math.nan], nan_ok=True
    )


def test_what_was_not_reached_is_written_beside_the_axis():
    frame = pd.DataFrame({"label": "cnn", "arm_order": 0, "target": 0.75, "cost": [math.nan, math.nan, 3.0]})
    ax = time_to_target.draw(frame, Figure().subplots())
    assert "2 of 3" in [text.get_text() for text in ax.texts]


def test_a_draw_returns_its_axes_and_draws_each_label(small):
    medians = curves.across_seeds(small.epochs, VALIDATION_ACCURACY)
    ax = Figure().subplots()
    assert convergence.draw(medians.assign(x=medians["epoch"]), ax) is ax
    assert len(ax.collections) == 3  # two bands and the bars of the point
    assert overfitting.draw(overfitting.at_chosen_epoch(small.epochs), ax) is ax


@pytest.mark.parametrize("name", drawing.FIGURES)
def test_a_figure_says_what_it_was_drawn_from(small, name):
    figure = drawing.FIGURES[name](small)
    note = figure._supxlabel.get_text()
    assert "study small · data tiny_shirts (100 training images) · 9 trials, 1 of them diverged" in note
    assert "seeds 0–2" in note
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "cnn",
        "residual (1 of 3 diverged)",
        "features",
    ]


def test_settings_are_drawn_apart_and_names_are_plain_text(ready, tmp_path):
    grid = runs.read(ready.uri, "grid")
    paths = drawing.draw(grid, tmp_path, {"convergence": convergence.figure})
    assert sorted(path.name for path in paths if path.suffix == ".png") == [
        "convergence-data.train-1000.png",
        "convergence-data.train-250.png",
    ]
    (legend,) = convergence.figure(grid.by_setting()[0]).legends
    assert [text.get_text() for text in legend.get_texts()] == ["$a_b$ | c", "_hidden"]


def test_equal_numbers_give_equal_bytes(small, tmp_path):
    one = style.save(convergence.figure(small), tmp_path / "one", "figure")
    other = style.save(convergence.figure(small), tmp_path / "other", "figure")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["figure.png", "figure.svg"]


def test_arms_differ_by_color_marker_and_line():
    arms = [style.arm(order) for order in range(14)]
    assert len(set(arms)) == 14
    assert len({look.color for look in arms[:7]}) == len({look.marker for look in arms[:7]}) == 7
    assert all(one[1:] != other[1:] for one, other in itertools.pairwise(arms))


def test_seeds_read_as_a_range():
    assert style.seeds([2, 0, 1, 3, 4]) == "0–4"
    assert style.seeds([0, 2, 5]) == "0, 2, 5"


def test_trials_that_diverged_at_once_leave_empty_pages(writable, tmp_path):
    study = writable.study("broken")
    writable.run(study, tags("cnn", 0, 0, **{names.DIVERGED: "true"}), [(names.TRAIN_SECONDS, 10, 1)])
    drawing.draw_all(writable.uri, "broken", tmp_path / "measured")
    writable.run(writable.study("silent"), tags("cnn", 0, 0, **{names.DIVERGED: "true"}), [])
    drawing.draw_all(writable.uri, "silent", tmp_path / "silent")
    assert "1 (1 diverged)" in (tmp_path / "silent" / "results.md").read_text()
