"""Arrays that are written on the disk piece by piece, and may be more than memory holds."""

import os
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap


def create(file: Path, shape: tuple[int, ...]) -> np.memmap:
    """An array of uint8 in a new .npy file.

    Raises:
        OSError: the disk has no room for it. Without asking, that would end the process by a signal later.
    """
    made = open_memmap(file, "w+", np.uint8, shape)
    with file.open("r+b") as opened:
        os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    return made
