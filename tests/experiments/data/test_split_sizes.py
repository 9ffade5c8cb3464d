"""Sizes of splits that shrink to what images that belong together allow."""

import re

import numpy as np
import pytest

from experiments.data import dataset, split_sizes
from experiments.data.facts import Wanted
from tests.support.animals import write
from tests.support.tiles import NAMES, tiles


# Five bursts of twenty in each of two classes: test and validation begin two each, and all others train.
@pytest.mark.slow
def test_what_groups_cost_is_made_good_by_training_images(tmp_path):
    folder = tmp_path / "bursts"
    noise = np.random.default_rng(0)
    for label in ("leaf", "wall"):
        for burst in range(5):
            images = noise.integers(0, 256, (20, 16, 16, 3), np.uint8)
            write(folder / label / f"{burst}", images, [f"{number}.png" for number in range(20)])
    facts = dataset.summary(Wanted(f"path:{folder}", 16), tmp_path)
    found = split_sizes.fitting({"train": 1000, "validation": 500, "test": 1000}, facts, [0], tmp_path)
    held = 2 * sum(-(-found[name] // 40) * 20 for name in ("validation", "test"))
    assert found["train"] == 200 - held >= 80
    chosen, _ = split_sizes.split_of(found, facts, [0], tmp_path)
    assert len(chosen.train) == found["train"]


# Ten of the test part are copies of training images: these go, no test image does.
def test_copies_of_test_images_cost_training_images_alone(tmp_path):
    folder = tmp_path / "parts"
    for label, offset in (("leaf", 0), ("wall", 60)):
        write(folder / "train" / label, tiles(offset), NAMES)
        write(folder / "test" / label, tiles(offset + 25, 10), NAMES[:10])
    facts = dataset.summary(Wanted(f"path:{folder}", 16), tmp_path)
    asked = {"train": 100, "validation": 50, "test": 200}
    (told,) = facts.notices
    assert re.match(r"1[01] of 60 images of train/ are copies of test images or nearly; none trains", told)
    assert told.endswith("the first is train/leaf/25.png, like test/leaf/0.png")
    found = split_sizes.fitting(asked, facts, [0], tmp_path)
    assert found["test"] == 20
    assert 40 <= found["train"] + found["validation"] <= 50
