"""The training stream: stateless, restartable, whole epochs; windows, mirrors and flips of single images."""

import itertools

import keras
import numpy as np
import pytest

from experiments.data.crops import View
from experiments.trial import pipeline
from experiments.trial.augmentation import Augmentation
from experiments.trial.pipeline import training_batches


def coordinates(count: int, height: int, width: int) -> np.ndarray:
    """Images whose pixel (row, column) of image k has the value [row, column, k]."""
    place = np.mgrid[:height, :width].transpose(1, 2, 0)
    images = np.zeros((count, height, width, 3), np.uint8)
    images[..., :2] = place
    images[..., 2] = np.arange(count)[:, np.newaxis, np.newaxis]
    return images


def taken(images, *, batches, seed=0, batch_size=4, steps=None, first_epoch=1, in_memory=10**6, **changes):
    stream = training_batches(
        images,
        np.arange(len(images)),
        seed=seed,
        batch_size=batch_size,
        steps=steps,
        first_epoch=first_epoch,
        in_memory=in_memory,
        augmentation=Augmentation(**changes),
    ).take(batches)
    return [(batch.numpy(), labels.numpy()) for batch, labels in stream]


def order(batches) -> list[int]:
    return np.concatenate([labels for _, labels in batches]).tolist()


AUGMENTED = {"crop": 6, "shift": 1, "flip": True}


EVERYTHING = AUGMENTED | {"windows": "grid", "jitter": 0.2, "cutout": 3}


# 10 images in batches of 4 are three batches an epoch.
@pytest.mark.parametrize("changes", [AUGMENTED, EVERYTHING], ids=["windows", "everything"])
def test_a_stream_started_at_epoch_3_is_the_tail_of_the_stream(changes):
    images = coordinates(10, 8, 8)
    whole = taken(images, batches=12, **changes)
    tail = taken(images, batches=6, first_epoch=3, **changes)
    for (one, labels), (other, other_labels) in zip(whole[6:], tail, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(labels, other_labels)


# One image again and again: what differs is drawn anew, in each step of an epoch and in each epoch.
def test_every_step_draws_its_own_changes():
    images = np.repeat(coordinates(1, 8, 8), 32, axis=0)
    batches = taken(images, batches=16, jitter=0.4)
    assert len({batch.tobytes() for batch, _ in batches}) == 16


def test_a_seed_is_a_stream():
    images = coordinates(12, 8, 8)
    first = taken(images, batches=6, seed=1, **AUGMENTED)
    again = taken(images, batches=6, seed=1, **AUGMENTED)
    other = taken(images, batches=6, seed=2, **AUGMENTED)
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(first, again, strict=True))
    assert order(first) == order(again) != order(other)


def test_the_order_does_not_depend_on_the_augmentation():
    images = coordinates(12, 8, 8)
    assert order(taken(images, batches=6, **AUGMENTED)) == order(taken(images, batches=6))


def test_an_epoch_holds_each_image_once_and_epochs_differ():
    seen = order(taken(coordinates(12, 4, 4), batches=9))
    epochs = [seen[:12], seen[12:24], seen[24:]]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


# 10 images in batches of 4: 4 + 4 + 2, and two of the epoch's first images again.
def test_the_last_batch_is_filled_with_the_epoch_s_first_images():
    seen = order(taken(coordinates(10, 4, 4), batches=6))
    for epoch in (seen[:12], seen[12:]):
        assert sorted(epoch[:10]) == list(range(10))
        assert epoch[10:] == epoch[:2]


def test_fewer_images_than_a_batch_repeat():
    (seen,) = [order([batch]) for batch in taken(coordinates(3, 4, 4), batches=1, batch_size=8)]
    assert sorted(seen[:3]) == [0, 1, 2]
    assert seen == (seen[:3] * 3)[:8]


def test_without_augmentation_the_images_are_unchanged_bytes():
    images = coordinates(12, 5, 7)
    for batch, labels in taken(images, batches=3):
        assert batch.dtype == np.uint8
        np.testing.assert_array_equal(batch, images[labels])


def test_labels_stay_with_their_images():
    for batch, labels in taken(coordinates(12, 8, 8), batches=6, **AUGMENTED):
        assert batch.shape == (4, 6, 6, 3)
        np.testing.assert_array_equal(batch[:, 0, 0, 2], labels)


# A window of 4 in an image of 6 rows and 5 columns has 3 × 2 places.
def test_crops_are_windows_at_an_offset_of_each_image():
    corners, within_batch = set(), []
    for batch, labels in taken(coordinates(16, 6, 5), batches=20, batch_size=16, crop=4):
        tops, lefts = batch[:, 0, 0, 0], batch[:, 0, 0, 1]
        expected = np.stack(
            [
                coordinates(16, 6, 5)[k, top : top + 4, left : left + 4]
                for k, top, left in zip(labels, tops, lefts, strict=True)
            ]
        )
        np.testing.assert_array_equal(batch, expected)
        places = set(zip(tops.tolist(), lefts.tolist(), strict=True))
        corners |= places
        within_batch.append(len(places))
    assert corners == set(itertools.product(range(3), range(2)))
    assert min(within_batch) > 1


