"""The images most like each: by correlation of small versions, whole, cropped or mirrored.

All are compared with all: a product of matrices, some seconds for 10,000 images. What all images share (a
background, say) is taken away first, cropped as the image is.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from experiments.data.near_copies import alignment

MIDDLE, CORNERS = ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0)), ((-1, -1), (-1, 1), (1, -1), (1, 1))
# Stretch and shift across and down, of half a side: whole, and cropped a little and as much as is found.
WINDOWS = (
    (0.0, 0.0, 0.0, 0.0),
    *((-0.025, 0.025 * x, -0.025, 0.025 * y) for x, y in CORNERS),
    *((-0.05, 0.05 * x, -0.05, 0.05 * y) for x, y in MIDDLE + CORNERS),
)
ALL_SHARED = 0.05  # of a picture: less of its own is rounding
BLOCK = 2**22  # similarities at a time


class Pairs(NamedTuple):
    """Pairs of positions, int (k,) each; mirrored: bool (k,), true where the second fits mirrored."""

    ones: np.ndarray
    others: np.ndarray
    mirrored: np.ndarray

    def only(self, chosen: np.ndarray) -> "Pairs":
        """Those of a mask or of positions."""
        return Pairs(*(each[chosen] for each in self))


def nearest(tiny: np.ndarray, most: int) -> Iterator[tuple[int, Pairs]]:
    """The `most` neighbours of each image, nearest first; yields (images done, pairs) a block at a time.

    tiny: float32 (n, size, size).
    """
    count, size, _ = tiny.shape
    mean = alignment.normalised(tiny).mean(axis=0)
    length = np.linalg.norm(mean)
    forms = []
    for window in WINDOWS:
        moves = np.array([window], np.float32)
        seen = alignment.warped(tiny, np.repeat(moves, count, axis=0))
        shared = alignment.normalised(alignment.warped(mean.reshape(1, size, size), moves))[0] * length
        flipped = shared.reshape(size, size)[:, ::-1].ravel()
        forms.append((_own(seen, shared), _own(tiny, shared)))
        forms.append((_own(seen[:, :, ::-1], flipped), _own(tiny, flipped)))
    rows = max(1, BLOCK // count)
    most = min(most, count - 1)
    for start in range(0, count, rows):
        stop = min(start + rows, count)
        straight, mirrored = (np.full((stop - start, count), -2, np.float32) for _ in range(2))
        alike = np.empty_like(straight)
        for number, (queries, data) in enumerate(forms):
            np.matmul(queries[start:stop], data.T, out=alike)
            best = mirrored if number % 2 else straight
            np.maximum(best, alike, out=best)
        best = np.maximum(straight, mirrored, out=alike)
        best[np.arange(stop - start), np.arange(start, stop)] = -3
        found = np.argpartition(-best, most - 1, axis=1)[:, :most]
        order = np.argsort(-np.take_along_axis(best, found, axis=1), axis=1, kind="stable")
        found = np.take_along_axis(found, order, axis=1)
        rows_of, others = np.repeat(np.arange(stop - start), most), found.ravel()
        flipped = mirrored[rows_of, others] > straight[rows_of, others]
        yield stop, Pairs(rows_of + start, others, flipped)


def _own(pictures: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """What is each picture's own beside what all share, of length 1."""
    whole = alignment.normalised(pictures)
    own = whole - shared
    # A picture that is the mean of all: all are one picture then.
    own = np.where(np.linalg.norm(own, axis=1, keepdims=True) < ALL_SHARED, whole, own)
    return own / np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-6)
