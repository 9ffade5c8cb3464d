"""Confusions and hard images, from files that trials leave."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from experiments import names
from reports.store.record import read_record
from reports.tables import mistakes

CLASSES = ["cat", "dog"]
SIDE = 4


def picture(shades):
    """Eight tiles a row, each of one shade."""
    columns = names.MISTAKES_COLUMNS
    canvas = Image.new("L", (columns * SIDE, -(-len(shades) // columns) * SIDE))
    for place, shade in enumerate(shades):
        canvas.paste(shade, (place % columns * SIDE, place // columns * SIDE, (place % columns + 1) * SIDE,
                             (place // columns + 1) * SIDE))  # fmt: skip
    content = io.BytesIO()
    canvas.save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def told(ready):
    """Two arms, of which each trial got image 7 wrong, and the first trial images 3 and 9 too."""
    record = read_record(ready.uri, "small")
    record = replace(record, runs=record.runs[record.runs["arm"] != "features"])
    of = {}
    for place, run in enumerate(record.runs["run_id"]):
        wrong = [3, 7, 9] if place == 0 else [7]
        of[run, names.TEST_REPORT_FILE] = json.dumps(
            {"classes": CLASSES, "confusion_matrix": [[8, 2], [place, 10 - place]]}
        ).encode()
        of[run, names.MISTAKES_FILE] = json.dumps(
            {
                "image": wrong,
                "true": [0] * len(wrong),
                "predicted": [1] * len(wrong),
                "shown": wrong[::-1],
                **({"file": [f"cat/{image}.png" for image in wrong]} if place == 0 else {}),
            }
        ).encode()
        of[run, names.MISTAKES_PICTURE] = picture([10 * image for image in wrong[::-1]])
    return record, lambda run, name: of.get((run, name))


def test_confusions_are_summed_over_the_trials_of_an_arm(told):
    cnn, residual = mistakes.confusions(*told)
    assert (cnn.label, cnn.trials, residual.label) == ("cnn", 3, "residual")
    assert cnn.counts.tolist() == [[24, 6], [0 + 1 + 2, 30 - 3]]
    assert cnn.shares[0].tolist() == [0.8, 0.2]
    assert cnn.pairs == [("cat", "dog", 0.2), ("dog", "cat", 0.1)]


def test_a_class_without_test_images_has_no_shares():
    confusion = mistakes.Confusion("a", ("x", "y"), np.array([[0, 0], [1, 1]]), 1)
    assert confusion.shares.tolist() == [[0, 0], [0.5, 0.5]]
    assert confusion.pairs == [("y", "x", 0.5)]


def test_the_image_that_most_trials_get_wrong_comes_first_with_its_own_tile(told):
    hard, always = mistakes.hardest(*told, CLASSES)
    assert always == 1
    assert [(each.image, each.wrong, each.trials) for each in hard] == [(7, 6, 6), (3, 1, 6), (9, 1, 6)]
    assert [each.picture.getpixel((1, 1)) for each in hard] == [70, 30, 90]
    assert (hard[0].true, hard[0].predicted) == ("cat", "dog")
    # As one trial told them; others come from a named data set or from before files were noted.
    assert [each.file for each in hard] == ["cat/7.png", "cat/3.png", "cat/9.png"]


def test_trials_without_these_files_are_left_out(told):
    record, _ = told
    assert mistakes.confusions(record, lambda run, name: None) == []
    assert mistakes.hardest(record, lambda run, name: None, CLASSES) == ([], 0)


def test_positions_are_compared_only_among_trials_of_the_same_test_images(told):
    record, read = told
    other = record.runs.assign(test_digest=["t2", *["t1"] * (len(record.runs) - 1)])
    hard, _ = mistakes.hardest(replace(record, runs=other), read, CLASSES)
    assert [(each.image, each.wrong, each.trials) for each in hard] == [(7, 5, 5)]


def test_nothing_of_no_trials(told):
    record, read = told
    assert mistakes.hardest(
        replace(record, runs=pd.DataFrame(columns=record.runs.columns)), read, CLASSES
    ) == ([], 0)


def test_of_equally_hard_images_the_classes_take_turns():
    answers = {1: [0], 2: [0], 3: [0], 4: [1], 5: [0, 0]}
    assert mistakes._in_turns([1, 2, 3, 4, 5], answers, {1: 1, 2: 1, 3: 1, 4: 0, 5: 1}) == [5, 4, 1, 2, 3]
