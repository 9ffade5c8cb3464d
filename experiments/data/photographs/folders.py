"""Image folders: `class/…`, or `train/class/…` with `test/class/…`, and `val/class/…` if there is one.

Folders below a class are groups, unless `groups: none` says that they are not.

Findings name what lies elsewhere in the folder, so that nobody's photographs are left out unnoticed.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import NamedTuple

from experiments.data.facts import SHOWN, Finding, Groups, Kind, Links
from experiments.data.photographs.companions import Companions, begins_as_picture, is_of_a_system
from experiments.data.photographs.entries import FOLLOW, VALIDATION_NAMES, Collector, Listing, Part, shown
from experiments.data.photographs.formats import READ, UNREAD
from experiments.errors import UserError

# In any case of letters.
PARTS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
} | dict.fromkeys(VALIDATION_NAMES, "validation")
FEW_GROUPS = 6  # of a class: fewer leave no two for each split
NAMED = 3  # folders at most in one notice


def listing(folder: Path, where: str, links: Links = "refuse", groups: Groups = "folders") -> Listing:
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
    roots: list[tuple[Path, Part]] = (
        [(folder / name, part) for part, name in parts.items()] if parted else [(folder, "train")]
    )
    found = Collector(folder, links)
    labels, empty = set(), []
    left_out = Companions()
    for root, part in roots:
        for label in sorted(entry.name for entry in os.scandir(root) if _is_class(entry)):
            if _add_class(found, root / label, part, left_out, _Reading(links, groups)):
                labels.add(label)
                continue
            if files := [*_files(root / label, links)]:
                if link := next(filter(Path.is_symlink, files), None):
                    raise UserError(
                        f"{where}: {shown(root / label, folder)}/ holds no picture, but a link that is not "
                        f"entered, {shown(link, folder)}{FOLLOW}"
                    )
                raise UserError(
                    f"{where}: {shown(root / label, folder)}/ holds {len(files):,} "
                    f"{'file' if len(files) == 1 else 'files'} and no picture (the first is "
                    f"{shown(files[0], folder)}); put pictures there, move it away, or let its name begin "
                    "with a dot"
                )
            empty.append(f"{shown(root / label, folder)}/")
    loose = {root: _add_loose(found, root) for root, _ in roots}
    if len(labels) < 2:
        count = sum(map(len, loose.values()))
        beside = f" and {count} that lie in no class folder" if count else ""
        plural = "" if len(labels) == 1 else "s"
        raise UserError(
            f"{where}: {len(found.listing.entries)} image files in {len(labels)} class "
            f"folder{plural}{_named(labels)}{beside}; "
            "expected class/… or train/class/… and test/class/… with two classes or more"
        )
    _check_inside(found.listing, where)
    if groups == "folders":
        found.listing.findings.extend(_few_groups(found.listing))
    if parted and not found.listing.bad and not any(entry.in_test for entry in found.listing.entries):
        raise UserError(
            f"{where}: no image file lies in the class folders of test/; add some, or put all into <class>/… "
            "and leave splitting to the study"
        )
    found.listing.findings.extend(_left_out(folder, parts, loose, empty))
    found.listing.findings.extend(left_out.findings(folder, links, shown))
    given = frozenset({*parts} - {"train"})
    if "validation" in given and not any(each.part == "validation" for each in found.listing.entries):
        name = parts["validation"]
        if not any(PurePath(each.name).parts[0] == name for each in found.listing.bad):
            text = f"no image file lies in {name}/: not taken for a validation part"
            found.listing.findings.append(Finding("doubtful", text))
            given -= {"validation"}
    return found.listing._replace(given=given)


class _Reading(NamedTuple):
    """What is done about links and about folders below a class."""

    links: Links
    groups: Groups


def _add_class(found: Collector, of_class: Path, part: Part, left_out: Companions, reading: _Reading) -> bool:
    """Add the images of a class folder; true if there are any, or may be in a folder that cannot be read."""
    closed: list[OSError] = []
    label = of_class.name
    files = [*_files(of_class, reading.links, closed.append)]
    linked = {file for file in files if file.is_symlink() and file.is_dir()}
    taken = left_out.without([file for file in files if file not in linked and _is_picture(file)], of_class)
    pictures = [file for file in files if file in taken]
    files = [file for file in files if file in taken or file in linked or not _is_picture(file)]
    parents = {os.path.relpath(file.parent, of_class) for file in pictures}
    # Folders that hold the whole class tell nothing apart.
    shared = of_class / (os.path.commonpath(parents) if parents else "")
    for file in pictures:
        first, *deeper = file.relative_to(shared).parts
        grouped = deeper and reading.groups == "folders"
        found.add(file, label, part, f"{of_class.parent.name}/{label}/{first}" if grouped else None)
    for file in files:
        if file in linked:
            found.refuse(file, label, f"a link to a folder, which is not entered{FOLLOW}")
        elif file in taken:
            continue
        elif file.is_symlink() and not file.exists():
            found.refuse(file, label, "a link to nothing")
        else:
            found.listing.other[_ending(file.name)] += 1
    for error in closed:
        found.refuse(Path(error.filename), label, f"a folder that cannot be read ({error.strerror})")
    return bool(pictures or closed)


def _few_groups(found: Listing) -> Iterator[Finding]:
    """Where folders below a class are so few that they may be months or sources, not groups."""
    folders: dict[str, dict[str, list[Path]]] = {}
    loose: Counter[str] = Counter()
    for entry in found.entries:
        if entry.group:
            folders.setdefault(entry.label, {}).setdefault(entry.group, []).append(entry.file)
        else:
            loose[entry.label] += 1
    few = {
        label: names
        for label, names in folders.items()
        if len(names) > 1 and len(names) + loose[label] < FEW_GROUPS
    }
    if few:
        label = min(few)
        yield _about(
            "doubtful",
            f"the images of {label}/ lie in {len(few[label]):,} folders, each of which stays on one side of "
            "a split; if those are months or sources and no series of one thing, GROUPS=none (groups: none "
            "in the study's data) takes each image for itself",
            [file for files in few[label].values() for file in files],
            found.root,
        )


def _about(kind: Kind, text: str, files: list[Path], folder: Path) -> Finding:
    return Finding(kind, text, len(files), tuple(shown(file, folder) for file in files[:SHOWN]))


def _add_loose(found: Collector, root: Path) -> list[Path]:
    """Count the files beside the class folders by ending; returns those that are images."""
    loose = sorted(
        Path(each) for each in os.scandir(root) if not each.is_dir() and not each.name.startswith(".")
    )
    for file in loose:
        if _is_picture(file):
            continue
        if file.is_symlink() and not file.exists():
            found.refuse(file, "", "a link to nothing")  # it may have been a class
        else:
            found.listing.other[_ending(file.name)] += 1
    return [file for file in loose if _is_picture(file)]


def _left_out(
    folder: Path, parts: Mapping[str, str], loose: dict[Path, list[Path]], empty: list[str]
) -> Iterator[Finding]:
    """Each kind of image that somebody may look for in the data set and not find there."""
    if parts:
        yield from _beside(folder, parts)
    for file in sorted(each for each in folder.glob("[!.]*.csv") if each.is_file()):
        text = f"the list {shown(file, folder)} is not read; DATA=path:… with its own path reads it"
        yield Finding("left out", text)
    for root, files in loose.items():
        if files:
            name = "the folder" if root == folder else f"{root.name}/"
            text = f"{_counted(files)} in {name} itself, in no class folder, and {_not(files)} used"
            yield _about("left out", text, files, folder)
    if empty:
        more = f" and {len(empty) - NAMED:,} more" if len(empty) > NAMED else ""
        text = f"no image file lies in {', '.join(empty[:NAMED])}{more}: not taken for a class"
        yield Finding("doubtful", text)


def _parts(folder: Path, where: str) -> dict[Part, str]:
    """The names of the folders that are parts, whatever stands beside them; empty if none is.

    A folder val/ alone may be a class of that name.

    Raises:
        UserError: the folder has one of them, or two of one kind.
    """
    names = sorted(entry.name for entry in os.scandir(folder) if _is_class(entry))
    found: dict[Part, str] = {}
    for name in names:
        if (part := PARTS.get(name.casefold())) is None:
            continue
        if part in found:
            raise UserError(f"{where}: {found[part]}/ and {name}/ both seem to be its {part} part; keep one")
        found[part] = name
    if {"train", "test"} <= {*found}:
        return {part: found[part] for part in ("train", "validation", "test") if part in found}
    if not {"train", "test"} & {*found}:
        return {}
    given = "train" if "train" in found else "test"
    name, missing = found[given], "test" if given == "train" else "train"
    meant = found.get("validation")
    hint = f"rename {meant}/ to {missing}/" if meant else f"add {missing}/<class>/…"
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
        parent = PurePath(entry.group or entry.file.parent).name
        inside.setdefault(entry.label, set()).add(parent.casefold() if parent != entry.label else "")
    if inside and all(len(parts) > 1 and parts <= {*PARTS} for parts in inside.values()):
        first, parts = next(iter(inside.items()))
        folders = " and ".join(f"{first}/{part}/" for part in sorted(parts))
        raise UserError(
            f"{where}: {folders} seem to be splits inside a class; expected train/<class>/… and "
            "test/<class>/…"
        )


def _is_class(entry: os.DirEntry) -> bool:
    return entry.is_dir() and not entry.name.startswith(".") and not is_of_a_system(entry.name)


def _beside(folder: Path, parts: Mapping[str, str]) -> Iterator[Finding]:
    """Each folder of images beside train/ and test/, and images there."""
    train, test = parts["train"], parts["test"]
    for name in sorted(each.name for each in os.scandir(folder) if _is_class(each)):
        if name in parts.values():
            continue
        if files := [file for file in _files(folder / name, "refuse") if _is_picture(file)]:
            where = f"{shown(folder / name, folder)}/, beside {train}/ and {test}/"
            yield _about("left out", f"{_counted(files)} in {where}, and {_not(files)} used", files, folder)
    beside = (Path(each) for each in os.scandir(folder) if not each.is_dir())
    if files := sorted(file for file in beside if _is_picture(file)):
        text = f"{_counted(files)} beside {train}/ and {test}/, and {_not(files)} used"
        yield _about("left out", text, files, folder)


def _is_picture(file: Path) -> bool:
    """By its ending or, where it has none that means a format, by its first bytes."""
    if file.name.startswith("."):
        return False
    ending = file.suffix.lower()
    return ending in READ | UNREAD or (not ending[1:].isalpha() and begins_as_picture(file))


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower() or "no ending"


def _counted(files: list[Path]) -> str:
    return "1 image file lies" if len(files) == 1 else f"{len(files):,} image files lie"


def _named(labels: set[str]) -> str:
    """The name of a single class folder: perhaps the classes lie inside it."""
    return f" ({min(labels)}/: are the classes inside it?)" if len(labels) == 1 else ""


def _not(files: list[Path]) -> str:
    return "is not" if len(files) == 1 else "are not"


def _files(folder: Path, links: Links, closed: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Each file below a folder, and each linked folder that is not entered.

    A link to a folder that it lies in would go on for ever. closed: gets the errors of folders that cannot be
    read.
    """
    follow = links == "follow"
    for parent, folders, files in os.walk(folder, onerror=closed, followlinks=follow):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not is_of_a_system(name))
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        if follow:
            linked = [
                name for name in linked if Path(parent).resolve().is_relative_to(Path(parent, name).resolve())
            ]
            folders[:] = [name for name in folders if name not in linked]
        for name in sorted([*files, *linked]):
            if not name.startswith("."):
                yield Path(parent, name)
