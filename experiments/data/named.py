"""Where images come from: named data sets → equal-sized uint8 arrays and labels."""

import contextlib
import functools
import io
import socket
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from experiments.data import fashion_mnist
from experiments.errors import UserError

DOWNLOAD_TIMEOUT = 15.0  # seconds without an answer


class Images(NamedTuple):
    """A data set in memory.

    images: uint8 (n, height, width, channels), channels 1 or 3; labels: int64 (n,), an index into
    classes; in_test: bool (n,), whether the data set's own test part holds the image.
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
    if source not in NAMED:
        raise UserError(
            f"unknown data source {source!r}; choose from: {', '.join(NAMED)}, path:FOLDER, path:LIST.csv"
        )
    images = NAMED[source]()
    if image_size is None or images.images.shape[1:3] == (image_size, image_size):
        return images
    return images._replace(images=_resize(images.images, image_size))


def _resize(images: np.ndarray, size: int) -> np.ndarray:
    channels = images.shape[-1]
    fitted = [
        ImageOps.fit(Image.fromarray(image.squeeze(-1) if channels == 1 else image), (size, size), _BILINEAR)
        for image in images
    ]
    return np.stack([np.asarray(image).reshape(size, size, channels) for image in fitted])


_BILINEAR = Image.Resampling.BILINEAR


def _joined(train: tuple, test: tuple, classes: tuple[str, ...]) -> Images:
    """Keras' ((images, labels), (images, labels)) as one data set that remembers its test part."""
    images = np.concatenate([train[0], test[0]])
    labels = np.concatenate([train[1], test[1]]).reshape(-1).astype(np.int64)
    in_test = np.repeat([False, True], [len(train[1]), len(test[1])])
    return Images(images.reshape(len(images), *images.shape[1:3], -1), labels, in_test, classes)


def _fashion_mnist() -> Images:
    return _joined(*fashion_mnist.load(DOWNLOAD_TIMEOUT), fashion_mnist.CLASSES)


def _digits() -> Images:
    from sklearn.datasets import load_digits

    digits = load_digits()
    # 17 grey levels, 0…16, spread over the bytes.
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    labels = digits.target.astype(np.int64)
    return Images(images, labels, np.zeros(len(labels), bool), tuple(str(digit) for digit in range(10)))


def _keras(name: str, classes: tuple[str, ...]) -> Images:
    """A data set that keras.datasets downloads once, and whose SHA-256 it checks."""
    import keras

    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            parts = getattr(keras.datasets, name).load_data()
    except Exception as error:  # keras raises a bare Exception around URLError
        reason = str(error).splitlines()[0]
        raise UserError(
            f"data source {name!r} could not be downloaded by keras.datasets ({reason}); put its file into "
            f"{fashion_mnist.keras_cache().parent}, or use DATA=fashion_mnist or DATA=digits"
        ) from None
    return _joined(*parts, classes)


_DIGITS = tuple("0123456789")
_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_CIFAR100 = tuple(f"{number:02d}" for number in range(100))
NAMED: dict[str, Callable[[], Images]] = {
    "fashion_mnist": _fashion_mnist,
    "mnist": functools.partial(_keras, "mnist", _DIGITS),
    "cifar10": functools.partial(_keras, "cifar10", _CIFAR10),
    "cifar100": functools.partial(_keras, "cifar100", _CIFAR100),
    "digits": _digits,
}
