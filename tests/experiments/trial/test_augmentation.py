"""Random colours and holes: image by image, stateless, within their bounds; off, they change no bit."""

import numpy as np
import tensorflow as tf

from experiments.trial.augmentation import Augmentation, random_colours, random_hole

KEY = tf.constant([3, 1], tf.int64)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 3), np.uint8)


def changed(images=NOISE, key=KEY, **how):
    return Augmentation(**how).applied(tf.constant(images), key).numpy()


def test_nothing_asked_for_is_nothing_done():
    np.testing.assert_array_equal(changed(), NOISE)


def test_a_key_is_a_change_and_the_draws_are_the_images_own():
    how = {"jitter": 0.4, "cutout": 3}
    np.testing.assert_array_equal(changed(**how), changed(**how))
    assert (changed(**how) != changed(key=tf.constant([3, 2], tf.int64), **how)).any()
    same = np.repeat(NOISE[:1], 64, axis=0)
    assert len({image.tobytes() for image in changed(same, **how)}) == 64


def test_one_change_does_not_move_the_draws_of_another():
    both, alone = changed(flip=True, jitter=0.2), changed(flip=True)
    only = random_colours(tf.constant(alone), 0.2, tf.random.fold_in(KEY, 2)).numpy()
    np.testing.assert_array_equal(both, only)


# A grey image of one value has no contrast: only brightness moves it, by a factor between 0.6 and 1.4.
def test_brightness_stays_within_its_bounds():
    flat = np.full((500, 4, 4, 1), 100, np.uint8)
    found = random_colours(tf.constant(flat), 0.4, KEY).numpy()
    assert (found == found[:, :1, :1]).all()
    values = found[:, 0, 0, 0].astype(int)
    assert 60 <= values.min() < 65
    assert 135 < values.max() <= 140
    assert abs(values.mean() - 100) < 3


# Halves of 80 and 120: the mean stays where brightness puts it, and the distance, 40, changes by contrast.
def test_contrast_turns_about_the_mean():
    halves = np.full((500, 4, 4, 1), 80, np.uint8)
    halves[:, :, 2:] = 120
    found = random_colours(tf.constant(halves), 0.4, KEY).numpy().astype(float)
    means = found.mean(axis=(1, 2, 3))
    spread = (found[:, 0, 3, 0] - found[:, 0, 0, 0]) / (40 * means / 100)
    assert 0.55 < spread.min() < 0.65
    assert 1.35 < spread.max() < 1.45


def test_grey_pixels_stay_grey_in_colour_images():
    grey = np.repeat(np.random.default_rng(1).integers(0, 256, (20, 4, 4, 1), np.uint8), 3, axis=-1)
    found = random_colours(tf.constant(grey), 0.5, KEY).numpy().astype(int)
    assert np.abs(found - found[..., :1]).max() <= 1  # of rounding


# A hole of 3 × 3 about a pixel within 8 × 8 keeps 2 × 2 pixels at least; its colour is the image's mean.
def test_a_hole_is_a_square_of_the_mean_colour():
    images = np.tile(np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1) * 4, (300, 1, 1, 1))
    found = random_hole(tf.constant(images), 3, KEY).numpy()
    holes = found != images
    sizes = set()
    for image, hole in zip(found, holes, strict=True):
        rows, columns = np.nonzero(hole[..., 0])
        sizes.add((np.ptp(rows) + 1, np.ptp(columns) + 1))
        assert (image[hole] == 126).all()
    assert sizes <= {(a, b) for a in (2, 3) for b in (2, 3)}
    assert len(sizes) == 4


# 32 × 32 in windows of 16: without a shift a training window is one of the four of the grid.
def test_windows_of_the_grid():
    place = np.mgrid[:32, :32].transpose(1, 2, 0)
    images = np.tile(place.astype(np.uint8)[None], (200, 1, 1, 1))
    images = np.concatenate([images, images[..., :1]], axis=-1)
    corners = changed(images, crop=16, windows="grid")[:, 0, 0, :2].tolist()
    assert {tuple(corner) for corner in corners} == {(0, 0), (0, 16), (16, 0), (16, 16)}
    shifted = changed(images, crop=16, windows="grid", shift=2)[:, 3, 3, :2]
    assert set(np.unique(shifted)) <= {*range(1, 6), *range(17, 22)} | {*range(25, 32)}
