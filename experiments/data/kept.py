"""From a source, as it lies there now, to the digest of its content: files of facts in work/data/index.

A folder or list has two: one by paths, sizes and times of change, which is found in a moment, and one by
what is in its files, for when they were moved, copied or touched.
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path

from experiments import files, names
from experiments.data.facts import BadFile, Facts, Files, Wanted
from experiments.data.photographs.entries import Listing

VERSION = 6
LIKENESS_VERSION = 4  # of what `doubts` finds


def write_index(index: Path, facts: Facts, origin: Files) -> None:
    """Write an index file; first what stands beside it, so that it is whole once it is there."""
    if origin.names:
        write_bad(index, origin.bad)
        files.replace(Files.beside(index), origin.model_dump_json())
    files.replace(index, facts.model_dump_json())


def write_bad(index: Path, bad: Iterable[BadFile]) -> None:
    """Write the table of files that cannot be used, beside an index file."""
    table = io.StringIO()
    csv.writer(table).writerows([["file", "reason", "class"], *(each[:3] for each in bad)])
    text = table.getvalue()
    files.replace(bad_table(index), text.encode(names.table_encoding(text)))


def bad_table(index: Path) -> Path:
    """The path of the table of files that cannot be used, beside an index file."""
    return index.with_suffix(".bad.csv")


def index_file(wanted: Wanted, listed: Listing | None, work: Path) -> Path:
    """The index file of a source by paths, sizes and times of change; listed: its files."""
    state: list[object] = [VERSION, wanted.source, wanted.image_size]
    if listed:
        state = [
            VERSION,
            str(wanted.path.resolve()),
            *wanted.reading,
            LIKENESS_VERSION,
            listed.bad,
            listed.other,
            listed.findings,
            sorted(listed.given),
            listed.state,
            *_entries(listed),
        ]
    return work / "data" / "index" / f"{_key(state)}.json"


def content_index_file(wanted: Wanted, listed: Listing, digests: list[str], work: Path) -> Path:
    """The index file of a source by what is in its files, their names, classes, parts and groups.

    digests: of the listed files, in their order.
    """
    content = [
        VERSION,
        LIKENESS_VERSION,
        *wanted.reading,
        listed.bad,
        listed.other,
        listed.findings,
        sorted(listed.given),
        digests,
        _entries(listed),
    ]
    return work / "data" / "index" / f"content-{_key(content)}.json"


def _entries(listed: Listing) -> list[tuple]:
    return [(os.path.relpath(each.file, listed.root), *each[1:]) for each in listed.entries]


def _key(content: list[object]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


FACTS = "dataset.json"
ARRAYS = ("images", "labels", "in_test", "image_digests")
GROUPS, VALIDATION = "groups.npy", "in_validation.npy"  # where the data set has any


def folder(work: Path, digest: str, partition: str) -> Path:
    """The folder of the prepared data set that has this digest and partition."""
    return work / "data" / f"{digest[:32]}-{partition}"


def is_whole(folder: Path) -> bool:
    """True if a prepared data set lies in the folder with all its arrays."""
    facts = Facts.read(folder / FACTS)
    if facts is None:
        return False
    files = [f"{name}.npy" for name in ARRAYS]
    files += [GROUPS] if facts.grouped else []
    files += [VALIDATION] if facts.validation_part else []
    return all((folder / name).exists() for name in files)


def changed(source: str) -> str:
    """What to say where files are not as they were listed."""
    return (
        f"data source {source}: its files changed while they were read; start again once they are all there"
    )
