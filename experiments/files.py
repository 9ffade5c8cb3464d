"""Files written whole or not at all, under a name of the writing process: what a killed one left is found."""

import os
import shutil
from pathlib import Path

import numpy as np
import psutil
from numpy.lib.format import open_memmap

CLOCKS_APART = 2.0  # seconds between the clock of processes and that of files


def beside(target: Path) -> Path:
    """Where this process writes what is to become the target, by renaming it.

    What processes that are gone left for any target of the folder is removed.
    """
    sweep(target.parent)
    mine = target.with_name(f"{target.name}.unfinished-{os.getpid()}")
    # In a container an earlier process had our own number.
    _remove(mine)
    return mine


def sweep(folder: Path) -> None:
    """Remove what processes that are gone left in a folder."""
    for left in folder.glob("*.unfinished-*"):
        number = left.name.rpartition("-")[2]
        if not number.isdigit() or _is_gone(int(number), left):
            _remove(left)


def _is_gone(number: int, left: Path) -> bool:
    """Whether the process that wrote `left` is; one of its number that began later is another."""
    try:
        return psutil.Process(number).create_time() > left.stat().st_mtime + CLOCKS_APART
    except (psutil.NoSuchProcess, FileNotFoundError):
        return True
    except psutil.AccessDenied:
        return False


def _remove(left: Path) -> None:
    shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


def replace(file: Path, text: str) -> None:
    """Write a file whole or not at all, through to the disk."""
    part = file.with_name(f"{file.name}.part")
    part.write_text(text, encoding="utf-8")
    publish(part, file)


def publish(part: Path, target: Path) -> None:
    """Give what is written its name, so that a machine without power afterwards still has it."""
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
    made = open_memmap(file, "w+", np.uint8, shape)
    with file.open("r+b") as opened:
        os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    return made
