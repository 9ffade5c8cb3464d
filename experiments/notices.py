"""What somebody must know of a data set of one's own before it trains: sentences for plans and reports."""

from collections.abc import Iterable, Iterator

import numpy as np

NOT_LOOKED_FOR = (
    "near duplicates are not looked for (near_duplicates: apart): of two versions of one photograph one may "
    "train and the other be tested"
)
BLACK = 16  # of 256 levels: 12 bits of grey in the lower ones of 16 lie below


def black(pictures: np.ndarray, files: list[str]) -> list[str]:
    """A sentence on nearly black images, where there are any. pictures: small, grey, uint8 (n, …)."""
    flat = pictures.reshape(len(pictures), -1)
    found = np.flatnonzero(flat.max(axis=1) < BLACK)
    if not len(found):
        return []
    told = _of_all(len(found), len(files))
    return [
        f"{told} nearly black, the first is {files[found[0]]} (12 bits of grey in a file of 16 become so)"
    ]


def in_both_parts(groups: np.ndarray, in_test: np.ndarray, files: list[str]) -> list[str]:
    """A sentence on training images that are copies of images of the given test part, where there are any."""
    copies = np.flatnonzero(~in_test & np.isin(groups, groups[in_test]))
    if not len(copies):
        return []
    one = copies[0]
    other = np.flatnonzero(in_test & (groups == groups[one]))[0]
    return [
        f"{len(copies):,} of {int((~in_test).sum()):,} images of train/ are copies of test images or nearly; "
        f"none trains whose copy is tested; the first is {files[one]}, like {files[other]}"
    ]


def enlarged(sizes: list[tuple[int, int]], image_size: int | None) -> list[str]:
    """A sentence on images that are smaller than they are made, where there are any."""
    count = sum(min(size) < (image_size or 0) for size in sizes)
    if not count:
        return []
    return [f"{_of_all(count, len(sizes))} smaller than {image_size} pixels and enlarged to them"]


def _of_all(count: int, images: int) -> str:
    return f"{count:,} of {images:,} images {'are' if count > 1 else 'is'}"


class Noted:
    """Pairs of images that are nearly the same, on their way: which of them are of two classes is noted."""

    def __init__(self, pairs: Iterable[np.ndarray], labels: np.ndarray) -> None:
        self._pairs, self._labels = pairs, labels
        self._unlike = np.zeros(len(labels), bool)
        self._first: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[np.ndarray]:
        for pairs in self._pairs:
            ones, others = self._labels[pairs].T
            unlike = pairs[ones != others]
            self._unlike[unlike] = True
            if len(unlike) and self._first is None:
                self._first = tuple(unlike[0])
            yield pairs

    def told(self, files: list[str]) -> list[str]:
        """A sentence, where there are any."""
        if self._first is None:
            return []
        one, other = (files[position] for position in self._first)
        return [
            f"{self._unlike.sum():,} images are nearly the same as one of another class, the first are {one} "
            f"and {other}; look whether their labels are right"
        ]
