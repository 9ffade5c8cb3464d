"""Windows of images: one about the centre, or a grid that covers the image.

A `View` stands for such windows of some images of a data set, or for whole images. The images may lie on the
disk and be more than memory holds: only what is indexed is read.
"""

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np

Windows = Literal["centre", "grid"]
IN_MEMORY = 2**28  # bytes; a data set below it is read once


def offsets(size: int, crop: int, windows: Windows) -> list[int]:
    """Where windows of `crop` pixels begin along a side: about the centre, or as few as cover the side."""
    count = math.ceil(size / crop)
    if windows == "centre" or count == 1:
        return [(size - crop) // 2]
    return [round(index * (size - crop) / (count - 1)) for index in range(count)]


def corners(height: int, width: int, crop: int | None, windows: Windows = "centre") -> list[tuple[int, int]]:
    """The top left corners of an image's windows, row by row; of the whole image where crop is None."""
    if crop is None:
        return [(0, 0)]
    return [(top, left) for top in offsets(height, crop, windows) for left in offsets(width, crop, windows)]


class View:
    """Windows of images as one array of uint8 (n, height, width, channels), read as far as it is indexed.

    The windows of one image follow each other.
    """

    def __init__(
        self,
        images: "np.ndarray | View",
        positions: np.ndarray | None = None,
        crop: int | None = None,
        windows: Windows = "centre",
    ) -> None:
        """images: uint8 (n, height, width, channels), whole; positions: which of them, all by default."""
        height, width, channels = images.shape[1:]
        chosen = np.arange(len(images)) if positions is None else np.asarray(positions)
        if isinstance(images, View):
            chosen, images = images.positions[chosen], images.images
        self.images, self.positions = images, chosen
        self._corners = corners(height, width, crop, windows)
        size = (height, width) if crop is None else (crop, crop)
        self.shape = (len(chosen) * len(self._corners), *size, channels)

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """The size that all windows together would have in memory."""
        return math.prod(self.shape)

    def __getitem__(self, index: slice | np.ndarray) -> np.ndarray:
        numbers = np.arange(len(self))[index] if isinstance(index, slice) else np.asarray(index)
        image, window = np.divmod(numbers, len(self._corners))
        positions = self.positions[image]
        height, width = self.shape[1:3]
        if self.images.shape[1:3] == (height, width):
            return self.images[positions]
        found = np.empty((len(positions), *self.shape[1:]), np.uint8)
        # One after another: whole images may be many times as large as their windows.
        for row, position in enumerate(positions):
            top, left = self._corners[window[row]]
            found[row] = self.images[position, top : top + height, left : left + width]
        return found

    def settled(self) -> "np.ndarray | View":
        """The array itself if it is small enough to stay in memory, else this view."""
        return self[:] if self.nbytes <= IN_MEMORY else self


def portions(images: np.ndarray | View) -> Iterator[np.ndarray]:
    """All images in order, in arrays that fit in memory; a small array as it is."""
    if images.nbytes <= IN_MEMORY:
        yield images[:]
        return
    count = max(1, IN_MEMORY // math.prod(images.shape[1:]))
    for start in range(0, len(images), count):
        yield images[start : start + count]


def averaged(probabilities: np.ndarray, images: int) -> np.ndarray:
    """The mean over the windows of each image: (images × windows, classes) to (images, classes)."""
    return probabilities.reshape(images, -1, probabilities.shape[-1]).mean(axis=1)
