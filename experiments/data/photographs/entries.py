"""The files of a folder or list before any is opened: of which class, part and group each is."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from experiments.data.facts import BadFile, Finding, Links
from experiments.errors import UserError, printable


def shown(file: Path, root: Path) -> str:
    """The path from the root as text on one line, whatever bytes the file system has for it."""
    return printable(os.path.relpath(file, root).encode("utf-8", "backslashreplace").decode())


VALIDATION_NAMES = ("val", "valid", "validation", "dev", "eval")  # as some call the part
Part = Literal["train", "validation", "test"]


class Entry(NamedTuple):
    """One image file. part: "train" where none is given; group: what it belongs with, if anything."""

    file: Path
    label: str
    part: Part
    group: str | None

    @property
    def in_test(self) -> bool:
        """Whether it lies in the given test part."""
        return self.part == "test"


class NoImagesError(UserError):
    """A class or the test part has no image that can be used. bad: the files that cannot."""

    def __init__(self, message: str, bad: list[BadFile]) -> None:
        super().__init__(message)
        self.bad = bad


class Listing(NamedTuple):
    """The files of a folder or list.

    state: size and times of change (of content, of anything) of each entry, in nanoseconds; bad: files that
    cannot be used, as far as that is seen without opening them; other: the number of files that are no
    images, by ending; findings: what else must be known; given: the parts that are given beside
    train, of which perhaps nothing can be used.
    """

    root: Path
    entries: list[Entry]
    state: list[tuple[int, int, int]]
    bad: list[BadFile]
    other: Counter[str]
    findings: list[Finding]
    given: frozenset[Part] = frozenset()


class Collector:
    """Fills a listing with one file after another, and sorts out those that cannot be used."""

    def __init__(self, root: Path, links: Links = "refuse") -> None:
        self.listing = Listing(root, [], [], [], Counter(), [])
        self._links = links
        self._root = root.resolve()
        self._inside: dict[Path, bool] = {}

    def add(self, file: Path, label: str, part: Part, group: str | None) -> None:
        """Add a file as an entry or, if it cannot be used, as a bad file."""
        reason = self._reason_against(file)
        if reason:
            self.refuse(file, label, reason)
            return
        state = file.stat()
        self.listing.entries.append(Entry(file, label, part, group))
        self.listing.state.append((state.st_size, state.st_mtime_ns, state.st_ctime_ns))

    def refuse(self, file: Path, label: str, reason: str, many: str = "") -> None:
        """Add a bad file. many: as in `BadFile`."""
        self.listing.bad.append(BadFile(shown(file, self.listing.root), reason, label, many))

    def _reason_against(self, file: Path) -> str:
        """The reason why the file cannot be used; empty if there is none."""
        try:
            if file.is_symlink():
                if not file.exists():
                    return "a link to nothing"
                if self._links == "refuse" and not file.resolve().is_relative_to(self._root):
                    return f"a link that leaves the folder{FOLLOW}"
            elif not file.exists():
                return "no such file (it is written with \\, not /)" if "\\" in str(file) else "no such file"
        except OSError as error:  # a name that is too long, a link to itself
            return error.strerror or str(error)
        if file.parent not in self._inside:
            self._inside[file.parent] = self._links == "follow" or file.parent.resolve().is_relative_to(
                self._root
            )
        if not self._inside[file.parent]:
            return self._outside(file)
        return "" if file.is_file() else "no file"

    def _outside(self, file: Path) -> str:
        """The reason against a file whose folder lies elsewhere: by its path as written, or by a link."""
        written = Path(os.path.normpath(file))
        by_link = written.is_relative_to(os.path.normpath(self.listing.root))
        return f"in a linked folder, which leaves the data's own{FOLLOW}" if by_link else LEAVES


FOLLOW = " (LINKS=follow uses it)"
LEAVES = "a path that leaves the folder (LINKS=follow uses it)"


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
    """Check that the given parts fit the rest.

    Raises:
        UserError: a class is in one part alone, or a group in two.
    """
    labels = {part: {each.label for each in listing.entries if each.part == part} for part in PARTS}
    trained = labels["train"]
    for part in ("test", "validation"):
        given = labels[part]
        if given - trained:
            raise _class_on_one_side(
                min(given - trained), f"the {part} part but not in train", where, listing.bad
            )
        if given and trained - given:
            raise _class_on_one_side(
                min(trained - given), f"train but not in the {part} part", where, listing.bad
            )
    first: dict[str, Entry] = {}
    crossing: dict[str, tuple[Entry, Entry]] = {}
    for entry in listing.entries:
        if entry.group is not None and first.setdefault(entry.group, entry).part != entry.part:
            crossing.setdefault(entry.group, (first[entry.group], entry))
    if crossing:
        group, pair = next(iter(crossing.items()))
        others = f" (and {len(crossing) - 1} more)" if len(crossing) > 1 else ""
        files = " and ".join(shown(each.file, listing.root) for each in pair)
        parts = " and in ".join(
            "train" if part == "train" else f"the {part} part"
            for part in sorted((each.part for each in pair), key=PARTS.index)
        )
        raise UserError(
            f"{where}: group {group!r} stands in {parts} with {files}{others}; put all of a group on one side"
        )


PARTS: tuple[Part, ...] = ("train", "validation", "test")


def _class_on_one_side(label: str, sides: str, where: str, bad: list[BadFile]) -> UserError:
    """The error, with the first file of the class that cannot be used: those may be all of a side."""
    lost = next((each for each in bad if each.label == label), None)
    why = f"; {lost.name} cannot be used: {lost.reason}" if lost else ""
    return UserError(f"{where}: class {label!r} stands in {sides}; add some of it there or leave it out{why}")
