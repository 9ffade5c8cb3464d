import itertools
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from experiments import names
from reports import drawing, figure_files, words
from reports.numbers.scores import VALIDATION_ACCURACY
from reports.plots import convergence, cost_accuracy, overfitting, settings, time_to_target, training_error
from reports.plots.elements import axes, curves, style
from reports.store import record
from tests.support.pictures import drawn_of, legend_of, names_at_ends_of
from tests.support.synthetic import curve, once, tags

# Of these runs no probabilities were kept (test_reliability.py).
EACH_SETTING = [
    name
    for name, plot in drawing.FIGURES.items()
    if plot.APPLIES == "each setting" and name not in ("reliability", "representations")
]
ALL_SETTINGS = [
    name for name, plot in drawing.FIGURES.items()
    if plot.APPLIES == "all settings" and name != "learning_rates"  # of a sweep, which these runs have
]  # fmt: skip


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
    assert curves.draw(medians.assign(x=medians["epoch"]), ax) is ax
    assert len(ax.collections) == 3  # two bands and the bars of the point
    tested = small.runs.set_index("run_id")["test/accuracy"]
    assert overfitting.draw(overfitting.at_chosen_epoch(small.epochs, tested), ax) is ax


@pytest.mark.parametrize("name", EACH_SETTING)
def test_a_figure_says_what_it_was_drawn_from(depth, name):
    figure = drawing.FIGURES[name].figure(depth)
    note = figure._supxlabel.get_text()
    assert (
        "study small · data tiny_shirts (100 training, 200 validation, 1,000 test images) · "
        "9 trials, 1 of them diverged · seeds 0–2"
    ) in note
    # Of features no gradients were logged.
    others = [] if name == "gradient_flow" else ["features"]
    expected = ["cnn", "residual (1 of 3 diverged)", *others]
    if name == "convergence":
        assert sorted(names_at_ends_of(figure)) == sorted(expected)
    else:
        assert legend_of(figure) == expected


@pytest.mark.slow
def test_settings_are_drawn_apart_and_names_are_plain_text(ready, tmp_path):
    grid = record.read_record(ready.uri, "grid")
    drawn = drawing.draw(grid, tmp_path, ["convergence", "settings", "gradient_flow"])
    assert [each.files[0].name for each in drawn] == [
        "convergence-train-250.png",
        "convergence-train-1000.png",
        "settings.png",  # one of all settings; and no gradients were logged
    ]
    assert sorted(names_at_ends_of(convergence.figure(grid.by_setting()[0]))) == ["$a_b$ | c", "_hidden"]


def test_equal_numbers_give_equal_bytes(small, tmp_path):
    one = figure_files.save(convergence.figure(small), tmp_path / "one", "figure", small)
    other = figure_files.save(convergence.figure(small), tmp_path / "other", "figure", small)
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == [
        "figure.pdf",
        "figure.png",
        "figure.svg",
    ]


def test_arms_differ_by_color_marker_and_line():
    arms = [style.arm(order) for order in range(14)]
    assert len(set(arms)) == 14
    assert len({look.color for look in arms[:7]}) == len({look.marker for look in arms[:7]}) == 7
    assert len({look.marker for look in arms}) == 14
    assert all(one[1:] != other[1:] for one, other in itertools.pairwise(arms))


def test_errors_are_one_minus_accuracy(small):
    errors = training_error.errors(small.epochs, VALIDATION_ACCURACY).set_index(["label", "epoch"])
    assert list(errors.loc["cnn", "median"]) == pytest.approx([0.7, 0.5, 0.3])
    assert list(errors.loc["cnn", "low"]) == pytest.approx([0.7, 0.4, 0.2])
    assert list(errors.loc["cnn", "high"]) == pytest.approx([0.7, 0.6, 0.4])
    # Of 0.2, 0.1 and a diverged seed, which is the worst.
    assert errors.loc[("residual", 3), "median"] == pytest.approx(0.2)


@pytest.mark.parametrize("name", ["gradient_flow", "training_error", "reliability", *ALL_SETTINGS])
def test_a_figure_that_does_not_apply_is_not_drawn(small, name):
    assert drawing.FIGURES[name].figure(small) is None


def test_costs_beside_accuracy(small):
    points = cost_accuracy.points(small.runs).set_index("label")
    assert points.loc["residual", "y"] == pytest.approx((0.8 + 0.9 + 0.6) / 3)
    assert points.loc["residual", "macs"] == 340e6
    assert points.loc["residual", "high"] - points.loc["residual", "y"] == pytest.approx(0.379, abs=1e-3)
    assert points.loc["cnn", "train_seconds"] == 30


