"""Data sets that keras.datasets downloads once, and whose SHA-256 it checks: MNIST and both CIFARs."""

import contextlib
import io
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from experiments.data.named import Images, Part, joined
from experiments.errors import UserError

TIMEOUT = 15.0  # seconds that one network connection may stay silent
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def mnist() -> Images:
    """Handwritten digits (LeCun et al. 1998)."""
    return _load("mnist", tuple("0123456789"))


def cifar10() -> Images:
    """Ten classes of the tiny images (Krizhevsky 2009)."""
    return _load("cifar10", CIFAR10)


def cifar100() -> Images:
    """A hundred classes of the tiny images (Krizhevsky 2009), by number."""
    return _load("cifar100", tuple(f"{number:02d}" for number in range(100)))


def _load(name: str, classes: tuple[str, ...]) -> Images:
    try:
        return joined(*downloaded(name), classes)
    except OSError as error:
        raise UserError(
            f"data source {name!r} could not be downloaded by keras.datasets ({str(error).splitlines()[0]}); "
            f"put its file into {cache()}, or use DATA=fashion_mnist or DATA=digits"
        ) from None


def cache() -> Path:
    """The folder in which keras.datasets keeps its copies."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def downloaded(name: str, timeout: float = TIMEOUT) -> tuple[Part, Part]:
    """((train images, labels), (test images, labels)) from Keras' cache, or else from the network.

    Raises:
        OSError: neither has it.
    """
    import keras

    try:
        with _socket_timeout(timeout), contextlib.redirect_stdout(io.StringIO()):
            return getattr(keras.datasets, name).load_data()
    except Exception as error:  # keras raises a bare Exception around URLError
        raise OSError(str(error) or type(error).__name__) from error


@contextlib.contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Sockets that are opened meanwhile give up after so many silent seconds."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
