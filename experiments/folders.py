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
            before = len(found.listing.entries) + len(found.listing.bad)
            for file, below in _files(root / label):
                ending = file.suffix.lower()
                if ending in READ or ending in UNREAD:
                    group = f"{label}/{below}" if below else None
                    found.take(file, label, in_test, group)
                else:
                    found.listing.other[ending or "no ending"] += 1
            if len(found.listing.entries) + len(found.listing.bad) > before:
                labels.add(label)
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
    """Each file below a class folder, and the folder that it lies in, as told from there."""
    for place, folders, files in os.walk(folder):  # which enters no link
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = os.path.relpath(place, folder)
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(place, name), "" if below == "." else below
