from dataclasses import replace

import pytest

from reports.plots import crops
from reports.store import record
from tests.support.pictures import caption_of, means_of, x_labels_of


def test_accuracies_and_gaps_are_drawn_by_crop_a_row_a_train_size(cropped):
    page = crops.figure(cropped)
    accuracy100, gap100, accuracy1000, gap1000 = page.axes
    assert means_of(accuracy100) == [pytest.approx([0.5, 0.9]), pytest.approx([0.6, 0.8])]
    assert means_of(accuracy1000) == [pytest.approx([0.8, 1.0]), pytest.approx([0.9, 0.9])]
    assert means_of(gap100) == [pytest.approx([0.3, 0.3])] * 2
    assert means_of(gap1000) == [pytest.approx([0.1, 0.1])] * 2
    assert [ax.get_title(loc="left") for ax in (accuracy100, accuracy1000)] == ["train=100", "train=1000"]
    assert x_labels_of(gap1000) == ["16", "32"]
    assert {ax.get_xscale() for ax in page.axes} == {"linear"}
    assert all(0 <= low < high <= 1 for low, high in (ax.get_ylim() for ax in page.axes[::2]))
    assert "not to scale" not in caption_of(page)


def test_whole_images_stand_at_the_right(cropped):
    settings = cropped.runs["setting"].str.replace("crop=16", "crop=None")
    page = crops.figure(replace(cropped, runs=cropped.runs.assign(setting=settings)))
    assert x_labels_of(page.axes[-1]) == ["32", "whole"]
    assert list(page.axes[-1].get_xticks()) == [32, 40]
    assert means_of(page.axes[0]) == [pytest.approx([0.9, 0.5]), pytest.approx([0.8, 0.6])]
    assert "Whole: images without a crop" in caption_of(page)


def test_a_study_without_crops_has_no_such_figure(ready):
    assert crops.figure(record.read_record(ready.uri, "grid")) is None


# Arms of two versions of the study file, each the first there.
def test_arms_at_one_position_have_lines_of_their_own(cropped):
    same = crops.figure(replace(cropped, runs=cropped.runs.assign(arm_order=0)))
    assert means_of(same.axes[0]) == means_of(crops.figure(cropped).axes[0])
    assert len({bars.lines[0].get_color() for bars in same.axes[0].containers}) == 2
    assert len({bars.lines[1][0].get_markersize() for bars in same.axes[0].containers}) == 2
