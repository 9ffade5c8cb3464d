"""How a data set comes to be kept: loaded or decoded, ordered by content, written whole or not at all."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import index, mapped, notices, progress, unfinished
from experiments.entries import Listing, NothingLeft
from experiments.errors import UserError
from experiments.index import Facts, Files

ARRAYS = ("images", "labels", "in_test", "image_digests")
COPIED = 2**26  # bytes at a time


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
    listed = index.listing(source)
    kept_as = index.path(source, listed, image_size, near_duplicates, work)
    kept_as.parent.mkdir(parents=True, exist_ok=True)
    by_content = index.by_content(kept_as, listed, image_size, near_duplicates) if listed else None
    facts = Facts.kept(by_content) if by_content else None
    if facts and is_whole(place(work, facts.digest, facts.partition)):
        # Moved, copied or touched: the same files were decoded before.
        index.write(kept_as, facts, Files.read(by_content))
        return facts._replace(kept_as="")
    scratch = unfinished.beside(work / "data" / "decoding")
    scratch.mkdir(exist_ok=True)
    try:
        found = _load(source, listed, image_size, near_duplicates, scratch)
        if index.path(source, index.listing(source), image_size, near_duplicates, work) != kept_as:
            # What was decoded is not what was listed: under its digest there would be other pixels.
            raise UserError(changed(source))
        facts, files = _keep(found, work)
    except NothingLeft as error:
        index.write_bad(kept_as, error.bad)
        raise UserError(f"{error}; {index.bad_files(kept_as)} lists them all") from None
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
        told = list(listed.notices)
        if near_duplicates == "together":
            progress.tell(f"looking for near duplicates among {len(found.files.names):,} images")
            noted = notices.Noted(likeness.pairs(found.fingerprints), found.labels)
            groups = likeness.groups(found.groups, found.digests, noted)
            told += noted.told(found.files.names)
        else:
            groups = likeness.groups(found.groups, found.digests, [])
            told.append(notices.NOT_LOOKED_FOR)
        told += notices.in_both_parts(groups, found.in_test, found.files.names)
        told += notices.black(likeness.pictures(found.fingerprints), found.files.names)
        told += notices.enlarged(found.files.sizes, image_size)
        return _Loaded(
            found.images, found.rows, found.labels, found.in_test, found.digests, groups, found.classes,
            found.files, tuple(told),
        )  # fmt: skip
    from experiments import sources

    named = sources.load(source, image_size)
    digests = np.array([hashlib.sha256(image.tobytes()).digest() for image in named.images], "S32")
    alone = np.arange(len(named.labels))
    return _Loaded(named.images, alone, named.labels, named.in_test, digests, alone, named.classes, Files())


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
    if not is_whole(target):
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
        if not is_whole(target):
            shutil.rmtree(target, ignore_errors=True)  # somebody deleted a part of it
        unfinished.publish(made, target)
    except OSError:
        shutil.rmtree(made)  # the disk may be full: what is of no use makes room
        # Another process may have kept the same content meanwhile.
        if not is_whole(target):
            raise


def numbered(groups: np.ndarray) -> np.ndarray:
    """Groups counted from 0, in the order in which their first images stand."""
    _, first, of = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[of].astype(np.int64)


def is_whole(folder: Path) -> bool:
    """Whether a prepared data set lies there with all its arrays."""
    facts = Facts.kept(folder / "dataset.json")
    arrays = [*ARRAYS, "groups"] if facts and facts.grouped else ARRAYS
    return facts is not None and all((folder / f"{name}.npy").exists() for name in arrays)


def changed(source: str) -> str:
    """What to say where files are not as they were listed."""
    return (
        f"data source {source}: its files changed while they were read; start again once they are all there"
    )


def place(work: Path, digest: str, partition: str) -> Path:
    """The folder of a prepared data set."""
    return work / "data" / f"{digest[:32]}-{partition}"
