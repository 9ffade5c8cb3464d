"""Batches: for training one endless stream, stateless in (seed, epoch, step); for evaluation all in order.

Batch k of epoch e is a function of the seed, e and k alone, so any process can start it at any epoch. An
epoch holds each image once, in ceil(n / batch) steps, the last batch filled up with the epoch's first images;
where its number of steps is given, passes follow each other without a gap, wherever the epochs end.
Images stay uint8; the network normalises them.
"""

import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from experiments.data.crops import IN_MEMORY, View
from experiments.trial.augmentation import Augmentation

EVALUATION_BATCH = 100  # few enough that a batch stays in the cache and little is filled up
EVALUATION_PIXELS = 2**21  # in a batch: large images come in smaller batches
UNCHANGED = Augmentation()


def training_batches(
    images: np.ndarray | View,
    labels: np.ndarray,
    *,
    seed: int,
    batch_size: int,
    augmentation: Augmentation = UNCHANGED,
    steps: int | None = None,
    first_epoch: int = 1,
    in_memory: int = IN_MEMORY,
) -> tf.data.Dataset:
    """An endless stream of (images uint8 (batch, height, width, channels), labels int64 (batch,)).

    Args:
        images: uint8 (n, height, width, channels), and labels int (n,).
        seed: of order and augmentation.
        batch_size: images a step.
        augmentation: what changes them.
        steps: of an epoch; by default as many as hold each image once.
        first_epoch: where the stream begins; epochs count from 1.
        in_memory: bytes; images that take more are read batch by batch.
    """
    classes, fetch = tf.constant(labels), _fetch(images, in_memory)
    count = len(images)

    def epoch_batches(epoch: tf.Tensor) -> tf.data.Dataset:
        order = _epoch_order(epoch, count, seed, batch_size, steps)
        chosen = tf.data.Dataset.from_tensor_slices(order)
        return chosen.enumerate().map(lambda step, batch: (epoch, step, batch))

    def make_batch(epoch: tf.Tensor, step: tf.Tensor, batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        key = tf.random.fold_in(tf.random.fold_in(tf.constant([seed, _AUGMENTATION], tf.int64), epoch), step)
        return augmentation.applied(fetch(batch), key), tf.gather(classes, batch)

    stream = tf.data.Dataset.range(first_epoch, tf.int64.max).flat_map(epoch_batches)
    return stream.map(make_batch).with_options(_options()).prefetch(2)


def _epoch_order(epoch: tf.Tensor, count: int, seed: int, batch_size: int, steps: int | None) -> tf.Tensor:
    """The positions of an epoch's images, (steps, batch_size)."""

    def shuffled(number: tf.Tensor) -> tf.Tensor:
        return tf.random.experimental.stateless_shuffle(
            tf.range(count), seed=[tf.constant(seed, tf.int64), number]
        )

    if steps is None:
        steps = math.ceil(count / batch_size)
        order = tf.gather(shuffled(epoch), tf.range(steps * batch_size) % count)
        return tf.reshape(order, (steps, batch_size))
    first = (epoch - 1) * steps * batch_size
    index = first + tf.range(steps * batch_size, dtype=tf.int64)  # in the passes, one after the other
    passes = tf.range(first // count, index[-1] // count + 1)
    orders = tf.map_fn(lambda number: shuffled(number + 1), passes, fn_output_signature=tf.int32)
    order = tf.gather_nd(orders, tf.stack([index // count - passes[0], index % count], axis=1))
    return tf.reshape(order, (steps, batch_size))


def _fetch(images: np.ndarray | View, in_memory: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """The function from positions (batch,) to images (batch, height, width, channels)."""
    if images.nbytes <= in_memory:
        pixels = tf.constant(images[:])
        return lambda batch: tf.gather(pixels, batch)

    def from_disk(batch: tf.Tensor) -> tf.Tensor:
        found = tf.numpy_function(lambda positions: images[positions], [batch], tf.uint8, stateful=False)
        found.set_shape((*batch.shape, *images.shape[1:]))
        return found

    return from_disk


class Outputs:
    """The outputs of a network in inference mode; one traced function answers about all splits and epochs.

    Every batch has the same size, the last one filled up with zeros, so that nothing is traced again.
    """

    def __init__(self, network: keras.Model, largest_batch: int = EVALUATION_BATCH) -> None:
        pixels = math.prod(network.input_shape[1:-1])
        self._size = max(1, min(largest_batch, EVALUATION_PIXELS // pixels))
        # XLA stays off, as in training.
        self._answer = tf.function(lambda images: network(images, training=False), jit_compile=False)

    def __call__(self, images: np.ndarray | View) -> np.ndarray | list[np.ndarray]:
        """For images (n, height, width, channels), in their order, read batch by batch.

        An array (n, …), or as many in a list as the network has outputs.
        """
        found = [self._outputs(images, first) for first in range(0, len(images), self._size)]
        whole = [np.concatenate(parts) for parts in zip(*found, strict=True)]
        return whole if len(whole) > 1 else whole[0]

    def _outputs(self, images: np.ndarray | View, first: int) -> list[np.ndarray]:
        batch = images[first : first + self._size]
        count = len(batch)
        if count < self._size:
            batch = np.concatenate([batch, np.zeros((self._size - count, *batch.shape[1:]), batch.dtype)])
        answers = self._answer(tf.constant(batch))
        return [each.numpy()[:count] for each in keras.tree.flatten(answers)]


def _options() -> tf.data.Options:
    """One thread, and no tuner: there is nothing to tune.

    The tuner sleeps ever longer, up to a minute, and in tensorflow 2.21 the end of an iterator may fail to
    wake it: a trial then stands still after its last epoch.
    """
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    options.autotune.enabled = False
    return options


_AUGMENTATION = 1  # keeps the draws of the augmentation apart from those of the order
