"""Named data sets as equal-sized uint8 arrays and labels: what all share; each is a row of facts.SOURCES."""

import importlib
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from experiments.data.facts import CHOICES, SOURCES
from experiments.errors import UserError

BILINEAR = Image.Resampling.BILINEAR
Part = tuple[np.ndarray, np.ndarray]  # images and labels


class Images(NamedTuple):
    """A data set in memory.

    images: uint8 (n, height, width, channels), channels 1 or 3; labels: int64 (n,), an index into
    classes; in_test: bool (n,), true where the data set's own test part holds the image.
    """

    images: np.ndarray
    labels: np.ndarray
    in_test: np.ndarray
    classes: tuple[str, ...]


def load(source: str, image_size: int | None) -> Images:
    """The images of a named source, each fitted to image_size × image_size pixels (None: as they are).

    Fitting scales the short side and cuts the long one about its centre, bilinearly.

    Raises:
        UserError: the source is unknown or cannot be had.
    """
    if source not in SOURCES:
        raise UserError(f"unknown data source {source!r}; choose from: {CHOICES}")
    module, _, function = SOURCES[source].loader.partition(":")
    loaded: Images = getattr(importlib.import_module(module), function)()
    if image_size is None or loaded.images.shape[1:3] == (image_size, image_size):
        return loaded
    return loaded._replace(images=_fitted(loaded.images, image_size))


def _fitted(images: np.ndarray, size: int) -> np.ndarray:
    channels = images.shape[-1]
    fitted = [
        ImageOps.fit(Image.fromarray(image.squeeze(-1) if channels == 1 else image), (size, size), BILINEAR)
        for image in images
    ]
    return np.stack([np.asarray(image).reshape(size, size, channels) for image in fitted])


def joined(train: Part, test: Part, classes: tuple[str, ...]) -> Images:
    """The parts of a data set as one that remembers its test part; grey images may lack the channel axis."""
    images = np.concatenate([train[0], test[0]])
    labels = np.concatenate([train[1], test[1]]).reshape(-1).astype(np.int64)
    in_test = np.repeat([False, True], [len(train[1]), len(test[1])])
    return Images(images.reshape(len(images), *images.shape[1:3], -1), labels, in_test, classes)
