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

from experiments import files
from experiments.data.facts import Facts, Files
from experiments.data.photographs import listing
from experiments.data.photographs.entries import Listing

VERSION = 3
LIKENESS_VERSION = 2  # of what `likeness` finds


def write_index(file: Path, facts: Facts, origin: Files) -> None:
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
    part = files.beside(file)
    part.write_text(text, encoding="utf-8")
    files.publish(part, file)


def bad_files(file: Path) -> Path:
    """The table of files that cannot be used, of an index file."""
    return file.with_suffix(".bad.csv")


def own_path(source: str) -> Path:
    """The folder or manifest of a source `path:…`."""
    return Path(source.removeprefix("path:")).expanduser().absolute()


def listed(source: str) -> Listing | None:
    """The files of a source `path:…` as they lie there now; None of a named one.

    Raises:
        UserError: a folder or manifest that is no data set.
    """
    if not source.startswith("path:"):
        return None
    return listing.listing(own_path(source))


def index_file(
    source: str, listed: Listing | None, image_size: int | None, near_duplicates: str, work: Path
) -> Path:
    """The index file of a source by paths, sizes and times of change.

    listed: what `listing(source)` gives.
    """
    state: list[object] = [VERSION, source, image_size]
    if listed:
        state[1:] = [str(own_path(source).resolve()), image_size, near_duplicates, LIKENESS_VERSION]
        state += [
            listed.bad,
            listed.other,
            listed.notices,
            listed.given_test,
            listed.state,
            *_entries(listed),
        ]
    return work / "data" / "index" / f"{_key(state)}.json"


def content_index_file(file: Path, listed: Listing, image_size: int | None, near_duplicates: str) -> Path:
    """The index file beside this one by what is in the files, their names, classes, parts and groups."""
    settings = [VERSION, LIKENESS_VERSION, image_size, near_duplicates]
    content = [
        *settings,
        listed.bad,
        listed.other,
        listed.notices,
        listed.given_test,
        listing.file_digests(listed),
        _entries(listed),
    ]
    return file.with_name(f"content-{_key(content)}.json")


def _entries(listed: Listing) -> list[tuple]:
    return [(os.path.relpath(each.file, listed.root), *each[1:]) for each in listed.entries]


def _key(content: list[object]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


ARRAYS = ("images", "labels", "in_test", "image_digests")


def is_whole(folder: Path) -> bool:
    """Whether a prepared data set lies there with all its arrays."""
    facts = Facts.kept(folder / "dataset.json")
    arrays = [*ARRAYS, "groups"] if facts and facts.grouped else ARRAYS
    return facts is not None and all((folder / f"{name}.npy").exists() for name in arrays)


def folder(work: Path, digest: str, partition: str) -> Path:
    """The folder of a prepared data set."""
    return work / "data" / f"{digest[:32]}-{partition}"
