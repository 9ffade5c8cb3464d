"""The same photographs are found at another size, others of the same classes are not."""

import numpy as np
import pytest
from PIL import Image

from experiments.data import named, overlap


def resized(images, size):
    of_one = (
        Image.fromarray(each[..., 0]).resize((size, size), Image.Resampling.BILINEAR) for each in images
    )
    return np.stack([np.asarray(each) for each in of_one])[..., None]


@pytest.fixture(scope="module")
def digits():
    return named.load("digits", 16).images


@pytest.mark.parametrize("size", [12, 16, 24, 40])
def test_the_same_images_are_found_at_another_size(size, digits):
    assert overlap.share_in(resized(digits, size), digits) > 3 * overlap.MOST


def test_other_images_of_the_same_classes_are_not(digits):
    assert overlap.share_in(digits[:900], digits[900:]) < overlap.MOST


# A fifth of the tested ones is known; and each of the known ones stands there twice.
def test_some_that_are_known_are_enough(digits):
    assert overlap.share_in(digits[:500], np.concatenate([digits[:100], digits[900:]])) > overlap.MOST
    assert overlap.share_in(digits[:500], np.repeat(digits[:500], 2, axis=0)) > 0.9


def test_colours_do_not_matter(digits):
    assert overlap.share_in(np.repeat(digits, 3, axis=-1), digits) > 0.9


def test_images_that_show_nothing_are_like_none():
    blank = np.full((20, 16, 16, 1), 255, np.uint8)
    assert overlap.share_in(blank, blank) == 0
