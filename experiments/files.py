"""Files are written whole or not at all: beside their target, under a name that holds the writer's number.

What a killed process left is found by that number and removed.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from numpy.lib.format import open_memmap

OF_SQLITE = ("-journal", "-wal", "-shm")  # what SQLite writes beside a database while it changes
CLOCKS_APART = 2.0  # seconds between the clock of processes and that of files


def beside(target: Path) -> Path:
    """The path where this process writes what `publish` then renames to the target.

    What processes that are gone left for this target is removed.
    """
    sweep(target.parent, target.name)
    part = target.with_name(f"{target.name}.unfinished-{os.getpid()}")
    # In a container an earlier process had our own number.
    _remove(part)
    return part


def sweep(folder: Path, target: str | None = None) -> None:
    """Remove what processes that are gone left in a folder: for one target, or in a folder of ours for all.

    A name that does not end in a process number is nobody's leftover, but a file of the user's.
    """
    for left in folder.iterdir() if folder.is_dir() else ():
        name, mark, number = left.name.rpartition(".unfinished-")
        number = number.removesuffix(next(filter(number.endswith, OF_SQLITE), ""))
        ours = bool(mark) and number.isdecimal() and target in (None, name)
        if ours and _is_gone(int(number), left):
            _remove(left)


def _is_gone(number: int, left: Path) -> bool:
    """True if the process that wrote `left` has ended; one of its number that began later is another."""
    try:
        return psutil.Process(number).create_time() > left.stat().st_mtime + CLOCKS_APART
    except (psutil.NoSuchProcess, FileNotFoundError):
        return True
    except psutil.AccessDenied:
        return False


def _remove(left: Path) -> None:
    shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(target: Path) -> Iterator[Path]:
    """A path beside the target; what is written there becomes the target, unless an exception is raised."""
    part = beside(target)
    try:
        yield part
        publish(part, target)
    finally:
        _remove(part)


def replace(target: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, through to the disk."""
    with writing(target) as part:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def publish(part: Path, target: Path) -> None:
    """Rename what is written to its target, and make both last through a loss of power."""
    for file in part.iterdir() if part.is_dir() else ():
        _sync(file)
    _sync(part)
    part.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create_array(file: Path, shape: tuple[int, ...]) -> np.memmap:
    """An array of uint8 in a new .npy file.

    Raises:
        OSError: the disk has no room for it. Without asking, that would end the process by a signal later.
    """
    array = open_memmap(file, "w+", np.uint8, shape)
    if hasattr(os, "posix_fallocate"):  # macOS has none
        with file.open("r+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    return array
