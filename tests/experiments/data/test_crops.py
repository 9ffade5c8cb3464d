"""Windows in evaluation, and views of images that may be more than memory holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.data import crops
from experiments.data.crops import View

# Image k has the value [row, column, k] at (row, column).
IMAGES = np.zeros((5, 7, 9, 3), np.uint8)
IMAGES[..., :2] = np.mgrid[:7, :9].transpose(1, 2, 0)
IMAGES[..., 2] = np.arange(5)[:, np.newaxis, np.newaxis]


@pytest.mark.parametrize(
    ("size", "crop", "found"),
    [
        (32, 16, [0, 16]),  # two cover it exactly
        (32, 12, [0, 10, 20]),  # three overlap
        (32, 24, [0, 8]),
        (32, 32, [0]),
        (9, 4, [0, 2, 5]),
    ],
)
def test_a_grid_is_of_as_few_windows_as_cover_a_side(size, crop, found):
    assert crops.offsets(size, crop, "grid") == found


@given(st.integers(1, 60), st.integers(1, 60))
def test_a_grid_covers_every_pixel_from_edge_to_edge(size, crop):
    crop = min(size, crop)
    found = crops.offsets(size, crop, "grid")
    covered = {pixel for first in found for pixel in range(first, first + crop)}
    assert covered == set(range(size))
    assert len(found) == -(-size // crop)


# The centre of 5 × 6 at 3: one row above and below, one column left of the window and two right of it.
def test_the_centre():
    image = np.arange(30, dtype=np.uint8).reshape(1, 5, 6, 1)
    seen = View(image, crop=3)
    assert seen.shape == (1, 3, 3, 1)
    assert seen[:][0, ..., 0].tolist() == [[7, 8, 9], [13, 14, 15], [19, 20, 21]]
    assert View(image)[:].tolist() == image.tolist()


# 7 × 9 at 4: rows 0 and 3, columns 0, 2 and 5.
def test_the_windows_of_an_image_stand_side_by_side():
    seen = View(IMAGES, np.array([3, 1]), crop=4, windows="grid")
    assert len(seen) == 12
    corners = seen[:][:, 0, 0].tolist()
    places = [[0, 0], [0, 2], [0, 5], [3, 0], [3, 2], [3, 5]]
    assert corners == [[*place, 3] for place in places] + [[*place, 1] for place in places]


@given(st.data())
def test_a_part_of_a_view_is_that_part_of_the_whole(data):
    positions = np.array(data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=6)))
    crop = data.draw(st.none() | st.integers(1, 7))
    seen = View(View(IMAGES), positions, crop, data.draw(st.sampled_from(["centre", "grid"])))
    whole = seen[:]
    assert whole.shape == seen.shape
    asked = np.array(data.draw(st.lists(st.integers(0, len(seen) - 1), min_size=1, max_size=9)))
    np.testing.assert_array_equal(seen[asked], whole[asked])
    np.testing.assert_array_equal(seen[1:3], whole[1:3])


def test_portions_are_the_whole_in_order(monkeypatch):
    monkeypatch.setattr(crops, "IN_MEMORY", 2 * 7 * 9 * 3)
    parts = list(crops.portions(IMAGES))
    assert [len(part) for part in parts] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(parts), IMAGES)
    assert isinstance(View(IMAGES).settled(), View)
    assert isinstance(View(IMAGES, np.array([0, 1])).settled(), np.ndarray)


# Two images of two windows.
def test_probabilities_are_averaged_over_an_image():
    rows = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.25, 0.75]])
    assert crops.averaged(rows, 2).tolist() == [[0.75, 0.25], [0.125, 0.875]]


@given(st.integers(0, 2**32))
def test_one_window_an_image_changes_no_bit(seed):
    rows = np.random.default_rng(seed).random((7, 3)).astype(np.float32)
    np.testing.assert_array_equal(crops.averaged(rows, 7), rows)
