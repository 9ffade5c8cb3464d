"""Image folders: `class/…`, or `train/class/…` with `test/class/…`; folders below a class are groups."""

import os
from collections.abc import Iterator
from pathlib import Path

from experiments.entries import READ, UNREAD, Collector, Listing
from experiments.errors import UserError


def listing(folder: Path, where: str) -> Listing:
    """Every image below the class folders, in the order of their paths.

    A folder below a class holds images that belong together (a burst, one patient, one place): they stay
    on one side of a split. Files and folders whose names begin with a dot are left out.

    Raises:
        UserError: a train/ without a test/, or fewer than two classes.
    """
    parts = {"train": folder / "train", "test": folder / "test"}
    given = [name for name, part in parts.items() if part.is_dir()]
    if len(given) == 1:
        missing = next(name for name in parts if name not in given)
        raise UserError(f"{where}: it has {given[0]}/ but no {missing}/")
    roots = [(parts["train"], False), (parts["test"], True)] if given else [(folder, False)]
    found = Collector(folder)
    labels = set()
    for root, in_test in roots:
        for label in sorted(entry.name for entry in os.scandir(root) if _is_class(entry)):
            files = [*_files(root / label)]
            pictures = [(file, below) for file, below in files if file.suffix.lower() in READ | UNREAD]
            parted = len({below for _, below in pictures}) > 1
            for file, below in pictures:
                # A single folder that holds the whole class tells nothing apart.
                group = f"{root.name}/{label}/{below}" if below and parted else None
                found.take(file, label, in_test, group)
            for file, _ in files:
                if file.is_dir():
                    found.refuse(file, label, "a link to a folder, which is not entered")
                elif file.suffix.lower() not in READ | UNREAD:
                    found.listing.other[file.suffix.lower() or "no ending"] += 1
            labels |= {label} if pictures else set()
    if len(labels) < 2:
        loose = sum(path.suffix.lower() in READ for root, _ in roots for path in root.iterdir())
        beside = f" and {loose} that lie in no class folder" if loose else ""
        raise UserError(
            f"{where}: {len(found.listing.entries)} image files in {len(labels)} class folders{beside}; "
            "expected class/… or train/class/… and test/class/… with two classes or more"
        )
    return found.listing


def _is_class(entry: os.DirEntry) -> bool:
    return entry.is_dir() and not entry.name.startswith(".")


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each file and linked folder below a class folder, and the folder that it lies in, from there."""
    for place, folders, files in os.walk(folder):  # which enters no link
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = os.path.relpath(place, folder)
        linked = [name for name in folders if Path(place, name).is_symlink()]
        for name in sorted([*files, *linked]):
            if not name.startswith("."):
                yield Path(place, name), "" if below == "." else below
