"""How a data set comes to be kept: loaded or decoded, ordered by content, written whole or not at all."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import index, mapped, progress, unfinished
from experiments.entries import Listing
from experiments.index import Facts, Files

ARRAYS = ("images", "labels", "in_test", "image_digests")
COPIED = 2**26  # bytes at a time
NOT_LOOKED_FOR = (
    "near duplicates are not looked for (near_duplicates: apart): of two versions of one photograph one may "
    "train and the other be tested"
)


class _Loaded(NamedTuple):
    """Any data set on its way: arrays as in `datasets.Dataset`, in the order in which they came.

    rows: int64 (n,), which of the images it is made of; notices: as in `Facts`.
    """

    images: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    in_test: np.ndarray
    digests: np.ndarray
    groups: np.ndarray
    classes: tuple[str, ...]
    files: Files
    notices: tuple[str, ...] = ()


def prepare(source: str, image_size: int | None, near_duplicates: str, work: Path) -> Facts:
    """Load a source, order it by content and keep it; files that cannot be used are left out and listed.

    Raises:
        UserError: the source cannot be had.
    """
    # The listing is taken before the files are read: files that change meanwhile change the next listing.
    listed = index.listing(source)
    kept_as = index.path(source, listed, image_size, near_duplicates, work)
    kept_as.parent.mkdir(parents=True, exist_ok=True)
    by_content = index.by_content(kept_as, listed, image_size, near_duplicates) if listed else None
    if by_content and by_content.exists():
        facts = Facts.read(by_content)
        if (place(work, facts.digest, facts.partition) / "dataset.json").exists():
            # Moved, copied or touched: the same files were decoded before.
            index.write(kept_as, facts, Files.read(by_content))
            return facts._replace(kept_as="")
    scratch = unfinished.beside(work / "data" / "decoding")
    scratch.mkdir(exist_ok=True)
    try:
        found = _load(source, listed, image_size, near_duplicates, scratch)
        facts, files = _keep(found, work)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for made in filter(None, (by_content, kept_as)):
        index.write(made, facts, files)
    return facts


def _load(
    source: str, listed: Listing | None, image_size: int | None, near_duplicates: str, scratch: Path
) -> _Loaded:
    if listed:
        from experiments import ingest, likeness

        found = ingest.read(listed, image_size, scratch)
        notices = list(listed.notices)
        if near_duplicates == "together":
            progress.tell(f"looking for near duplicates among {len(found.files.names):,} images")
            noted = _Noted(likeness.pairs(found.fingerprints), found.labels)
            groups = likeness.groups(found.groups, found.digests, noted)
            notices += noted.told(found.files.names)
        else:
            groups = likeness.groups(found.groups, found.digests, [])
            notices.append(NOT_LOOKED_FOR)
        notices += _in_both_parts(groups, found.in_test, found.files.names)
        notices += _enlarged(found.files.sizes, image_size)
        return _Loaded(
            found.images, found.rows, found.labels, found.in_test, found.digests, groups, found.classes,
            found.files, tuple(notices),
        )  # fmt: skip
    from experiments import sources

    named = sources.load(source, image_size)
    digests = np.array([hashlib.sha256(image.tobytes()).digest() for image in named.images], "S32")
    alone = np.arange(len(named.labels))
    return _Loaded(named.images, alone, named.labels, named.in_test, digests, alone, named.classes, Files())


def _in_both_parts(groups: np.ndarray, in_test: np.ndarray, files: list[str]) -> list[str]:
    """A sentence on training images that are copies of images of the given test part, where there are any."""
    copies = np.flatnonzero(~in_test & np.isin(groups, groups[in_test]))
    if not len(copies):
        return []
    one = copies[0]
    other = np.flatnonzero(in_test & (groups == groups[one]))[0]
    return [
        f"{len(copies):,} of {int((~in_test).sum()):,} images of train/ are copies of test images or nearly; "
        f"none trains whose copy is tested; the first is {files[one]}, like {files[other]}"
    ]


def _enlarged(sizes: list[tuple[int, int]], image_size: int | None) -> list[str]:
    """A sentence on images that are smaller than they are made, where there are any."""
    count = sum(min(size) < (image_size or 0) for size in sizes)
    if not count:
        return []
    told = f"{count:,} of {len(sizes):,} images are" if count > 1 else f"1 of {len(sizes):,} images is"
    return [f"{told} smaller than {image_size} pixels and enlarged to them"]


class _Noted:
    """Pairs of images that are nearly the same, on their way: which of them are of two classes is noted."""

    def __init__(self, pairs: Iterable[np.ndarray], labels: np.ndarray) -> None:
        self._pairs, self._labels = pairs, labels
        self._unlike = np.zeros(len(labels), bool)
        self._first: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[np.ndarray]:
        for pairs in self._pairs:
            ones, others = self._labels[pairs].T
            unlike = pairs[ones != others]
            self._unlike[unlike] = True
            if len(unlike) and self._first is None:
                self._first = tuple(unlike[0])
            yield pairs

    def told(self, files: list[str]) -> list[str]:
        """A sentence, where there are any."""
        if self._first is None:
            return []
        one, other = (files[position] for position in self._first)
        return [
            f"{self._unlike.sum():,} images are nearly the same as one of another class, the first are {one} "
            f"and {other}; look whether their labels are right"
        ]


def _keep(found: _Loaded, work: Path) -> tuple[Facts, Files]:
    """Write the data set by its content; what is known of it, and its files in its order."""
    raw = np.frombuffer(found.digests.tobytes(), np.uint8).reshape(-1, 32)
    order = np.lexsort((found.in_test, *(raw[:, byte] for byte in range(31, -1, -1)), found.labels))
    content = hashlib.sha256(repr(found.images.shape[1:]).encode())
    for position in order:
        content.update(found.classes[found.labels[position]].encode() + b"\0" + raw[position].tobytes())
    in_test = found.in_test[order]
    groups = numbered(found.groups[order])
    sizes = np.bincount(groups)
    grouped = int(sizes[sizes > 1].sum())
    files = found.files
    facts = Facts(
        digest=content.hexdigest(),
        partition=hashlib.sha256(in_test.tobytes() + (groups.tobytes() if grouped else b"")).hexdigest()[:16],
        classes=found.classes,
        image_shape=found.images.shape[1:],
        train_part=int((~in_test).sum()),
        test_part=int(in_test.sum()),
        grouped=grouped,
        bad=len(files.bad),
        first_bad=": ".join(files.bad[0][:2]) if files.bad else "",
        other=sum(files.other.values()),
        notices=found.notices,
    )
    target = place(work, facts.digest, facts.partition)
    if not (target / "dataset.json").exists():
        arrays = {"labels": found.labels[order], "in_test": in_test, "image_digests": raw[order]}
        _write(
            target, found.images, found.rows[order], arrays | ({"groups": groups} if grouped else {}), facts
        )
    return facts, files.in_order(order)


def _write(
    target: Path, images: np.ndarray, rows: np.ndarray, arrays: dict[str, np.ndarray], facts: Facts
) -> None:
    """Write the folder whole or not at all; the images may be more than memory holds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made = unfinished.beside(target)
    made.mkdir()
    try:
        for name, values in arrays.items():
            np.save(made / f"{name}.npy", values)
        written = mapped.create(made / "images.npy", (len(rows), *images.shape[1:]))
        count = max(1, COPIED // images[0].nbytes)
        for start in range(0, len(rows), count):
            written[start : start + count] = images[rows[start : start + count]]
        written.flush()
        del written
        (made / "dataset.json").write_text(json.dumps(facts._asdict()))
        unfinished.publish(made, target)
    except OSError:
        shutil.rmtree(made)  # the disk may be full: what is of no use makes room
        # Another process may have kept the same content meanwhile.
        if not (target / "dataset.json").exists():
            raise


def numbered(groups: np.ndarray) -> np.ndarray:
    """Groups counted from 0, in the order in which their first images stand."""
    _, first, of = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[of].astype(np.int64)


def place(work: Path, digest: str, partition: str) -> Path:
    """The folder of a prepared data set."""
    return work / "data" / f"{digest[:32]}-{partition}"
