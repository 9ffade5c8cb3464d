"""The files of a folder or list before any is opened: of which class, part and group each is."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from experiments.data.facts import BadFile
from experiments.errors import UserError, printable


def shown(file: Path, root: Path) -> str:
    """The path from the root as text on one line, whatever bytes the file system has for it."""
    return printable(os.path.relpath(file, root).encode("utf-8", "backslashreplace").decode())


class Entry(NamedTuple):
    """One image file. in_test: it lies in the given test part; group: what it belongs with, if any."""

    file: Path
    label: str
    in_test: bool
    group: str | None


class NoImagesError(UserError):
    """A class or the test part has no image that can be used. bad: the files that cannot."""

    def __init__(self, message: str, bad: list[BadFile]) -> None:
        super().__init__(message)
        self.bad = bad


class Listing(NamedTuple):
    """The files of a folder or list.

    state: size and times of change (of content, of anything) of each entry, in nanoseconds; bad: files that
    cannot be used, as far as that is seen without opening them; other: the number of files that are no
    images, by ending; notices: what else is not used, a sentence each; given_test: true if there is a test
    part, of which perhaps nothing can be used.
    """

    root: Path
    entries: list[Entry]
    state: list[tuple[int, int, int]]
    bad: list[BadFile]
    other: Counter[str]
    notices: list[str]
    given_test: bool = False


class Collector:
    """Fills a listing with one file after another, and sorts out those that cannot be used."""

    def __init__(self, root: Path) -> None:
        self.listing = Listing(root, [], [], [], Counter(), [])
        self._root = root.resolve()
        self._inside: dict[Path, bool] = {}

    def add(self, file: Path, label: str, in_test: bool, group: str | None) -> None:
        """Add a file as an entry or, if it cannot be used, as a bad file."""
        reason = self._reason_against(file)
        if reason:
            self.refuse(file, label, reason)
            return
        state = file.stat()
        self.listing.entries.append(Entry(file, label, in_test, group))
        self.listing.state.append((state.st_size, state.st_mtime_ns, state.st_ctime_ns))

    def refuse(self, file: Path, label: str, reason: str) -> None:
        """Add a bad file."""
        self.listing.bad.append(BadFile(shown(file, self.listing.root), reason, label))

    def _reason_against(self, file: Path) -> str:
        """The reason why the file cannot be used; empty if there is none."""
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
        return "" if file.is_file() else "no file"


def check_names(labels: Iterable[str], where: str) -> None:
    """Check that people, too, can tell the names of the classes apart.

    Raises:
        UserError: two names that differ in case, spaces, leading zeros or Unicode form alone, or one that
            nobody can read.
    """
    known: dict[str, str] = {}
    for label in sorted(set(labels)):
        if not label.strip() or not label.isprintable():
            raise UserError(f"{where}: class name {label!r}: must be text of printable characters")
        plain = unicodedata.normalize("NFKC", label).casefold().strip()
        # A spreadsheet takes the zeros of 01 away.
        alike = known.setdefault(plain.lstrip("0") or "0" if plain.isdecimal() else plain, label)
        if alike != label:
            raise UserError(
                f"{where}: classes {alike!a} and {label!a} differ in case, spaces, leading zeros or Unicode "
                "form alone; give them one name, or two that differ"
            )


def check_parts(listing: Listing, where: str) -> None:
    """Check that the given test part fits the rest.

    Raises:
        UserError: a class is in one of the two alone, or a group in both.
    """
    tested = {entry.label for entry in listing.entries if entry.in_test}
    trained = {entry.label for entry in listing.entries if not entry.in_test}
    if tested - trained:
        raise _class_on_one_side(min(tested - trained), "the test part but not in train", where)
    if tested and trained - tested:
        raise _class_on_one_side(min(trained - tested), "train but not in the test part", where)
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


def _class_on_one_side(label: str, sides: str, where: str) -> UserError:
    return UserError(f"{where}: class {label!r} stands in {sides}; add some of it there or leave it out")
