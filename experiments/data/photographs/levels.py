"""16 bits of grey → 8: by one range of levels for the whole data set, or what it holds becomes a few shades.

A camera of 12 bits fills the lower sixteenth of a file of 16, a detector some thousand levels in the middle.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from experiments import processes
from experiments.data.photographs.formats import FORMATS

Range = tuple[int, int]  # the levels that become 0 and 255
ALL_LEVELS = (0, 0xFFFF)
FLAT = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp"})
OUTSIDE = 1e-4  # of all pixels, below and above the range: hot ones must not set it


class Deep(NamedTuple):
    """The images of 16 bits of grey among others, and the range of levels of those that may decide it.

    decided: false where none may; the range is that of all levels then.
    """

    grey: Range
    files: list[Path]
    decided: bool = True


def of_files(files: Sequence[Path], deciding: Sequence[bool]) -> Deep | None:
    """The 16-bit grey images among files and their range of levels; None without any.

    The range leaves 0.01 % of the pixels out on either side. What cannot be read does not count.

    deciding: a flag a file: whether its levels decide, as those of test images do not; all levels where no
        deciding file is of 16 bits.
    """
    counts = np.zeros(0x10000, np.int64)
    deep = []
    looked = [pair for pair in zip(files, deciding, strict=True) if pair[0].suffix.lower() not in FLAT]
    with ThreadPoolExecutor(processes.available_cores()) as pool:
        for (file, decides), found in zip(looked, pool.map(lambda pair: _levels(*pair), looked), strict=True):
            if found is None:
                continue
            deep.append(file)
            if decides:
                counts += found
    if not deep:
        return None
    if not counts.any():
        return Deep(ALL_LEVELS, deep, decided=False)
    shares = np.cumsum(counts) / counts.sum()
    low = int(np.searchsorted(shares, OUTSIDE))
    high = int(np.searchsorted(shares, 1 - OUTSIDE))
    return Deep((low, max(high, low + 1)), deep)


def in_eight_bits(values: np.ndarray, grey: Range = ALL_LEVELS) -> np.ndarray:
    """uint8: the levels of the range in equal steps; what lies outside becomes black or white."""
    low, high = grey
    return ((values.astype(np.int64).clip(low, high) - low) * 256 // (high - low + 1)).astype(np.uint8)


def _levels(file: Path, counted: bool) -> np.ndarray | None:
    """How many pixels have each of the 65,536 levels; None for an image of other kind, or none.

    counted: else only the head of the file is read, and the answer is empty.
    """
    try:
        with file.open("rb") as content, Image.open(content, formats=tuple(FORMATS)) as opened:
            if not opened.mode.startswith("I"):
                return None
            if not counted:
                return np.array([], np.int64)
            values = np.asarray(opened)
    except Exception:  # decoders raise whatever a damaged file leads them to; it is told when it is decoded
        return None
    if values.min() < 0 or values.max() > 0xFFFF:
        return None
    return np.bincount(values.ravel(), minlength=0x10000)
