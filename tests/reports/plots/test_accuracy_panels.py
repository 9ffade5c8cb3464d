from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from experiments import names
from reports.numbers.scores import TRAIN_ACCURACY, VALIDATION_ACCURACY
from reports.plots import convergence, cost_accuracy, overfitting, settings, training_error
from reports.store import record
from tests.support.pictures import caption_of
from tests.support.synthetic import curve, once, tags


def test_an_accuracy_axis_never_leaves_0_to_1(depth):
    tested = depth.runs.assign(**{cost_accuracy.ACCURACY: [0.1, 0.9, 0.9, 1.0, 1.0, 1.0, 0.0, 0.0, 0.5]})
    extreme = depth.epochs.assign(
        **{VALIDATION_ACCURACY: depth.epochs["epoch"].map({1: 0.0, 2: 0.5, 3: 1.0}), TRAIN_ACCURACY: 1.0}
    )
    record = replace(depth, runs=tested, epochs=extreme)
    for module in (cost_accuracy, training_error):
        assert {ax.get_ylim() for ax in module.figure(record).axes} == {(0, 1)}
    assert {ax.get_ylim()[1] for ax in convergence.figure(record).axes} == {1}
    assert all(ax.get_ylim()[0] >= 0 for ax in convergence.figure(record).axes)
    assert overfitting.figure(record).axes[1].get_xlim()[1] == 1


def test_settings_of_two_seeds_stay_within_0_and_1(writable):
    study = writable.study("wide")
    for width, accuracies in ((1, (0.5, 0.9)), (2, (0.91, 0.92))):
        for seed, accuracy in enumerate(accuracies):
            setting = tags("cnn", 0, seed, **{names.SETTING: f"models.cnn.arguments.width={width}"})
            writable.run(study, setting, curve([0.3, 0.5]) + once(accuracy, 2))
    figure = settings.figure(record.read_record(writable.uri, "wide"))
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
    tested = small.runs.set_index("run_id")["test/accuracy"]
    chosen = overfitting.draw(overfitting.at_chosen_epoch(small.epochs, tested), Figure().subplots())
    for ax, size in ((costs, 8), (chosen, 10), (chosen, 4)):
        marks = [line for line in ax.lines if line.get_markersize() == size and line.get_marker() in "sDo"]
        assert len(marks) >= 3
        assert not any(mark.get_clip_on() for mark in marks)
