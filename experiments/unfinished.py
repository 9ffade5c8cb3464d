"""Files that are being written: each under a name of its process, so that what a killed one left is found."""

import os
import shutil
from pathlib import Path

import psutil


def beside(target: Path) -> Path:
    """Where this process writes what is to become the target, by renaming it.

    What processes that are gone left for any target of the folder is removed.
    """
    mine = target.with_name(f"{target.name}.unfinished-{os.getpid()}")
    for left in target.parent.glob("*.unfinished-*"):
        number = left.name.rpartition("-")[2]
        # In a container an earlier process had our own number.
        if left == mine or not (number.isdigit() and psutil.pid_exists(int(number))):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)
    return mine


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
