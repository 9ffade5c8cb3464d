"""The files of a data set of one's own, before any is opened: of which class, part and group each is."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from experiments.errors import UserError, printable

# What Pillow decodes without a program beside it; a file's content decides, its ending only that it is tried.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "JPEG2000", "AVIF")
READ = frozenset([
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif",
    ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".jpx", ".avif",
])  # fmt: skip
# Photographs that are not read: to leave them out silently would lose a part of somebody's data.
UNREAD = frozenset([
    ".heic", ".heif", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf", ".psd", ".svg", ".jxl",
    ".xcf", ".eps", ".exr", ".hdr", ".dcm", ".npy",
])  # fmt: skip


def shown(file: Path, root: Path) -> str:
    """The path from the root as text on one line, whatever bytes the file system has for it."""
    return printable(os.path.relpath(file, root).encode("utf-8", "backslashreplace").decode())


class Entry(NamedTuple):
    """One file: whether it lies in the data set's own test part, and what belongs together with it."""

    file: Path
    label: str
    in_test: bool
    group: str | None


class BadFile(NamedTuple):
    """A file that cannot be used: its path as the user names it, why, and its class ("": nobody knows)."""

    name: str
    reason: str
    label: str


class NothingLeft(UserError):  # noqa: N818 - a finding about a folder
    """No image of a class can be used. bad: the files that cannot."""

    def __init__(self, text: str, bad: list[BadFile]) -> None:
        super().__init__(text)
        self.bad = bad


class Listing(NamedTuple):
    """What a folder or a manifest lists.

    state: size and times of change (of content, of anything) of each entry, in nanoseconds; bad: what could
    be told without opening; other: the number of files that are no images, by ending; notices: what else is
    not used of it, a sentence each; given_test: whether it has a test part, of which nothing may be usable.
    """

    root: Path
    entries: list[Entry]
    state: list[tuple[int, int, int]]
    bad: list[BadFile]
    other: Counter[str]
    notices: list[str]
    given_test: bool = False


class Collector:
    """Takes files one after another, and sorts out what cannot be used."""

    def __init__(self, root: Path) -> None:
        self.listing = Listing(root, [], [], [], Counter(), [])
        self._root = root.resolve()
        self._inside: dict[Path, bool] = {}

    def take(self, file: Path, label: str, in_test: bool, group: str | None) -> None:
        """Add a file, or the reason why it cannot be used."""
        reason = self._refused(file)
        if reason:
            self.refuse(file, label, reason)
            return
        state = file.stat()
        self.listing.entries.append(Entry(file, label, in_test, group))
        self.listing.state.append((state.st_size, state.st_mtime_ns, state.st_ctime_ns))

    def refuse(self, file: Path, label: str, reason: str) -> None:
        """Add a file that cannot be used."""
        self.listing.bad.append(BadFile(shown(file, self.listing.root), reason, label))

    def _refused(self, file: Path) -> str:
        try:
            if file.is_symlink():
                if not file.exists():
                    return "a link to nothing"
                if not file.resolve().is_relative_to(self._root):
                    return "a link that leaves the folder"
            elif not file.exists():
                return "no such file (it is written with \\, not /)" if "\\" in str(file) else "no such file"
        except OSError as error:  # a name that is too long, a link to itself
            return error.strerror or str(error)
        if file.parent not in self._inside:
            self._inside[file.parent] = file.parent.resolve().is_relative_to(self._root)
        if not self._inside[file.parent]:
            return "a path that leaves the folder"
        if not file.is_file():
            return "no file"
        return ""


def check_names(labels: Iterable[str], where: str) -> None:
    """Class names are told apart by people too.

    Raises:
        UserError: two names that differ in case, spaces or Unicode form alone, or one that nobody can read.
    """
    known: dict[str, str] = {}
    for label in sorted(set(labels)):
        if not label.strip() or not label.isprintable():
            raise UserError(f"{where}: class name {label!r}: must be text of printable characters")
        alike = known.setdefault(unicodedata.normalize("NFKC", label).casefold().strip(), label)
        if alike != label:
            raise UserError(
                f"{where}: classes {alike!a} and {label!a} differ in case, spaces or Unicode form alone; "
                "give them one name, or two that differ"
            )


def check_parts(listing: Listing, where: str) -> None:
    """The given test part fits the rest.

    Raises:
        UserError: a class, or a group, that stands on the wrong side.
    """
    tested = {entry.label for entry in listing.entries if entry.in_test}
    trained = {entry.label for entry in listing.entries if not entry.in_test}
    for one, other, text in (
        (tested, trained, "the test part but not in train"),
        (trained if tested else set(), tested, "train but not in the test part"),
    ):
        if one - other:
            raise UserError(
                f"{where}: class {min(one - other)!r} stands in {text}; add some of it there or leave it out"
            )
    first: dict[str, Entry] = {}
    crossing: dict[str, tuple[Entry, Entry]] = {}
    for entry in listing.entries:
        if entry.group is not None and first.setdefault(entry.group, entry).in_test != entry.in_test:
            crossing.setdefault(entry.group, (first[entry.group], entry))
    if crossing:
        group, pair = next(iter(crossing.items()))
        others = f" (and {len(crossing) - 1} more)" if len(crossing) > 1 else ""
        files = " and ".join(shown(each.file, listing.root) for each in pair)
        raise UserError(
            f"{where}: group {group!r} stands in train and in the test part with {files}{others}; put all of "
            "a group on one side"
        )
