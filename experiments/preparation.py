"""How a data set comes to be kept: loaded or decoded, ordered by content, written whole or not at all."""

import csv
import hashlib
import io
import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import likeness, mapped, progress, unfinished
from experiments.entries import BadFile

CACHE_VERSION = 2
ARRAYS = ("images", "labels", "in_test", "image_digests")
COPIED = 2**26  # bytes at a time


class Facts(NamedTuple):
    """What planning needs to know of a prepared data set without opening its images.

    class_counts: images a class; grouped: images that stay together with others; bad: files left out.
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

    @classmethod
    def read(cls, index: Path) -> "Facts":
        """What an index file holds. Raises OSError, ValueError or TypeError where it holds none."""
        facts = cls(**json.loads(index.read_text(encoding="utf-8")))
        return facts._replace(classes=tuple(facts.classes), image_shape=tuple(facts.image_shape))


class _Loaded(NamedTuple):
    """Any data set on its way: arrays as in `datasets.Dataset`, in the order in which they came."""

    images: np.ndarray
    labels: np.ndarray
    in_test: np.ndarray
    digests: np.ndarray
    groups: np.ndarray
    classes: tuple[str, ...]
    files: list[str]
    sizes: list[tuple[int, int]]
    bad: list[BadFile]
    alike: list[tuple[int, int]]
    other: dict[str, int]


def prepare(source: str, image_size: int | None, near_duplicates: str, work: Path) -> Facts:
    """Load a source, order it by content and keep it; files that cannot be used are left out and listed.

    Raises:
        UserError: the source cannot be had.
    """
    # The listing is taken before the files are read: files that change meanwhile change the next listing.
    kept_as = index(source, image_size, near_duplicates, work)
    kept_as.parent.mkdir(parents=True, exist_ok=True)
    scratch = unfinished.beside(work / "data" / "decoding")
    scratch.mkdir(exist_ok=True)
    try:
        found = _load(source, image_size, near_duplicates, scratch)
        facts, order = _keep(found, work)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    _list_files(kept_as, found, order)
    unfinished.replace(kept_as, json.dumps(facts._asdict()))
    return facts


def _load(source: str, image_size: int | None, near_duplicates: str, scratch: Path) -> _Loaded:
    if source.startswith("path:"):
        from experiments import ingest

        found = ingest.read(ingest.listing(own(source)), image_size, scratch)
        pairs = []
        if near_duplicates == "together":
            progress.tell(f"looking for near duplicates among {len(found.files):,} images")
            pairs = likeness.pairs(found.fingerprints)
        groups = likeness.groups(
            found.groups, found.digests if near_duplicates == "together" else None, pairs
        )
        return _Loaded(
            found.images, found.labels, found.in_test, found.digests, groups, found.classes,
            found.files, found.sizes, found.bad, pairs, found.other,
        )  # fmt: skip
    from experiments import sources

    named = sources.load(source, image_size)
    digests = np.array([hashlib.sha256(image.tobytes()).digest() for image in named.images], "S32")
    alone = np.arange(len(named.labels))
    return _Loaded(
        named.images, named.labels, named.in_test, digests, alone, named.classes, [], [], [], [], {}
    )


def _keep(found: _Loaded, work: Path) -> tuple[Facts, np.ndarray]:
    """Write the data set by its content; what is known of it, and the order of its images."""
    raw = np.frombuffer(found.digests.tobytes(), np.uint8).reshape(-1, 32)
    order = np.lexsort((found.in_test, *(raw[:, byte] for byte in range(31, -1, -1)), found.labels))
    content = hashlib.sha256(repr(found.images.shape[1:]).encode())
    for position in order:
        content.update(found.classes[found.labels[position]].encode() + b"\0" + raw[position].tobytes())
    in_test = found.in_test[order]
    groups = likeness.numbered(found.groups[order])
    sizes = np.bincount(groups)
    grouped = int(sizes[sizes > 1].sum())
    facts = Facts(
        digest=content.hexdigest(),
        partition=hashlib.sha256(in_test.tobytes() + (groups.tobytes() if grouped else b"")).hexdigest()[:16],
        classes=found.classes,
        image_shape=found.images.shape[1:],
        train_part=int((~in_test).sum()),
        test_part=int(in_test.sum()),
        grouped=grouped,
        bad=len(found.bad),
        first_bad=f"{found.bad[0].name}: {found.bad[0].reason}" if found.bad else "",
    )
    target = place(work, facts.digest, facts.partition)
    if not (target / "dataset.json").exists():
        arrays = {"labels": found.labels[order], "in_test": in_test, "image_digests": raw[order]}
        _write(target, found.images, order, arrays | ({"groups": groups} if grouped else {}), facts)
    return facts, order


def _write(
    target: Path, images: np.ndarray, order: np.ndarray, arrays: dict[str, np.ndarray], facts: Facts
) -> None:
    """Write the folder whole or not at all; the images may be more than memory holds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made = unfinished.beside(target)
    made.mkdir()
    try:
        for name, values in arrays.items():
            np.save(made / f"{name}.npy", values)
        written = mapped.create(made / "images.npy", images.shape)
        count = max(1, COPIED // images[0].nbytes)
        for start in range(0, len(order), count):
            written[start : start + count] = images[order[start : start + count]]
        written.flush()
        del written
        (made / "dataset.json").write_text(json.dumps(facts._asdict()))
        unfinished.publish(made, target)
    except OSError:
        shutil.rmtree(made)  # the disk may be full: what is of no use makes room
        # Another process may have kept the same content meanwhile.
        if not (target / "dataset.json").exists():
            raise


def _list_files(kept_as: Path, found: _Loaded, order: np.ndarray) -> None:
    """Beside the index: the file of each image, what was left out, which are alike."""
    if not found.files:
        return
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["file", "reason"])
    rows.writerows(found.bad)
    unfinished.replace(bad_files(kept_as), table.getvalue())
    places = np.empty(len(order), int)
    places[order] = np.arange(len(order))
    told = {
        "files": [found.files[position] for position in order],
        "sizes": [found.sizes[position] for position in order],
        "alike": [[int(places[one]), int(places[other])] for one, other in found.alike],
        "other": found.other,
    }
    unfinished.replace(origin(kept_as), json.dumps(told))


def bad_files(kept_as: Path) -> Path:
    """The table of files that were left out, of an index."""
    return kept_as.with_suffix(".bad.csv")


def origin(kept_as: Path) -> Path:
    """What is known of an index's files: `files` and `sizes`, in the order of the images; `alike`, pairs."""
    return kept_as.with_suffix(".files.json")


def place(work: Path, digest: str, partition: str) -> Path:
    """The folder of a prepared data set."""
    return work / "data" / f"{digest[:32]}-{partition}"


def own(source: str) -> Path:
    """The folder or manifest of a source `path:…`."""
    return Path(source.removeprefix("path:")).expanduser()


def index(source: str, image_size: int | None, near_duplicates: str, work: Path) -> Path:
    """The file that leads from a source, as it lies there now, to the digest of its content.

    Raises:
        UserError: a folder or manifest that is no data set.
    """
    listed: list[object] = [CACHE_VERSION, source, image_size]
    if source.startswith("path:"):
        from experiments import ingest

        path = own(source)
        found = ingest.listing(path)
        listed[1:] = [
            str(path.resolve()),
            image_size,
            near_duplicates,
            likeness.VERSION,
            found.bad,
            found.state,
        ]
        listed += [(os.fspath(file), *rest) for file, *rest in found.entries]
    key = hashlib.sha256(json.dumps(listed).encode()).hexdigest()
    return work / "data" / "index" / f"{key[:32]}.json"
