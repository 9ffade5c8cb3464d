"""From a source, as it lies there now, to the digest of its content: files of facts in work/data/index.

A folder of one's own has two: one by paths, sizes and times of change, which is found in a moment, and one by
what is in its files, for when they were moved, copied or touched.
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import unfinished
from experiments.entries import Listing

VERSION = 3
LIKENESS_VERSION = 2  # of what `likeness` finds


class Facts(NamedTuple):
    """What planning needs to know of a prepared data set without opening its images.

    grouped: images that stay together with others; bad: files that cannot be used; other: files that are no
    images; notices: what else somebody who uses it must know, a sentence each; kept_as: the index file that
    they were read from.
    """

    digest: str
    partition: str
    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    train_part: int
    test_part: int
    grouped: int = 0
    bad: int = 0
    first_bad: str = ""
    other: int = 0
    notices: tuple[str, ...] = ()
    kept_as: str = ""

    @classmethod
    def read(cls, file: Path) -> "Facts":
        """What an index file holds. Raises OSError, ValueError or TypeError where it holds none."""
        facts = cls(**json.loads(file.read_text(encoding="utf-8")))
        lists = {name: tuple(getattr(facts, name)) for name in ("classes", "image_shape", "notices")}
        return facts._replace(**lists, kept_as=str(file))

    @classmethod
    def kept(cls, file: Path) -> "Facts | None":
        """What an index file holds; None where there is none, or a damaged one."""
        try:
            return cls.read(file)
        except (OSError, ValueError, TypeError):
            return None

    @property
    def told(self) -> tuple[str, ...]:
        """What somebody must know who uses the data without its bad files."""
        if not self.bad:
            return self.notices
        left = f"{files(self.bad)} cannot be used and {'is' if self.bad == 1 else 'are'} left out"
        return (f"{left}, the first is {self.first_bad}", *self.notices)


def files(count: int) -> str:
    """`1 file`, `2,000 files`."""
    return "1 file" if count == 1 else f"{count:,} files"


class Files(NamedTuple):
    """Where the images of a data set of one's own came from; empty for a named one.

    names, sizes (width, height of the file's own picture): one an image; bad: name, reason and class; other:
    the number of files that are no images, by ending.
    """

    names: list[str] = []
    sizes: list[tuple[int, int]] = []
    bad: list[tuple[str, str, str]] = []
    other: dict[str, int] = {}

    def in_order(self, order: np.ndarray) -> "Files":
        """With names and sizes in the order of these positions."""
        if not self.names:
            return self
        names, sizes = ([values[position] for position in order] for values in (self.names, self.sizes))
        return self._replace(names=names, sizes=sizes)

    @classmethod
    def read(cls, file: Path) -> "Files":
        """What stands beside an index file."""
        beside = file.with_suffix(".files.json")
        return cls(**json.loads(beside.read_text(encoding="utf-8"))) if beside.exists() else cls()


def write(file: Path, facts: Facts, origin: Files) -> None:
    """An index file; what stands beside it first, so that it is whole once it is there."""
    if origin.names:
        write_bad(file, origin.bad)
        _put(file.with_suffix(".files.json"), json.dumps(origin._asdict()))
    _put(file, json.dumps(facts._replace(kept_as="")._asdict()))


def write_bad(file: Path, bad: Iterable[tuple[str, str, str]]) -> None:
    """The table of files that cannot be used, beside an index file: name, reason and class of each."""
    table = io.StringIO()
    csv.writer(table).writerows([["file", "reason", "class"], *bad])
    _put(bad_files(file), table.getvalue())


def _put(file: Path, text: str) -> None:
    """Write a file whole or not at all, also where another process does so too."""
    part = unfinished.beside(file)
    part.write_text(text, encoding="utf-8")
    unfinished.publish(part, file)


def bad_files(file: Path) -> Path:
    """The table of files that cannot be used, of an index file."""
    return file.with_suffix(".bad.csv")


def own(source: str) -> Path:
    """The folder or manifest of a source `path:…`."""
    return Path(source.removeprefix("path:")).expanduser().absolute()


def listing(source: str) -> Listing | None:
    """The files of a source `path:…` as they lie there now; None of a named one.

    Raises:
        UserError: a folder or manifest that is no data set.
    """
    if not source.startswith("path:"):
        return None
    from experiments import ingest

    return ingest.listing(own(source))


def path(
    source: str, listed: Listing | None, image_size: int | None, near_duplicates: str, work: Path
) -> Path:
    """The index file of a source by paths, sizes and times of change.

    listed: what `listing(source)` gives.
    """
    state: list[object] = [VERSION, source, image_size]
    if listed:
        state[1:] = [str(own(source).resolve()), image_size, near_duplicates, LIKENESS_VERSION]
        state += [listed.bad, listed.other, listed.notices, listed.given_test, listed.state, *_told(listed)]
    return work / "data" / "index" / f"{_key(state)}.json"


def by_content(file: Path, listed: Listing, image_size: int | None, near_duplicates: str) -> Path:
    """The index file beside this one by what is in the files, their names, classes, parts and groups."""
    from experiments import ingest

    settings = [VERSION, LIKENESS_VERSION, image_size, near_duplicates]
    content = [
        *settings,
        listed.bad,
        listed.other,
        listed.notices,
        listed.given_test,
        ingest.file_digests(listed),
        _told(listed),
    ]
    return file.with_name(f"content-{_key(content)}.json")


def _told(listed: Listing) -> list[tuple]:
    return [(os.path.relpath(each.file, listed.root), *each[1:]) for each in listed.entries]


def _key(content: list[object]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
