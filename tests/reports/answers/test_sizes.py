import math
from dataclasses import replace

import pandas as pd
import pytest

from reports.answers import sizes
from reports.store import record


def test_sizes_and_scores_of_each_trial(cropped):
    trials = sizes.trials(cropped, sizes.CROP, sizes.TRAIN)
    assert len(trials) == 15
    told = trials.groupby([sizes.CROP, sizes.TRAIN])["accuracy"].apply(list)
    assert told[(16, 1000)] == [0.7, 0.9, 0.9, 0.9]
    assert list(trials.groupby(sizes.TRAIN)["gap"].max()) == pytest.approx([0.3, 0.1])
    assert set(trials["rest"]) == {""}


def test_what_else_varies_is_kept_apart(cropped):
    rests = sizes.by_rest(sizes.trials(cropped, sizes.TRAIN))
    assert {rest: len(trials) for rest, trials in rests.items()} == {"crop=16": 8, "crop=32": 7}


def test_an_arm_without_the_other_field_stands_beside_each_of_its_values(ready):
    rests = sizes.by_rest(sizes.trials(record.read_record(ready.uri, "width"), sizes.TRAIN))
    assert list(rests) == ["width=4", "width=8"]
    assert all(set(trials["arm"]) == {"cnn", "residual"} for trials in rests.values())


def test_one_value_is_no_variation(cropped):
    of_one = cropped.runs[cropped.runs["setting"].str.contains("crop=16")]
    record = replace(cropped, runs=of_one)
    assert sizes.trials(record, sizes.CROP) is None
    assert sizes.trials(record, sizes.TRAIN) is not None


def test_more_panels_than_a_page_holds_are_left_to_another_figure(cropped):
    def record(count):
        settings = [f"recipe.epochs={place % count}, data.train={place}" for place in range(15)]
        return replace(cropped, runs=cropped.runs.assign(setting=settings))

    assert sizes.trials(record(sizes.MOST_RESTS), sizes.TRAIN) is not None
    assert sizes.trials(record(sizes.MOST_RESTS + 1), sizes.TRAIN) is None


def test_the_whole_image_stands_a_step_beyond_the_largest_crop():
    assert dict(sizes.positions(pd.Series([32.0, 16, math.inf, 16]), log=False)) == {
        16: 16,
        32: 32,
        math.inf: 48,
    }
    assert dict(sizes.positions(pd.Series([math.inf, 16]), log=False)) == {16: 16, math.inf: 20}
    assert dict(sizes.positions(pd.Series([100.0, 1000]), log=True)) == {100: 2, 1000: 3}
    assert [sizes.text(size) for size in (16.0, 1000.0, math.inf)] == ["16", "1,000", "whole"]


def test_trials_with_nothing_varied_are_left_out_and_told(cropped):
    assert sizes.left_out(cropped, sizes.trials(cropped, sizes.TRAIN)) == ""
    some = cropped.runs["setting"].where(cropped.runs["arm"] != "cnn", "")
    record = replace(cropped, runs=cropped.runs.assign(setting=some))
    trials = sizes.trials(record, sizes.TRAIN)
    assert set(trials["arm"]) == {"<b>$res_net$"}
    assert "7 trials of cnn" in sizes.left_out(record, trials)