def test_a_mark_stands_at_its_cost_also_where_arms_cost_alike(small):
    alike = replace(small, runs=small.runs.assign(**{names.PARAMETERS: 1000.0}))
    page = cost_accuracy.figure(alike)
    points = cost_accuracy.points(alike.runs)
    for ax, cost in zip(page.axes, cost_accuracy.COSTS, strict=True):
        assert [bars.lines[0].get_xdata()[0] for bars in ax.containers] == pytest.approx(list(points[cost]))


def test_an_arm_of_unknown_cost_is_named_where_it_is_left_out(small):
    unknown = small.runs[names.MACS].mask(small.runs["arm"] == "features")
    page = cost_accuracy.figure(replace(small, runs=small.runs.assign(**{names.MACS: unknown})))
    assert [len(ax.containers) for ax in page.axes] == [3, 2, 3]
    assert "some of their costs are unknown: features." in drawn_of(page)
    assert "costs are unknown" not in drawn_of(cost_accuracy.figure(small))


def test_names_cover_no_mark_and_no_other_name():
    x = np.random.default_rng(0).uniform(0, 1, (12, 2))
    frame = pd.DataFrame({"label": [f"network{n}" for n in range(12)], "x": x[:, 0], "y": x[:, 1]})
    frame = frame.assign(low=frame["y"] - 0.02, high=frame["y"] + 0.02, arm_order=range(12))
    page = Figure(figsize=(8, 5))
    ax = cost_accuracy.draw(frame, page.subplots())
    boxes = [name.get_window_extent() for name in axes.beside(ax, frame)]
    assert len(boxes) > 6
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    marks = ax.transData.transform(frame[["x", "y"]])
    assert not any(box.contains(*mark) for box in boxes for mark in marks)


def test_each_setting_is_a_row(ready):
    rows = settings.accuracies(record.read_record(ready.uri, "width").runs)
    assert list(rows["setting"].unique()) == [
        "train=250",
        "train=250, width=4",
        "train=250, width=8",
        "train=1000",
        "train=1000, width=4",
        "train=1000, width=8",
    ]
    ax = settings.draw(rows, Figure().subplots())
    assert [text.get_text() for text in ax.get_yticklabels()] == list(rows["setting"].unique())


@pytest.mark.slow
def test_a_large_grid_is_one_figure(writable, tmp_path):
    study = writable.study("filters")
    for filters in range(1, 8):
        setting = {names.SETTING: f"models.cnn.arguments.filters=[{filters}, 32]"}
        writable.run(study, tags("cnn", 0, 0, **setting), curve([0.3, 0.5]) + once(0.5, 2))
    paths = drawing.draw_all(writable.uri, "filters", tmp_path)
    assert [path.name for path in paths] == [
        "settings.png",
        "settings.svg",
        "settings.pdf",
        "results.csv",
        "times.csv",
        "results.md",
        "report.html",
    ]
    told = (tmp_path / "results.md").read_text()
    assert "| cnn · filters=[1, 32] |" in told
    assert "the figure settings shows all 7 settings" in told


def test_seeds_read_as_a_range():
    assert words.seeds([2, 0, 1, 3, 4]) == "0–4"
    assert words.seeds([0, 2, 5]) == "0, 2, 5"


def test_the_source_names_every_size_that_was_recorded(small):
    trained = small.runs.assign(train_size=[1000.0] * 4 + [250.0] * 5)
    assert record.images(trained) == " (250 / 1,000 training, 200 validation, 1,000 test images)"
    assert record.images(trained.assign(validation_size=math.nan)) == (
        " (250 / 1,000 training, 1,000 test images)"
    )
    sizes = ["train_size", "validation_size", "test_size"]
    assert record.images(small.runs.assign(**dict.fromkeys(sizes, math.nan))) == ""


@pytest.mark.slow
def test_trials_that_diverged_at_once_leave_empty_pages(writable, tmp_path):
    study = writable.study("broken")
    writable.run(study, tags("cnn", 0, 0, **{names.DIVERGED: "true"}), [(names.TRAIN_SECONDS, 10, 1)])
    drawing.draw_all(writable.uri, "broken", tmp_path / "measured")
    writable.run(writable.study("silent"), tags("cnn", 0, 0, **{names.DIVERGED: "true"}), [])
    drawing.draw_all(writable.uri, "silent", tmp_path / "silent")
    assert "1 (1 diverged)" in (tmp_path / "silent" / "results.md").read_text()


# Two settings, four figures each: a reader opens one or the other, the first figures are of both.
@pytest.mark.slow
def test_the_page_folds_the_figures_of_each_setting_once(ready, tmp_path):
    drawing.draw_all(ready.uri, "grid", tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    folded = re.findall(r'<details class="setting screen"><summary>(\d+) figures at ([^<]+)</summary>', page)
    settings = record.read_record(ready.uri, "grid").by_setting()
    assert [setting for _, setting in folded] == [each.runs["setting"].iloc[0] for each in settings]
    assert len({count for count, _ in folded}) == 1
    assert page.index('id="settings"') < page.index('<details class="setting screen">')
