import math
import warnings
from dataclasses import replace

import pandas as pd
import pytest

from experiments import names
from reports import drawing
from reports.plots import gradient_flow
from tests.support.pictures import caption_of


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
    assert [set(each["label"]) for each in gradient_flow.families_of(epochs)] == [
        {"cnn"},
        {"residual", "features"},
    ]
    assert gradient_flow.families_of(small.epochs) == []


def test_arms_without_gradients_are_said_to_be_left_out(depth):
    figure = gradient_flow.figure(depth)
    assert "Left out, since no gradients of them were logged: features." in caption_of(figure)
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


def test_first_to_last_is_of_the_numbered_stages_an_arm_has():
    stages = ("stem", "stage1", "stage4", "conv1", "conv2", "logits")
    nan = math.nan
    epochs = pd.DataFrame(
        [
            ["a", 1, 2, 8, nan, nan, 4],
            ["a", 1, nan, 8, nan, nan, 4],
            ["b", nan, nan, nan, 6, 2, 9],
            ["c", nan, nan, nan, nan, nan, nan],
        ],
        columns=["label", *(f"gradient_norm/{stage}" for stage in stages)],
    )
    # a: stage1 / stage4, without stem and logits; then stage1 overflowed; b: conv1 / conv2; c logged nothing.
    assert list(gradient_flow.first_to_last(epochs)) == pytest.approx([0.25, nan, 3, nan], nan_ok=True)


def test_first_to_last_of_a_network_without_numbered_stages():
    epochs = pd.DataFrame(
        [["a", 6, 2, 3]], columns=["label", *(f"gradient_norm/{s}" for s in ("stem", "dense", "logits"))]
    )
    assert list(gradient_flow.first_to_last(epochs)) == [2]


def test_a_gradient_of_exactly_zero_has_no_point_on_a_logarithmic_axis(depth, tmp_path):
    dead = depth.epochs.assign(**{"gradient_norm/stem": 0.0})
    with warnings.catch_warnings(record=True) as told:
        drawing.draw(replace(depth, epochs=dead), tmp_path, ["gradient_flow"])
    # A line that ran off the page would take the panels' room, which matplotlib warns of.
    assert [str(each.message) for each in told] == []
