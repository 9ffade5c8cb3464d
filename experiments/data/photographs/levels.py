"""16 bits of grey → 8: by one range of levels for the whole data set, or what it holds becomes a few shades.

A camera of 12 bits fills the lower sixteenth of a file of 16, a detector some thousand levels in the middle.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from experiments import processes
from experiments.data.photographs.formats import FORMATS

Range = tuple[int, int]  # the levels that become 0 and 255
ALL_LEVELS = (0, 0xFFFF)
FLAT = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".webp"})
OUTSIDE = 1e-4  # of all pixels, below and above the range: hot ones must not set it


def of_files(files: Sequence[Path]) -> tuple[Range, int] | None:
    """The range of levels of the 16-bit grey images among files, and how many there are; None without any.

    The range leaves 0.01 % of the pixels out on either side. What cannot be read does not count.
    """
    counts = np.zeros(0x10000, np.int64)
    images = 0
    deep = [file for file in files if file.suffix.lower() not in FLAT]
    with ThreadPoolExecutor(processes.available_cores()) as pool:
        for found in pool.map(_levels, deep):
            if found is not None:
                counts += found
                images += 1
    if not images:
        return None
    shares = np.cumsum(counts) / counts.sum()
    low = int(np.searchsorted(shares, OUTSIDE))
    high = int(np.searchsorted(shares, 1 - OUTSIDE))
    return (low, max(high, low + 1)), images


def in_eight_bits(values: np.ndarray, grey: Range = ALL_LEVELS) -> np.ndarray:
    """uint8: the levels of the range in equal steps; what lies outside becomes black or white."""
    low, high = grey
    return ((values.astype(np.int64).clip(low, high) - low) * 256 // (high - low + 1)).astype(np.uint8)


def _levels(file: Path) -> np.ndarray | None:
    """How many pixels have each of the 65,536 levels; None for an image of other kind, or none."""
    try:
        with file.open("rb") as content, Image.open(content, formats=tuple(FORMATS)) as opened:
            if not opened.mode.startswith("I"):
                return None
            values = np.asarray(opened)
    except Exception:  # decoders raise whatever a damaged file leads them to; it is told when it is decoded
        return None
    if values.min() < 0 or values.max() > 0xFFFF:
        return None
    return np.bincount(values.ravel(), minlength=0x10000)
