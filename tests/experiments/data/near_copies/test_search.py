"""Copies are found and look-alikes are not: fast on small sets, and slowly on four unlike ones."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support import likeness
from tests.support.tiles import tiles

FOUND, FALSE = 0.95, 0.01


def mean(found: dict[str, float]) -> float:
    return float(np.mean([*found.values()]))


def test_copies_of_photographs_are_found_and_others_are_none():
    found, false = likeness.counted(likeness.windows(120), 0.3)
    assert mean(found) >= FOUND
    assert false <= 2 / 120


def test_a_folder_without_copies_has_none():
    assert len(likeness.found(likeness.windows(100)).pairs) == 0


def test_pictures_of_one_colour_are_no_copies_of_each_other():
    images = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "grey")]
    assert len(likeness.found(images).pairs) == 0


def test_a_negative_is_no_copy():
    image = Image.fromarray(tiles(26, 1)[0])
    images = [image, image.point(lambda value: 255 - value)]
    assert len(likeness.found(images).pairs) == 0


def test_few_images_are_compared_by_what_is_left_over():
    image, other = (Image.fromarray(tiles(at, 1)[0]) for at in (26, 66))
    brighter = image.point(lambda value: min(255, value + 12))
    copies = likeness.found([other, image, brighter])
    assert copies.pairs.tolist() == [[1, 2]]
    assert copies.centres.tolist()[1:] == [copies.centres[1]] * 2
    assert copies.centres[0] == 0


# A burst: every picture is a copy of every other, and more of them than are looked at first.
def test_many_copies_of_one_image_are_one_group():
    image = Image.fromarray(tiles(26, 1)[0])
    burst = [image.point(lambda value, more=more: min(255, value + more)) for more in range(9)]
    images = [*burst, *(each.resize((32, 32)) for each in likeness.windows(60))]
    centres = likeness.found(images).centres
    assert len(set(centres[: len(burst)].tolist())) == 1
    assert np.bincount(centres).max() <= len(burst) + 1


# Nobody is left to learn look-alikes of.
def test_a_folder_of_one_picture_alone_is_one_group():
    image = Image.fromarray(tiles(26, 1)[0])
    images = [image.point(lambda value, more=more: min(255, value // 2 + more)) for more in range(40)]
    assert len(set(likeness.found(images).centres.tolist())) == 1


# `make near-copies` prints what these assert; PHOTOGRAPHS names a folder of one's own. By the sets held
# out nothing was chosen: they are of other images, or other copies where there are no more.
SETS = {
    "photographs": lambda: likeness.photographs(folder_of_photographs(), 3_500),
    "clothing": lambda: likeness.clothing(3_500),
    "handwritten digits": lambda: likeness.handwritten(2_500),
    "parts": lambda: likeness.parts(1_500),
    "digits of 8 × 8": lambda: likeness.digits(1_797),
}
HELD_OUT = {
    "photographs": lambda: likeness.photographs(folder_of_photographs(), 3_500, 3_500),
    "clothing": lambda: likeness.clothing(3_500, 3_500),
    "handwritten digits": lambda: likeness.handwritten(2_500, 2_500),
    "parts": lambda: likeness.parts(1_500, seed=21),
    "digits of 8 × 8": lambda: likeness.digits(1_797),
}


def folder_of_photographs() -> Path:
    if "PHOTOGRAPHS" not in os.environ:
        pytest.skip("PHOTOGRAPHS names no folder")
    return Path(os.environ["PHOTOGRAPHS"])


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("sets", "seed"), [(SETS, 5), (HELD_OUT, 11)], ids=["chosen", "held out"])
def test_unlike_sets(name, sets, seed, capsys):
    images = sets[name]()
    found, false = likeness.counted(images, 0.15, seed)
    with capsys.disabled():
        kinds = ", ".join(f"{kind} {share:.0%}" for kind, share in found.items())
        what = f"{name}{', held out' if sets is HELD_OUT else ''}: {len(images):,} images"
        print(f"\n{what}, {mean(found):.1%} found ({kinds}), {false:.2%} false")
    assert mean(found) >= FOUND
    assert false <= FALSE
