import math
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.figure import Figure

from reports.numbers.scores import TRAIN_ACCURACY
from reports.plots import overfitting
from reports.store.record import read_record
from reports.tables import summary
from tests.support.pictures import caption_of


def test_accuracies_at_the_chosen_epoch(small):
    chosen = overfitting.at_chosen_epoch(small.epochs, small.runs.set_index("run_id")["test/accuracy"])
    assert len(chosen) == 9
    assert list(chosen.query("label == 'features'")["test"]) == pytest.approx([0.6, 0.7, 0.8])
    assert list(chosen.query("label == 'cnn'")["validation"]) == [0.6, 0.7, 0.8]
    assert list(chosen.query("label == 'cnn'")["train"]) == pytest.approx([0.7, 0.8, 0.9])


def test_gaps_at_equal_training_accuracy_are_those_of_the_table(small):
    gaps = overfitting.at_training_level(small.epochs, small.training_level)
    # The table's level is 0.70: cnn at epochs 3, 2, 3 of train − validation 0.1; residual at its first.
    assert list(gaps["label"]) == ["cnn"] * 3 + ["residual"] * 3
    assert list(gaps["gap"]) == pytest.approx([0.1] * 3 + [0.2] * 3)
    table = summary.by_arm(small).set_index("label")["gap_at_training_level"].dropna()
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
    grid = read_record(ready.uri, "grid")
    far = grid.epochs["setting"] == "data.train=1000"
    better = grid.epochs[TRAIN_ACCURACY].mask(far, 1.0)
    record = replace(grid, epochs=grid.epochs.assign(**{TRAIN_ACCURACY: better}))
    titles = [overfitting.figure(one).axes[2].get_title(loc="left") for one in record.by_setting()]
    assert titles == ["at equal training\naccuracy (train 0.60)"] * 2


def test_a_negative_gap_has_the_minus_of_the_axes():
    frame = pd.DataFrame({"label": "cnn", "arm_order": 0, "train": [0.5], "validation": [0.625]})
    frame = frame.assign(test=math.nan)
    ax = overfitting.draw(frame, Figure().subplots())
    assert [text.get_text() for text in ax.texts] == ["−0.125"]


# Gaps of 0.1, 0.1 and 0.4: their mean is 0.2, by epoch and at the chosen one; their median 0.1.
def test_both_panels_have_one_statistic(small):
    wider = (small.epochs["arm"] == "cnn") & (small.epochs["seed"] == 2)
    trained = small.epochs[TRAIN_ACCURACY].mask(wider, small.epochs["validation/accuracy"] + 0.4)
    record = replace(small, epochs=small.epochs.assign(**{TRAIN_ACCURACY: trained}))
    by_epoch, chosen, *_ = overfitting.figure(record).axes
    cnn = by_epoch.lines[1]  # after the line of no gap
    assert list(cnn.get_ydata()) == pytest.approx([0.2] * 3)
    assert chosen.texts[0].get_text() == "+0.200"
    assert "mean over seeds at each epoch" in caption_of(overfitting.figure(record))
    assert "edian" not in caption_of(overfitting.figure(record))
