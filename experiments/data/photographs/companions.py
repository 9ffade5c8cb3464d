"""Pictures beside photographs that are none of their class: masks, raw twins, what storage systems leave.

Each is left out where its name and its neighbour leave no doubt, and told with a number.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from experiments.data.facts import SHOWN, Finding, Links
from experiments.data.photographs.formats import READ, UNREAD

# Folders that archives, storage and operating systems make: copies, thumbnails, what was deleted.
SYSTEMS = frozenset(
    ["__macosx", "@eadir", "#recycle", "#snapshot", "$recycle.bin", "system volume information", "lost+found"]
)
# Hidden folders in which tools keep what they know of the others.
STORES = frozenset([".git", ".hg", ".svn", ".dvc", ".cache"])
BY_SYSTEMS = "folders that storage or operating systems make (@eaDir, __MACOSX, …)"
FORK = "._"  # what a Mac keeps of a file beside it on other disks
HIDDEN = "folders or files whose names begin with a dot"
MASK = re.compile(r"(?P<of>.+?)[ ._-]*(?:mask|segmentation|annotation|ground[ _-]?truth)s?", re.IGNORECASE)
MASKS = re.compile(r"(?:mask|segmentation|annotation|ground[ _-]?truth)s?", re.IGNORECASE)
PHOTOGRAPHS = re.compile(r"(?:image|img|photo|picture)s?", re.IGNORECASE)
MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")


def is_of_a_system(name: str) -> bool:
    """True of a folder that a storage or operating system makes for itself."""
    return name.casefold() in SYSTEMS


def begins_as_picture(file: Path) -> bool:
    """Whether the first bytes are those of a usual format, whatever the file is called."""
    try:
        if not file.is_file():  # a pipe would never answer
            return False
        with file.open("rb") as opened:
            head = opened.read(12)
    except OSError:
        return False
    return head.startswith(MAGIC) or (head[:4] == b"RIFF" and head[8:] == b"WEBP")


class Companions:
    """Counts what is left out, by kind, with the first of each."""

    def __init__(self) -> None:
        self._found: dict[str, list[Path]] = {}
        self._classes: list[Path] = []

    def without(self, pictures: Sequence[Path], of_class: Path) -> set[Path]:
        """Those of a class folder's pictures that are photographs of the class."""
        self._classes.append(of_class)
        stems = {(file.parent, file.stem.casefold()) for file in pictures if file.suffix.lower() in READ}
        folders: dict[Path, set[str]] = {}  # the names in each folder of folders that lead to pictures
        for folder in {file.parent for file in pictures}:
            for parent in [folder, *folder.parents]:
                if parent == of_class:
                    break
                folders.setdefault(parent.parent, set()).add(parent.name)
        taken = set()
        for file in pictures:
            if kind := _kind(file, stems, folders, of_class):
                self._found.setdefault(kind, []).append(file)
            else:
                taken.add(file)
        return taken

    def findings(self, folder: Path, links: Links, shown: Callable[[Path, Path], str]) -> Iterator[Finding]:
        """One a kind; shown: a file below a folder as text."""
        for kind, files in self._found.items():
            count = "1 file" if len(files) == 1 else f"{len(files):,} files"
            verb = "is" if len(files) == 1 else "are"
            names = tuple(shown(file, folder) for file in files[:SHOWN])
            text = f"{count} {verb} not used: {kind}; the first is {names[0]}"
            yield Finding("left out", text, len(files), names)
        for where, files in _aside(folder, self._classes, links).items():
            lie = "1 image file lies" if len(files) == 1 else f"{len(files):,} image files lie"
            verb = "is" if len(files) == 1 else "are"
            names = tuple(shown(file, folder) for file in files[:SHOWN])
            text = f"{lie} in {where}, and {verb} not used; the first is {names[0]}"
            yield Finding("left out", text, len(files), names)


def _kind(file: Path, stems: set[tuple[Path, str]], folders: dict[Path, set[str]], of_class: Path) -> str:
    """What a file is beside others, in words; empty for a photograph."""
    stem = file.stem.casefold()
    if file.suffix.lower() in UNREAD and (file.parent, stem) in stems:
        return "in formats that are not read, beside a picture of the same name"
    if (mask := MASK.fullmatch(stem)) and (file.parent, mask["of"]) in stems:
        return "masks by their names (x_mask.png beside x.png)"
    for parent in [file.parent, *file.parent.parents]:
        if not parent.is_relative_to(of_class) or parent == of_class:
            break
        if MASKS.fullmatch(parent.name) and any(map(PHOTOGRAPHS.fullmatch, folders[parent.parent])):
            return "in a folder of masks beside one of images"
    return ""


def _aside(folder: Path, classes: Sequence[Path], links: Links) -> dict[str, list[Path]]:
    """Pictures, by their names or first bytes, in folders of systems and under hidden names, at any depth."""
    found: dict[str, list[Path]] = {}
    seen: set[str] = set()
    # Folders of classes may be links, which are entered in any case.
    for top in (folder, *classes):
        for parent, folders, files in os.walk(top, followlinks=links == "follow"):
            real = os.path.realpath(parent)
            if real in seen:
                folders.clear()
                continue
            seen.add(real)
            inside = Path(parent).relative_to(folder).parts
            folders[:] = sorted(name for name in folders if name not in STORES)
            of_system = any(map(is_of_a_system, inside))
            hidden = any(part.startswith(".") for part in inside)
            for name in sorted(files):
                file = Path(parent, name)
                if (of_system or hidden or name.startswith(".")) and _is_aside(file):
                    found.setdefault(BY_SYSTEMS if of_system else HIDDEN, []).append(file)
    return found


def _is_aside(file: Path) -> bool:
    by_name = file.suffix.lower() in READ | UNREAD and not file.name.startswith(FORK)
    return (by_name and not file.is_dir()) or begins_as_picture(file)
