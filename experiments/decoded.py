"""Listed image files, decoded on all cores and written one after another: a set may be larger than memory."""

import hashlib
import os
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import decoding, likeness, mapped, progress
from experiments.entries import Entry
from experiments.errors import UserError

AHEAD, AHEAD_BYTES = 64, 2**28  # images a core, and their size, that may wait to be written
TOLD_SECONDS = 0.5  # between two lines of progress


class Decoded(NamedTuple):
    """One image: its pixels, uint8 (height, width, 3), and what is known of it.

    size: width and height of the file's own picture; digest: SHA-256 of the pixels, grey_digest: of those of
    an image without colours, so that a wholly grey data set keeps one channel; fingerprint: see `likeness`.
    """

    pixels: np.ndarray
    size: tuple[int, int]
    digest: bytes
    grey_digest: bytes | None
    fingerprint: np.ndarray


def _decode(file: Path, image_size: int | None) -> Decoded | decoding.Unreadable:
    try:
        whole = decoding.upright(file)
    except decoding.Unreadable as reason:
        return reason
    except OSError as error:
        return decoding.Unreadable(error.strerror or str(error))
    image = decoding.fitted(whole, image_size)
    grey = hashlib.sha256(image.tobytes()).digest() if image.mode == "L" else None
    pixels = np.asarray(image.convert("RGB"))
    digest = hashlib.sha256(pixels.tobytes()).digest()
    return Decoded(pixels, whole.size, digest, grey, likeness.fingerprint(image))


def in_order(
    listed: list[Entry], image_size: int | None
) -> Iterator[tuple[Entry, Decoded | decoding.Unreadable]]:
    """Each entry with what came of it, in order; Pillow works on all cores, for it leaves the interpreter."""
    cores = len(os.sched_getaffinity(0))
    ahead = cores
    with ThreadPoolExecutor(cores) as pool:
        coming: deque[Future] = deque()
        told = _Told(len(listed))
        for place in range(len(listed)):
            while len(coming) < ahead and place + len(coming) < len(listed):
                coming.append(pool.submit(_decode, listed[place + len(coming)].file, image_size))
            made = coming.popleft().result()
            if isinstance(made, Decoded):
                ahead = max(cores, min(cores * AHEAD, AHEAD_BYTES // made.pixels.nbytes))
            yield listed[place], made
            told.one_more()


class _Told:
    """Progress, as lines that the parent passes on to the person who waits."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._began = self._last = time.monotonic()

    def one_more(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._last < TOLD_SECONDS:
            return
        self._last = now
        rate = self._done / (now - self._began)
        left = progress.duration((self._total - self._done) / rate)
        progress.tell(f"{self._done:,} of {self._total:,} images, {rate:,.0f} a second, about {left} left")


class Written:
    """The decoded images, one after another in a file: a data set may be larger than memory."""

    def __init__(self, path: Path, most: int, root: Path) -> None:
        self._path, self._most, self._root = path, most, root
        self._map: np.memmap | None = None
        self._first: Path | None = None
        self._grey: list[bytes | None] = []
        self._rgb: list[bytes] = []
        self.fingerprints: list[np.ndarray] = []
        self.sizes: list[tuple[int, int]] = []

    def add(self, file: Path, made: Decoded) -> None:
        """Write the image of a file. Raises UserError where it has another size than those before."""
        if self._map is None:
            self._first = file
            self._map = mapped.create(self._path, (self._most, *made.pixels.shape))
        if made.pixels.shape != self._map.shape[1:]:
            raise self._several_sizes(file, made.pixels.shape)
        self._map[len(self._rgb)] = made.pixels
        self._rgb.append(made.digest)
        self.sizes.append(made.size)
        self._grey.append(made.grey_digest)
        self.fingerprints.append(made.fingerprint[None])

    def images(self) -> np.ndarray:
        """uint8 (n, height, width, channels)."""
        return self._map[: len(self._rgb), ..., : 1 if self._is_grey else 3]

    def digests(self) -> np.ndarray:
        """SHA-256 of each image's pixels, 32 bytes each (n,)."""
        return np.array(self._grey if self._is_grey else self._rgb, "S32")

    @property
    def _is_grey(self) -> bool:
        return None not in self._grey

    def _several_sizes(self, file: Path, shape: tuple[int, ...]) -> UserError:
        height, width = self._map.shape[1:3]
        return UserError(
            f"data source path:{self._root}: images of several sizes ({self._first.name} has "
            f"{width}×{height} pixels, {file.name} {shape[1]}×{shape[0]}); set data.image_size"
        )
