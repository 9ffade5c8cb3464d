"""What a network sees of an image outside training: a window about the centre, or a grid of windows.

A `View` stands for such windows of some images of a data set. The images may lie on the disk and be more than
memory holds: what is asked for is read, and nothing else.
"""

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np

Crops = Literal["centre", "grid"]
IN_MEMORY = 2**28  # bytes; a data set below it is read once


def offsets(size: int, crop: int, crops: Crops) -> list[int]:
    """Where windows of `crop` pixels begin along a side: about the centre, or as few as cover the side."""
    if crops == "centre":
        return [(size - crop) // 2]
    count = math.ceil(size / crop)
    if count == 1:
        return [(size - crop) // 2]
    return [round(place * (size - crop) / (count - 1)) for place in range(count)]


def windows(height: int, width: int, crop: int | None, crops: Crops = "centre") -> list[tuple[int, int]]:
    """The top left corners of an image's windows, row by row; of the whole image where crop is None."""
    if crop is None:
        return [(0, 0)]
    return [(top, left) for top in offsets(height, crop, crops) for left in offsets(width, crop, crops)]


class View:
    """Windows of images as one array of uint8 (n, height, width, channels), as far as it is asked for.

    The windows of one image stand beside each other.
    """

    def __init__(
        self,
        images: "np.ndarray | View",
        positions: np.ndarray | None = None,
        crop: int | None = None,
        crops: Crops = "centre",
    ) -> None:
        """images: uint8 (n, height, width, channels), whole; positions: those that count, all by default."""
        height, width, channels = images.shape[1:]
        chosen = np.arange(len(images)) if positions is None else np.asarray(positions)
        if isinstance(images, View):
            chosen, images = images.positions[chosen], images.images
        self.images, self.positions = images, chosen
        self._windows = windows(height, width, crop, crops)
        size = (height, width) if crop is None else (crop, crop)
        self.shape = (len(chosen) * len(self._windows), *size, channels)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """As it would be in memory."""
        return math.prod(self.shape)

    def __getitem__(self, wanted: slice | np.ndarray) -> np.ndarray:
        if isinstance(wanted, slice):
            wanted = np.arange(len(self))[wanted]
        image, window = np.divmod(np.asarray(wanted), len(self._windows))
        places = self.positions[image]
        height, width = self.shape[1:3]
        if self.images.shape[1:3] == (height, width):
            return self.images[places]
        made = np.empty((len(places), *self.shape[1:]), np.uint8)
        # One after another: whole images may be many times as large as what is asked for.
        for number, place in enumerate(places):
            top, left = self._windows[window[number]]
            made[number] = self.images[place, top : top + height, left : left + width]
        return made

    def settled(self) -> "np.ndarray | View":
        """The array itself where it is small enough to stay in memory."""
        return self[:] if self.nbytes <= IN_MEMORY else self


def portions(images: np.ndarray | View) -> Iterator[np.ndarray]:
    """All of them in order, in arrays that fit in memory; a small array as it is."""
    if images.nbytes <= IN_MEMORY:
        yield images[:]
        return
    count = max(1, IN_MEMORY // math.prod(images.shape[1:]))
    for start in range(0, len(images), count):
        yield images[start : start + count]


def averaged(probabilities: np.ndarray, images: int) -> np.ndarray:
    """One row an image from one a window: (n × windows, classes) to (n, classes)."""
    return probabilities.reshape(images, -1, probabilities.shape[-1]).mean(axis=1)
