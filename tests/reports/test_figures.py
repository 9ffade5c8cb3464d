import itertools
import math
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from synthetic import curve, once, tags

from experiments import names
from reports import (
    convergence,
    cost_accuracy,
    curves,
    drawing,
    gradient_flow,
    labels,
    overfitting,
    results,
    runs,
    settings,
    style,
    time_to_target,
    training_error,
)
from reports.scores import TRAIN_ACCURACY, VALIDATION_ACCURACY


@pytest.fixture(scope="module")
def small(ready):
    return runs.read(ready.uri, "small")


@pytest.fixture(scope="module")
def depth(small):
    """The small study as one of depth: every trial's gradients fall by ten from stage to stage."""
    norms = {
        f"gradient_norm/{stage}": 10.0**-place for place, stage in enumerate(["logits", "stage1", "stem"])
    }
    logged = small.epochs.assign(**norms)
    logged.loc[logged["arm"] == "features", list(norms)] = math.nan
    return replace(small, epochs=logged)


def legend_of(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def caption_of(figure):
    return " ".join(figure._supxlabel.get_text().split())


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


def test_gaps_at_equal_training_accuracy_are_those_of_the_table(small):
    gaps = overfitting.at_training_level(small.epochs, small.training_level)
    # The table's level is 0.70: cnn at epochs 3, 2, 3 of train − validation 0.1; residual at its first.
    assert list(gaps["label"]) == ["cnn"] * 3 + ["residual"] * 3
    assert list(gaps["gap"]) == pytest.approx([0.1] * 3 + [0.2] * 3)
    table = results.summary(small).set_index("label")["gap_at_training_level"].dropna()
    assert gaps.groupby("label")["gap"].mean().to_dict() == pytest.approx(table.to_dict())


def test_the_panel_at_equal_training_accuracy(small):
    *_, panel = overfitting.figure(small).axes
    assert panel.get_title(loc="left") == "at equal training\naccuracy (train 0.70)"
    assert [text.get_text() for text in panel.texts] == ["+0.100", "+0.200", "–"]
    seeds = [line.get_xdata() for line in panel.lines if line.get_markersize() == 4]
    assert [list(each) for each in seeds] == [pytest.approx([0.1] * 3), pytest.approx([0.2] * 3)]


def test_without_a_common_training_accuracy_there_is_no_such_panel(small):
    figure = overfitting.figure(replace(small, training_level=math.nan))
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["gap by epoch", "accuracy, chosen epoch"]
    assert "Right: at each trial's epoch of highest validation accuracy" in caption_of(figure)
    assert "Middle" not in caption_of(figure)


def test_a_setting_is_compared_at_the_training_accuracy_of_the_whole_table(ready):
    grid = runs.read(ready.uri, "grid")
    far = grid.epochs["setting"] == "data.train=1000"
    better = grid.epochs[TRAIN_ACCURACY].mask(far, 1.0)
    record = replace(grid, epochs=grid.epochs.assign(**{TRAIN_ACCURACY: better}))
    titles = [overfitting.figure(one).axes[2].get_title(loc="left") for one in record.by_setting()]
    assert titles == ["at equal training\naccuracy (train 0.60)"] * 2


def test_a_negative_gap_has_the_minus_of_the_axes():
    frame = pd.DataFrame({"label": "cnn", "arm_order": 0, "train": [0.5], "validation": [0.625]})
    ax = overfitting.draw(frame, Figure().subplots())
    assert [text.get_text() for text in ax.texts] == ["−0.125"]


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


@pytest.mark.parametrize("name", sorted(set(drawing.FIGURES) - {"settings"}))
def test_a_figure_says_what_it_was_drawn_from(depth, name):
    figure = drawing.FIGURES[name](depth)
    note = figure._supxlabel.get_text()
    assert (
        "study small · data tiny_shirts (100 training, 200 validation, 1,000 test images) · "
        "9 trials, 1 of them diverged · seeds 0–2"
    ) in note
    # Of features no gradients were logged.
    others = [] if name == "gradient_flow" else ["features"]
    assert legend_of(figure) == ["cnn", "residual (1 of 3 diverged)", *others]


def test_settings_are_drawn_apart_and_names_are_plain_text(ready, tmp_path):
    grid = runs.read(ready.uri, "grid")
    paths = drawing.draw(grid, tmp_path, ["convergence", "settings", "gradient_flow"])
    assert [path.name for path in paths if path.suffix == ".png"] == [
        "convergence-train-250.png",
        "convergence-train-1000.png",
        "settings.png",  # one of all settings; and no gradients were logged
    ]
    assert legend_of(convergence.figure(grid.by_setting()[0])) == ["$a_b$ | c", "_hidden"]


def test_equal_numbers_give_equal_bytes(small, tmp_path):
    one = style.save(convergence.figure(small), tmp_path / "one", "figure")
    other = style.save(convergence.figure(small), tmp_path / "other", "figure")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == ["figure.png", "figure.svg"]


def test_arms_differ_by_color_marker_and_line():
    arms = [style.arm(order) for order in range(14)]
    assert len(set(arms)) == 14
    assert len({look.color for look in arms[:7]}) == len({look.marker for look in arms[:7]}) == 7
    assert len({look.marker for look in arms}) == 14
    assert all(one[1:] != other[1:] for one, other in itertools.pairwise(arms))


def test_stages_stand_in_the_order_of_a_network():
    logged = ["logits", "stage10", "dense1", "stage2", "stem", "conv10", "conv1", "auxiliary1", "inception3a"]
    epochs = pd.DataFrame([{f"gradient_norm/{stage}": 1.0 for stage in logged}])
    epochs["gradient_norm/stage1"] = math.nan  # logged by no trial of this setting
    assert gradient_flow.stages(epochs) == (
        ["stem", "stage2", "stage10", "conv1", "conv10", "inception3a", "auxiliary1", "dense1", "logits"]
    )
    assert gradient_flow.stages(epochs, names.ACTIVATION_STD) == []


def test_gradients_by_stage_are_of_one_epoch(depth):
    found = gradient_flow.by_stage(depth.epochs, names.GRADIENT_NORM, epoch=1)
    assert list(found.query("label == 'cnn'")["stage"]) == ["stem", "stage1", "logits"]
    assert list(found.query("label == 'cnn'")["median"]) == [0.01, 0.1, 1.0]
    assert set(found["label"]) == {"cnn", "residual"}


def families_of(small):
    """residual with two stages, features as a shorter one of its family, cnn with names of its own."""
    has = {
        "cnn": ["conv1", "dense", "logits"],
        "residual": ["stem", "stage1", "stage2", "logits"],
        "features": ["stem", "stage1", "logits"],
    }
    logged = small.epochs.copy()
    for metric in (names.GRADIENT_NORM, names.ACTIVATION_STD):
        for arm, stages in has.items():
            for stage in stages:
                logged.loc[logged["arm"] == arm, f"{metric}/{stage}"] = 1.0
    return replace(small, epochs=logged)


def test_arms_whose_stages_have_other_names_stand_in_rows_of_their_own(small):
    figure = gradient_flow.figure(families_of(small))
    ticks = [[text.get_text() for text in ax.get_xticklabels()] for ax in figure.axes]
    assert ticks[:2] == [["conv1", "dense", "logits"]] * 2
    assert ticks[3:5] == [["stem", "stage1", "stage2", "logits"]] * 2
    assert len(figure.axes) == 6
    assert "A row of panels for the networks whose stages have the same names" in caption_of(figure)
    assert "Left out" not in caption_of(figure)


def test_a_network_with_some_of_a_familys_stages_belongs_to_it(small):
    epochs = families_of(small).epochs
    assert [set(each["label"]) for each in gradient_flow.families(epochs)] == [
        {"cnn"},
        {"residual", "features"},
    ]
    assert gradient_flow.families(small.epochs) == []


def test_arms_without_gradients_are_said_to_be_left_out(depth):
    figure = gradient_flow.figure(depth)
    assert "Left out: arms without logged gradients" in caption_of(figure)
    assert len(figure.axes) == 2
    assert "A row of panels" not in caption_of(figure)


def test_a_ratio_that_no_trial_has_leaves_its_panel_empty(depth):
    column = f"{names.GRADIENT_NORM}/stem"
    cut = depth.epochs[column].where((depth.epochs["arm"] == "cnn") & (depth.epochs["epoch"] == 1))
    overflowed = depth.epochs.assign(**{column: cut})
    overflowed.loc[overflowed["epoch"] == 1, f"{names.GRADIENT_NORM}/logits"] = math.nan
    only = overflowed[overflowed["arm"] == "cnn"]
    assert gradient_flow.first_to_last(only).isna().all()
    assert gradient_flow.figure(replace(depth, epochs=only)) is not None


def test_first_to_last_is_of_the_stages_an_arm_has():
    columns = ["label", *(f"gradient_norm/{stage}" for stage in ("stem", "stage1", "conv1", "logits"))]
    nan = math.nan
    epochs = pd.DataFrame(
        [["a", 1, 2, nan, 4], ["a", nan, 2, nan, 4], ["b", nan, nan, 6, 2], ["c", nan, nan, nan, nan]],
        columns=columns,
    )
    # a: stem / logits; then the stem overflowed; b has no stem: conv1 / logits; c logged nothing.
    assert list(gradient_flow.first_to_last(epochs)) == pytest.approx([0.25, nan, 3, nan], nan_ok=True)


def test_errors_are_one_minus_accuracy(small):
    errors = training_error.errors(small.epochs, VALIDATION_ACCURACY).set_index(["label", "epoch"])
    assert list(errors.loc["cnn", "median"]) == pytest.approx([0.7, 0.5, 0.3])
    assert list(errors.loc["cnn", "low"]) == pytest.approx([0.7, 0.4, 0.2])
    assert list(errors.loc["cnn", "high"]) == pytest.approx([0.7, 0.6, 0.4])
    # Of 0.2, 0.1 and a diverged seed, which is the worst.
    assert errors.loc[("residual", 3), "median"] == pytest.approx(0.2)


@pytest.mark.parametrize("name", ["gradient_flow", "training_error", "settings"])
def test_a_figure_that_does_not_apply_is_not_drawn(small, name):
    assert drawing.FIGURES[name](small) is None


def test_costs_beside_accuracy(small):
    points = cost_accuracy.points(small.runs).set_index("label")
    assert points.loc["residual", "y"] == pytest.approx((0.8 + 0.9 + 0.6) / 3)
    assert points.loc["residual", "macs"] == 340e6
    assert points.loc["residual", "high"] - points.loc["residual", "y"] == pytest.approx(0.379, abs=1e-3)
    assert points.loc["cnn", "train_seconds"] == 30


def test_marks_of_equal_cost_stand_side_by_side():
    costs = pd.Series([100.0, 1.0, 100.0, 30.0])
    moved = cost_accuracy.side_by_side(costs, log=True)
    assert list(moved[[1, 3]]) == pytest.approx([1, 30])
    # Two decades wide: 0.03 × 2 apart, around 100.
    assert np.log10(moved[[0, 2]]).tolist() == pytest.approx([1.97, 2.03])
    assert list(cost_accuracy.side_by_side(pd.Series([7.0]), log=False)) == [7]


def test_names_cover_no_mark_and_no_other_name():
    x = np.random.default_rng(0).uniform(0, 1, (12, 2))
    frame = pd.DataFrame({"label": [f"network{n}" for n in range(12)], "x": x[:, 0], "y": x[:, 1]})
    frame = frame.assign(low=frame["y"] - 0.02, high=frame["y"] + 0.02, arm_order=range(12))
    page = Figure(figsize=(8, 5))
    ax = cost_accuracy.draw(frame, page.subplots())
    boxes = [name.get_window_extent() for name in labels.beside(ax, frame)]
    assert len(boxes) > 6
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    marks = ax.transData.transform(frame[["x", "y"]])
    assert not any(box.contains(*mark) for box in boxes for mark in marks)


def test_each_setting_is_a_row(ready):
    rows = settings.accuracies(runs.read(ready.uri, "width").runs)
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


def test_a_large_grid_is_one_figure(writable, tmp_path):
    study = writable.study("filters")
    for filters in range(1, 8):
        setting = {names.SETTING: f"models.cnn.arguments.filters=[{filters}, 32]"}
        writable.run(study, tags("cnn", 0, 0, **setting), curve([0.3, 0.5]) + once(0.5, 2))
    paths = drawing.draw_all(writable.uri, "filters", tmp_path)
    assert [path.name for path in paths] == ["settings.png", "settings.svg", "results.csv", "results.md"]
    told = (tmp_path / "results.md").read_text()
    assert "| cnn · filters=[1, 32] |" in told
    assert "the figure settings shows all 7 settings" in told


def test_an_accuracy_axis_never_leaves_0_to_1(depth):
    tested = depth.runs.assign(**{cost_accuracy.ACCURACY: [0.1, 0.9, 0.9, 1.0, 1.0, 1.0, 0.0, 0.0, 0.5]})
    extreme = depth.epochs.assign(
        **{VALIDATION_ACCURACY: depth.epochs["epoch"].map({1: 0.0, 2: 0.5, 3: 1.0}), TRAIN_ACCURACY: 1.0}
    )
    record = replace(depth, runs=tested, epochs=extreme)
    for module in (cost_accuracy, convergence, training_error):
        assert {ax.get_ylim() for ax in module.figure(record).axes} == {(0, 1)}
    assert overfitting.figure(record).axes[1].get_xlim()[1] == 1


def test_settings_of_two_seeds_stay_within_0_and_1(writable):
    study = writable.study("wide")
    for width, accuracies in ((1, (0.5, 0.9)), (2, (0.91, 0.92))):
        for seed, accuracy in enumerate(accuracies):
            setting = tags("cnn", 0, seed, **{names.SETTING: f"models.cnn.arguments.width={width}"})
            writable.run(study, setting, curve([0.3, 0.5]) + once(accuracy, 2))
    figure = settings.figure(runs.read(writable.uri, "wide"))
    low, high = figure.axes[0].get_xlim()
    assert (low, high) == pytest.approx((0.5 - 0.21 - 0.05 * 0.71, 1), abs=0.005)
    assert "A bar without an end runs out of the panel" in caption_of(figure)


def test_only_a_figure_that_cuts_an_interval_says_so(small):
    assert "runs out of the panel" in caption_of(cost_accuracy.figure(small))  # 0.767 ± 0.379
    close = small.runs.assign(**{cost_accuracy.ACCURACY: [0.70, 0.71, 0.72, 0.8, 0.8, 0.8, 0.9, 0.91, 0.92]})
    assert "runs out of the panel" not in caption_of(cost_accuracy.figure(replace(small, runs=close)))


def test_marks_on_the_border_are_drawn_whole(small):
    frame = cost_accuracy.points(small.runs).assign(x=1.0)
    costs = cost_accuracy.draw(frame, Figure().subplots())
    chosen = overfitting.draw(overfitting.at_chosen_epoch(small.epochs), Figure().subplots())
    for ax, size in ((costs, 8), (chosen, 10), (chosen, 4)):
        marks = [line for line in ax.lines if line.get_markersize() == size and line.get_marker() in "sDo"]
        assert len(marks) >= 3
        assert not any(mark.get_clip_on() for mark in marks)


def test_seeds_read_as_a_range():
    assert style.seeds([2, 0, 1, 3, 4]) == "0–4"
    assert style.seeds([0, 2, 5]) == "0, 2, 5"


def test_the_source_names_every_size_that_was_recorded(small):
    trained = small.runs.assign(train_size=[1000.0] * 4 + [250.0] * 5)
    assert style.images(trained) == " (250 / 1,000 training, 200 validation, 1,000 test images)"
    assert style.images(trained.assign(validation_size=math.nan)) == (
        " (250 / 1,000 training, 1,000 test images)"
    )
    sizes = ["train_size", "validation_size", "test_size"]
    assert style.images(small.runs.assign(**dict.fromkeys(sizes, math.nan))) == ""


def test_trials_that_diverged_at_once_leave_empty_pages(writable, tmp_path):
    study = writable.study("broken")
    writable.run(study, tags("cnn", 0, 0, **{names.DIVERGED: "true"}), [(names.TRAIN_SECONDS, 10, 1)])
    drawing.draw_all(writable.uri, "broken", tmp_path / "measured")
    writable.run(writable.study("silent"), tags("cnn", 0, 0, **{names.DIVERGED: "true"}), [])
    drawing.draw_all(writable.uri, "silent", tmp_path / "silent")
    assert "1 (1 diverged)" in (tmp_path / "silent" / "results.md").read_text()


def test_a_gradient_of_exactly_zero_has_no_point_on_a_logarithmic_axis(depth, tmp_path):
    dead = depth.epochs.assign(**{"gradient_norm/stem": 0.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a line that runs off the page takes the panels' room
        drawing.draw(replace(depth, epochs=dead), tmp_path, ["gradient_flow"])