# With shift 1 a row of 1 2 3 is seen as 2 1 2 (one to the left, mirrored), 1 2 3, or 2 3 2.
def test_a_shift_mirrors_at_the_border():
    image = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.uint8).reshape(1, 3, 3, 1)
    seen = {batch[0, ..., 0].tobytes() for batch, _ in taken(image, batches=150, batch_size=1, shift=1)}
    expected = [
        [[5, 4, 5], [2, 1, 2], [5, 4, 5]],  # up and left
        [[4, 5, 6], [1, 2, 3], [4, 5, 6]],  # up
        [[5, 6, 5], [2, 3, 2], [5, 6, 5]],  # up and right
        [[2, 1, 2], [5, 4, 5], [8, 7, 8]],  # left
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        [[2, 3, 2], [5, 6, 5], [8, 9, 8]],  # right
        [[5, 4, 5], [8, 7, 8], [5, 4, 5]],  # down and left
        [[4, 5, 6], [7, 8, 9], [4, 5, 6]],  # down
        [[5, 6, 5], [8, 9, 8], [5, 6, 5]],  # down and right
    ]
    assert seen == {np.array(one, np.uint8).tobytes() for one in expected}


# A window of 3 in 4 columns with shift 1: it begins at -1, 0, 1 or 2.
def test_a_shift_widens_the_crop_on_both_sides():
    rows = {
        tuple(row[0, 0, :, 0].tolist())
        for row, _ in taken(
            np.full((1, 4, 4, 1), [[[0], [1], [2], [3]]], np.uint8), batches=80, batch_size=1, crop=3, shift=1
        )
    }
    assert rows == {(1, 0, 1), (0, 1, 2), (1, 2, 3), (2, 3, 2)}


# 640 coin flips: 320 ± 63 is five standard deviations (√640 / 2 = 12.6).
def test_about_half_of_the_images_are_mirrored():
    flipped = 0
    for batch, labels in taken(coordinates(32, 2, 4), batches=20, batch_size=32, flip=True):
        for image, label in zip(batch, labels, strict=True):
            original = coordinates(32, 2, 4)[label]
            mirrored = np.array_equal(image, original[:, ::-1])
            assert mirrored or np.array_equal(image, original)
            flipped += mirrored
    assert 257 <= flipped <= 383


# With steps of its own an epoch is no pass: of 10 images in 3 batches of 4, one pass ends in the third batch.
def test_passes_follow_each_other_wherever_epochs_end():
    seen = order(taken(coordinates(10, 4, 4), batches=15, steps=3))
    assert [sorted(seen[first : first + 10]) for first in range(0, 60, 10)] == [list(range(10))] * 6
    tail = order(taken(coordinates(10, 4, 4), batches=9, steps=3, first_epoch=3))
    assert tail == seen[24:]


def test_steps_may_hold_several_passes():
    seen = order(taken(coordinates(3, 4, 4), batches=6, steps=3))
    assert [sorted(seen[first : first + 3]) for first in range(0, 24, 3)] == [[0, 1, 2]] * 8


# What lies on the disk comes out as what lies in memory, to the last bit.
def test_images_from_the_disk(tmp_path):
    images = coordinates(10, 8, 8)
    np.save(tmp_path / "images.npy", images)
    mapped = View(np.load(tmp_path / "images.npy", mmap_mode="r"), np.arange(10))
    wanted = taken(images, batches=6, **AUGMENTED)
    found = taken(mapped, batches=6, in_memory=0, **AUGMENTED)
    for (one, labels), (other, other_labels) in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(labels, other_labels)


def test_outputs_of_images_from_the_disk():
    network = keras.Sequential([keras.Input((8, 8, 3), dtype="uint8"), keras.layers.Flatten()])
    images = coordinates(10, 8, 8)
    expected = images.reshape(10, -1)
    np.testing.assert_array_equal(pipeline.Outputs(network)(images), expected)
    np.testing.assert_array_equal(pipeline.Outputs(network, largest_batch=4)(View(images)), expected)


def test_outputs_are_traced_once_whatever_is_asked():
    traced = []

    class Traced(keras.layers.Layer):
        def call(self, images):
            traced.append(images.shape)
            return images

    images = keras.Input((8, 8, 3), dtype="uint8")
    outputs = pipeline.Outputs(keras.Model(images, [images, Traced()(images)]), largest_batch=4)
    traced.clear()
    for count in (1, 4, 10):
        one, other = outputs(coordinates(count, 8, 8))
        np.testing.assert_array_equal(one, coordinates(count, 8, 8))
        np.testing.assert_array_equal(other, one)
    assert traced == [(4, 8, 8, 3)]
