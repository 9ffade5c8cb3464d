"""Random changes of training images: window, mirror, colours, a hole; stateless, image by image.

All functions take uint8 (batch, height, width, channels) and return the same.
"""

from dataclasses import dataclass

import tensorflow as tf

from experiments.data.crops import Windows, corners
from experiments.studies.specification import Recipe


@dataclass(frozen=True)
class Augmentation:
    """The changes of a batch; each is off by default."""

    crop: int | None = None  # a random window of crop × crop pixels
    windows: Windows = "centre"  # "grid": the window is one of the grid that evaluation averages over
    shift: int = 0  # the window may leave the image by up to so many pixels; the image is mirrored there
    flip: bool = False  # mirror half of the images, left to right
    jitter: float = 0.0  # brightness, contrast and saturation by factors of 1 ± jitter
    cutout: int = 0  # a square of so many pixels becomes the image's mean colour

    @classmethod
    def of(cls, crop: int | None, windows: Windows, recipe: Recipe) -> "Augmentation":
        """The augmentation of a recipe, in the windows of a data set."""
        return cls(
            crop=crop,
            windows=windows,
            shift=recipe.shift,
            flip=recipe.flip,
            jitter=recipe.jitter,
            cutout=recipe.cutout,
        )

    def applied(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Apply all changes to a batch. The draws of one change do not depend on the others."""
        images = random_window(images, self, key)
        if self.flip:
            images = random_flip(images, tf.random.fold_in(key, 1))
        if self.jitter:
            images = random_colours(images, self.jitter, tf.random.fold_in(key, 2))
        if self.cutout:
            images = random_hole(images, self.cutout, tf.random.fold_in(key, 3))
        return images


def random_window(images: tf.Tensor, augmentation: Augmentation, key: tf.Tensor) -> tf.Tensor:
    """Cut a window out of each image, at an offset of its own, mirrored where it leaves the image."""
    batch, height, width = images.shape[:3]
    window = (augmentation.crop, augmentation.crop) if augmentation.crop else (height, width)
    if (height, width) == window and not augmentation.shift:
        return images
    chosen = None
    if augmentation.windows == "grid" and augmentation.crop:
        grid = corners(height, width, augmentation.crop, "grid")
        which = tf.random.stateless_uniform((batch,), tf.random.fold_in(key, 4), 0, len(grid), tf.int32)
        chosen = tf.gather(tf.constant(grid, tf.int32), which)
    for axis, (size, extent) in enumerate(zip((height, width), window, strict=True), start=1):
        offset = tf.random.stateless_uniform(
            (batch, 1),
            tf.random.fold_in(tf.random.fold_in(key, 0), axis),
            -augmentation.shift,
            (augmentation.shift if chosen is not None else size - extent + augmentation.shift) + 1,
            tf.int32,
        )
        if chosen is not None:
            offset += chosen[:, axis - 1 : axis]
        position = tf.abs(offset + tf.range(extent))
        position = size - 1 - tf.abs(size - 1 - position)
        images = tf.gather(images, position, axis=axis, batch_dims=1)
    return images


def random_flip(images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Mirror half of the images, left to right."""
    flipped = tf.random.stateless_uniform((images.shape[0], 1, 1, 1), key) < 0.5
    return tf.where(flipped, tf.reverse(images, axis=[2]), images)


def random_colours(images: tf.Tensor, jitter: float, key: tf.Tensor) -> tf.Tensor:
    """Change brightness, then contrast about the mean grey, then saturation, each by a factor of 1 ± jitter.

    Grey images have no saturation. Values end at 0 and 255, and are rounded once, at the end.
    """
    batch = images.shape[0]
    bright, contrast, colour = tf.unstack(
        tf.random.stateless_uniform((3, batch, 1, 1, 1), key, 1 - jitter, 1 + jitter)
    )
    values = tf.cast(images, tf.float32) * bright
    mean = tf.reduce_mean(_grey(values), axis=(1, 2, 3), keepdims=True)
    values = mean + (values - mean) * contrast
    if images.shape[-1] == 3:
        grey = _grey(values)
        values = grey + (values - grey) * colour
    return tf.cast(tf.round(tf.clip_by_value(values, 0, 255)), tf.uint8)


def _grey(values: tf.Tensor) -> tf.Tensor:
    """Luma of Rec. 601."""
    if values.shape[-1] == 1:
        return values
    return tf.reduce_sum(values * tf.constant([0.299, 0.587, 0.114]), axis=-1, keepdims=True)


def random_hole(images: tf.Tensor, side: int, key: tf.Tensor) -> tf.Tensor:
    """Fill a square about a random pixel with the image's mean colour; it ends at the image's border.

    DeVries and Taylor 2017, section 3.2, fill with the mean of the data set instead.
    """
    batch, height, width = images.shape[:3]
    inside = tf.ones((batch, 1, 1, 1), tf.bool)
    for axis, size in enumerate((height, width), start=1):
        centre = tf.random.stateless_uniform((batch, 1), tf.random.fold_in(key, axis), 0, size, tf.int32)
        first = centre - side // 2
        position = tf.range(size)[tf.newaxis]
        along = (position >= first) & (position < first + side)
        inside &= tf.reshape(along, (batch, size, 1, 1) if axis == 1 else (batch, 1, size, 1))
    mean = tf.reduce_mean(tf.cast(images, tf.float32), axis=(1, 2), keepdims=True)
    return tf.where(inside, tf.cast(tf.round(mean), tf.uint8), images)
