"""Image folders: `class/…`, or `train/class/…` with `test/class/…`; folders below a class are groups.

Notices name what lies elsewhere in the folder, so that nobody's photographs are left out unnoticed.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath

from experiments.data.photographs.companions import Companions, begins_as_picture, is_of_a_system
from experiments.data.photographs.entries import Collector, Listing, shown
from experiments.data.photographs.formats import READ, UNREAD
from experiments.errors import UserError

PARTS = {"train": "train", "training": "train", "test": "test", "testing": "test"}  # in any case of letters
NAMED = 3  # folders at most in one notice
OTHER_PARTS = ("val", "valid", "validation", "dev", "eval")  # as some call them


def listing(folder: Path, where: str) -> Listing:
    """Every image below the class folders, in the order of their paths.

    A folder below a class holds images that belong together (a burst, one patient, one place), whatever
    folders are in it: they stay on one side of a split. Files and folders whose names begin with a dot, and
    what `companions` calls no photograph of the class, are left out.

    Raises:
        UserError: a train/ without a test/, a class folder of files without a picture, or fewer than two
            classes.
    """
    parts = _parts(folder, where)
    parted = bool(parts)
    roots = (
        [(folder / parts[part], part == "test") for part in ("train", "test")]
        if parted
        else [(folder, False)]
    )
    found = Collector(folder)
    labels, empty = set(), []
    left_out = Companions()
    for root, in_test in roots:
        for label in sorted(entry.name for entry in os.scandir(root) if _is_class(entry)):
            if _add_class(found, root, label, in_test, left_out):
                labels.add(label)
                continue
            if files := [*_files(root / label)]:
                raise UserError(
                    f"{where}: {shown(root / label, folder)}/ holds {len(files):,} "
                    f"{'file' if len(files) == 1 else 'files'} and no picture (the first is "
                    f"{shown(files[0], folder)}); put pictures there, move it away, or let its name begin "
                    "with a dot"
                )
            empty.append(f"{shown(root / label, folder)}/")
    loose = {root: _add_loose(found, root) for root, _ in roots}
    if len(labels) < 2:
        beside = f" and {sum(loose.values())} that lie in no class folder" if any(loose.values()) else ""
        plural = "" if len(labels) == 1 else "s"
        raise UserError(
            f"{where}: {len(found.listing.entries)} image files in {len(labels)} class "
            f"folder{plural}{_named(labels)}{beside}; "
            "expected class/… or train/class/… and test/class/… with two classes or more"
        )
    _check_inside(found.listing, where)
    if parted and not found.listing.bad and not any(entry.in_test for entry in found.listing.entries):
        raise UserError(
            f"{where}: no image file lies in the class folders of test/; add some, or put all into <class>/… "
            "and leave splitting to the study"
        )
    found.listing.notices.extend(_left_out(folder, parts, loose, empty))
    found.listing.notices.extend(left_out.notices(folder, shown))
    return found.listing._replace(given_test=parted)


def _add_class(found: Collector, root: Path, label: str, in_test: bool, left_out: Companions) -> bool:
    """Add the images of a class folder; true if there are any, or may be in a folder that cannot be read."""
    closed: list[OSError] = []
    files = [*_files(root / label, closed.append)]
    taken = left_out.without([file for file in files if _is_picture(file)], root / label)
    pictures = [file for file in files if file in taken]
    files = [file for file in files if file in taken or not _is_picture(file)]
    parents = {os.path.relpath(file.parent, root / label) for file in pictures}
    # Folders that hold the whole class tell nothing apart.
    shared = root / label / (os.path.commonpath(parents) if parents else "")
    for file in pictures:
        first, *deeper = file.relative_to(shared).parts
        found.add(file, label, in_test, f"{root.name}/{label}/{first}" if deeper else None)
    for file in files:
        if file.is_dir():
            found.refuse(file, label, "a link to a folder, which is not entered")
        elif file in taken:
            continue
        elif file.is_symlink() and not file.exists():
            found.refuse(file, label, "a link to nothing")
        else:
            found.listing.other[_ending(file.name)] += 1
    for error in closed:
        found.refuse(Path(error.filename), label, f"a folder that cannot be read ({error.strerror})")
    return bool(pictures or closed)


def _add_loose(found: Collector, root: Path) -> int:
    """Count the files beside the class folders by ending; returns how many of them are images."""
    loose = [each for each in os.scandir(root) if not each.is_dir() and not each.name.startswith(".")]
    others = [each for each in loose if not _is_picture(Path(each))]
    for each in others:
        if each.is_symlink() and not Path(each).exists():
            found.refuse(Path(each), "", "a link to nothing")  # it may have been a class
        else:
            found.listing.other[_ending(each.name)] += 1
    return len(loose) - len(others)


def _left_out(
    folder: Path, parts: Mapping[str, str], loose: dict[Path, int], empty: list[str]
) -> Iterator[str]:
    """A notice on each kind of image that somebody may look for in the data set and not find there."""
    if parts:
        yield from _beside(folder, parts)
    for file in sorted(folder.glob("*.csv")):
        name = shown(file, folder)
        yield f"the list {name} is not read; DATA=path:… with its own path reads it"
    for root, count in loose.items():
        if count:
            name = "the folder" if root == folder else f"{root.name}/"
            yield f"{_counted(count)} in {name} itself, in no class folder, and {_not(count)} used"
    if empty:
        more = f" and {len(empty) - NAMED:,} more" if len(empty) > NAMED else ""
        yield f"no image file lies in {', '.join(empty[:NAMED])}{more}: not taken for a class"


def _parts(folder: Path, where: str) -> dict[str, str]:
    """The names of the folders that are train and test, whatever stands beside them; empty if none is.

    Raises:
        UserError: the folder has one of them, or two of one kind.
    """
    names = sorted(entry.name for entry in os.scandir(folder) if _is_class(entry))
    found: dict[str, str] = {}
    for name in names:
        if (part := PARTS.get(name.casefold())) is None:
            continue
        if part in found:
            raise UserError(f"{where}: {found[part]}/ and {name}/ both seem to be its {part} part; keep one")
        found[part] = name
    if len(found) != 1:
        return found
    [(given, name)] = found.items()
    missing = "test" if given == "train" else "train"
    meant = [name for name in names if name.casefold() in OTHER_PARTS]
    hint = f"rename {meant[0]}/ to {missing}/" if meant else f"add {missing}/<class>/…"
    raise UserError(
        f"{where}: it has {name}/ but no {missing}/; {hint}, or put all into <class>/… and leave "
        f"splitting to the study (a class cannot be called {name}, but in a list)"
    )


def _check_inside(found: Listing, where: str) -> None:
    """Check that classes have no parts of their own.

    Raises:
        UserError: every class seems to have its own train/ and test/.
    """
    inside: dict[str, set[str]] = {}
    for entry in found.entries:
        inside.setdefault(entry.label, set()).add(PurePath(entry.group or "").name.casefold())
    splits = {*PARTS, *OTHER_PARTS}
    if inside and all(len(parts) > 1 and parts <= splits for parts in inside.values()):
        first, parts = next(iter(inside.items()))
        folders = " and ".join(f"{first}/{part}/" for part in sorted(parts))
        raise UserError(
            f"{where}: {folders} seem to be splits inside a class; expected train/<class>/… and "
            "test/<class>/…"
        )


def _is_class(entry: os.DirEntry) -> bool:
    return entry.is_dir() and not entry.name.startswith(".") and not is_of_a_system(entry.name)


def _beside(folder: Path, parts: Mapping[str, str]) -> Iterator[str]:
    """A notice on each folder of images beside train/ and test/ (val/, say), and on images there."""
    train, test = parts["train"], parts["test"]
    for name in sorted(each.name for each in os.scandir(folder) if _is_class(each)):
        if name in parts.values():
            continue
        if count := sum(_is_picture(file) for file in _files(folder / name)):
            yield (
                f"{_counted(count)} in {shown(folder / name, folder)}/, beside {train}/ and {test}/, and "
                f"{_not(count)} used (validation images are drawn from {train}/)"
            )
    if count := sum(_is_picture(Path(each)) and each.is_file() for each in os.scandir(folder)):
        yield f"{_counted(count)} beside {train}/ and {test}/, and {_not(count)} used"


def _is_picture(file: Path) -> bool:
    """By its ending or, where it has none that means a format, by its first bytes."""
    if file.name.startswith("."):
        return False
    ending = file.suffix.lower()
    return ending in READ | UNREAD or (not ending[1:].isalpha() and begins_as_picture(file))


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower() or "no ending"


def _counted(files: int) -> str:
    return "1 image file lies" if files == 1 else f"{files:,} image files lie"


def _named(labels: set[str]) -> str:
    """The name of a single class folder: perhaps the classes lie inside it."""
    return f" ({min(labels)}/: are the classes inside it?)" if len(labels) == 1 else ""


def _not(files: int) -> str:
    return "is not" if files == 1 else "are not"


def _files(folder: Path, closed: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Each file and linked folder below a folder; `closed` gets the errors of folders that cannot be read."""
    for parent, folders, files in os.walk(folder, onerror=closed):  # which enters no link
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not is_of_a_system(name))
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        for name in sorted([*files, *linked]):
            if not name.startswith("."):
                yield Path(parent, name)
