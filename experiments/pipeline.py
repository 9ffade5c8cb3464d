"""Batches: for training one endless stream, stateless in (seed, epoch, step); for evaluation all in order.

Batch k of epoch e is a function of the seed, e and k alone, so any process can start it at any epoch. An
epoch has ceil(n / batch) steps; its last batch is filled up with the epoch's first images.
Images stay uint8; the network normalises them.
"""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

EVALUATION_BATCH = 500


def centre_crop(images: np.ndarray, crop: int | None) -> np.ndarray:
    """The central crop × crop pixels of (n, height, width, channels); None leaves them as they are."""
    if crop is None:
        return images
    top, left = ((size - crop) // 2 for size in images.shape[1:3])
    return images[:, top : top + crop, left : left + crop]


def training_batches(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    seed: int,
    batch_size: int,
    crop: int | None = None,
    shift: int = 0,
    flip: bool = False,
    first_epoch: int = 1,
) -> tf.data.Dataset:
    """An endless stream of (images uint8 (batch, height, width, channels), labels int64 (batch,)).

    Args:
        images: uint8 (n, height, width, channels), and labels int (n,).
        crop: take a random window of crop × crop pixels.
        shift: let the window leave the image by up to so many pixels; the image is mirrored there.
        flip: mirror half of the images, left to right.
        first_epoch: where the stream begins; epochs count from 1.
    """
    pixels, classes = tf.constant(images), tf.constant(labels)
    count = len(images)
    steps = math.ceil(count / batch_size)
    window = (crop, crop) if crop else images.shape[1:3]

    def epoch_batches(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(
            tf.range(count), seed=[tf.constant(seed, tf.int64), epoch]
        )
        order = tf.gather(order, tf.range(steps * batch_size) % count)
        chosen = tf.data.Dataset.from_tensor_slices(tf.reshape(order, (steps, batch_size)))
        return chosen.enumerate().map(lambda step, batch: (epoch, step, batch))

    def make_batch(epoch: tf.Tensor, step: tf.Tensor, batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        key = tf.random.fold_in(tf.random.fold_in(tf.constant([seed, _AUGMENTATION], tf.int64), epoch), step)
        chosen = tf.gather(pixels, batch)
        augmented = _random_window(chosen, window, shift, tf.random.fold_in(key, 0))
        if flip:
            augmented = _random_flip(augmented, tf.random.fold_in(key, 1))
        return augmented, tf.gather(classes, batch)

    stream = tf.data.Dataset.range(first_epoch, tf.int64.max).flat_map(epoch_batches)
    return stream.map(make_batch).with_options(_options()).prefetch(2)


def outputs(network: keras.Model, images: np.ndarray) -> Any:  # noqa: ANN401 - one array for each output
    """What the network gives for images (n, height, width, channels), in their order and in inference mode.

    An array (n, …), or as many in a list as the network has outputs.
    """
    batches = tf.data.Dataset.from_tensor_slices(images).batch(EVALUATION_BATCH).with_options(_options())
    return network.predict(batches, verbose=0)


def _options() -> tf.data.Options:
    """One thread, and no tuner: there is nothing to tune.

    The tuner sleeps ever longer, up to a minute, and in tensorflow 2.21 the end of an iterator can miss to
    wake it: a trial then stands still after its last epoch.
    """
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    options.autotune.enabled = False
    return options


_AUGMENTATION = 1  # keeps the draws of the augmentation apart from those of the order


def _random_window(images: tf.Tensor, window: tuple[int, int], shift: int, key: tf.Tensor) -> tf.Tensor:
    """Each image through a window at an offset of its own, mirrored where it leaves the image."""
    batch, height, width = images.shape[:3]
    if (height, width) == tuple(window) and not shift:
        return images
    for axis, (size, extent) in enumerate(zip((height, width), window, strict=True), start=1):
        offset = tf.random.stateless_uniform(
            (batch, 1), tf.random.fold_in(key, axis), -shift, size - extent + shift + 1, tf.int32
        )
        place = tf.abs(offset + tf.range(extent))
        place = size - 1 - tf.abs(size - 1 - place)
        images = tf.gather(images, place, axis=axis, batch_dims=1)
    return images


def _random_flip(images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    flipped = tf.random.stateless_uniform((images.shape[0], 1, 1, 1), key) < 0.5
    return tf.where(flipped, tf.reverse(images, axis=[2]), images)
