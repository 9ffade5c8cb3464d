"""Files that are being written: each under a name of its process, so that what a killed one left is found."""

import os
import shutil
from pathlib import Path

import psutil


def beside(target: Path) -> Path:
    """Where this process writes what is to become the target, by renaming it.

    What processes that are gone left for any target of the folder is removed.
    """
    for left in target.parent.glob("*.part-*"):
        number = left.name.rpartition("-")[2]
        if not (number.isdigit() and psutil.pid_exists(int(number))):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)
    return target.with_name(f"{target.name}.part-{os.getpid()}")
