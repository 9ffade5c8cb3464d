"""The features of images by an encoder whose weights are fixed, each computed once: WORK/features/<encoder>/.

Images are known by the bytes of their pixels, so that splits, seeds and studies share what there is. A
feature depends on the image alone, whatever else is in its batch, to the bit
(tests/experiments/trial/test_pretrained.py). Beside each stands the time that it took: an arm pays for its
features, whoever computed them.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from filelock import FileLock

from experiments.data import crops
from experiments.data.crops import View

PORTION = 500  # images: what a process that is killed has to compute again
KEYS, VALUES, LOCK = "keys", "features", "lock"
KEY = np.dtype([("image", "V16"), ("seconds", "<f4")])


class FeatureStore:
    """Features float32 (n, width) of images uint8 (n, height, width, channels), by one encoder."""

    def __init__(
        self, folder: Path | None, encode: Callable[[np.ndarray], np.ndarray], width: int, facts: str
    ) -> None:
        """folder: of all encoders; None: nothing is kept. facts: all that its numbers depend on."""
        self._encode, self._width = encode, width
        self._folder = folder and folder / hashlib.sha256(facts.encode()).hexdigest()[:16]

    def of(self, images: np.ndarray | View) -> tuple[np.ndarray, float]:
        """The features of images in their order, and the seconds that computing them took once."""
        keys = np.concatenate([_keys(portion) for portion in crops.portions(images)])
        with self._locked():
            known, values = self._read()
            places = {key.tobytes(): row for row, key in enumerate(known["image"])}
            lacking = [row for row, key in enumerate(keys) if key.tobytes() not in places]
            lacking = list({keys[row].tobytes(): row for row in lacking}.values())
            found = np.empty((len(keys), self._width), np.float32)
            seconds = np.empty(len(keys), np.float32)
            there = [row for row, key in enumerate(keys) if key.tobytes() in places]
            kept = [places[keys[row].tobytes()] for row in there]
            found[there], seconds[there] = values[kept], known["seconds"][kept]
            if lacking:
                computed = self._computed(images, keys, np.array(lacking), len(known))
                again = {keys[row].tobytes(): at for at, row in enumerate(lacking)}
                new = [row for row, key in enumerate(keys) if key.tobytes() in again]
                at = [again[keys[row].tobytes()] for row in new]
                found[new], seconds[new] = computed[0][at], computed[1][at]
            return found, float(seconds.sum())

    def _computed(
        self, images: np.ndarray | View, keys: np.ndarray, rows: np.ndarray, after: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The features of some images and the seconds of each; kept portion by portion, `after` so many."""
        self._encode(images[rows[:1]])  # traces the encoder, outside the clock
        found, seconds = np.empty((len(rows), self._width), np.float32), np.empty(len(rows), np.float32)
        step = max(1, min(PORTION, crops.IN_MEMORY // int(np.prod(images.shape[1:]))))
        for first in range(0, len(rows), step):
            portion = slice(first, min(first + step, len(rows)))
            began = time.perf_counter()
            found[portion] = self._encode(images[rows[portion]])
            seconds[portion] = (time.perf_counter() - began) / (portion.stop - portion.start)
            added = np.zeros(portion.stop - portion.start, KEY)
            added["image"], added["seconds"] = keys[rows[portion]], seconds[portion]
            self._append(added, found[portion], after + first)
        return found, seconds

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time computes; the others wait, and find what it computed."""
        if self._folder is None:
            yield
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / LOCK, fallback_to_soft=False):
            yield

    def _read(self) -> tuple[np.ndarray, np.ndarray]:
        """What is kept: keys (n,) and features (n, width), without what is only half written."""
        if self._folder is None or not (self._folder / KEYS).exists():
            return np.empty(0, KEY), np.empty((0, self._width), np.float32)
        keys = np.fromfile(self._folder / KEYS, KEY, (self._folder / KEYS).stat().st_size // KEY.itemsize)
        if not len(keys):
            return keys, np.empty((0, self._width), np.float32)
        return keys, np.memmap(self._folder / VALUES, "<f4", "r", shape=(len(keys), self._width))

    def _append(self, keys: np.ndarray, values: np.ndarray, after: int) -> None:
        """Write the features, and then their keys: a key is there only where its features are."""
        if self._folder is None:
            return
        for name, array, size in ((VALUES, values, 4 * self._width), (KEYS, keys, KEY.itemsize)):
            path = self._folder / name
            path.touch()
            with path.open("r+b") as file:
                file.truncate(after * size)
                file.seek(after * size)
                file.write(np.ascontiguousarray(array).tobytes())
                file.flush()
                os.fsync(file.fileno())


def _keys(images: np.ndarray) -> np.ndarray:
    """V16 (n,): a digest of each image's pixels and shape."""
    shape = str(images.shape[1:]).encode()
    digests = [hashlib.blake2b(shape + image.tobytes(), digest_size=16).digest() for image in images]
    return np.frombuffer(b"".join(digests), "V16")
