"""How a data set comes to be kept: loaded or decoded, ordered by content, written whole or not at all.

    python -m experiments.data.prepare SOURCE [--image-size N] [--work FOLDER]

prepares one source and prints what it found.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import command_line, files, processes, words
from experiments.command_line import Parser, exit_status
from experiments.data import kept, named
from experiments.data.facts import Facts, Files
from experiments.data.photographs import doubts, reading
from experiments.data.photographs.entries import Listing, NothingLeft
from experiments.errors import UserError
from experiments.files import beside

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
    listed = kept.listed(source)
    kept_as = kept.index_file(source, listed, image_size, near_duplicates, work)
    kept_as.parent.mkdir(parents=True, exist_ok=True)
    by_content = kept.content_index_file(kept_as, listed, image_size, near_duplicates) if listed else None
    facts = Facts.kept(by_content) if by_content else None
    if facts and kept.is_whole(kept.folder(work, facts.digest, facts.partition)):
        # Moved, copied or touched: the same files were decoded before.
        kept.write_index(kept_as, facts, Files.read(by_content))
        return facts._replace(kept_as="")
    scratch = beside(work / "data" / "decoding")
    scratch.mkdir(exist_ok=True)
    try:
        found = _load(source, listed, image_size, near_duplicates, scratch)
        if kept.index_file(source, kept.listed(source), image_size, near_duplicates, work) != kept_as:
            # What was decoded is not what was listed: under its digest there would be other pixels.
            raise UserError(changed(source))
        facts, files = _keep(found, work)
    except NothingLeft as error:
        kept.write_bad(kept_as, error.bad)
        raise UserError(f"{error}; {kept.bad_files(kept_as)} lists them all") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for made in filter(None, (by_content, kept_as)):
        kept.write_index(made, facts, files)
    return facts


def _load(
    source: str, listed: Listing | None, image_size: int | None, near_duplicates: str, scratch: Path
) -> _Loaded:
    if listed:
        found = reading.read(listed, image_size, scratch)
        told = list(listed.notices)
        if near_duplicates == "together":
            words.tell(f"looking for near duplicates among {len(found.files.names):,} images")
            noted = doubts.Noted(doubts.pairs(found.fingerprints), found.labels)
            groups = doubts.groups(found.groups, found.digests, noted)
            told += noted.told(found.files.names)
        else:
            groups = doubts.groups(found.groups, found.digests, [])
            told.append(doubts.NOT_LOOKED_FOR)
        told += doubts.in_both_parts(groups, found.in_test, found.files.names)
        told += doubts.black(doubts.pictures(found.fingerprints), found.files.names)
        told += doubts.enlarged(found.files.sizes, image_size)
        return _Loaded(
            found.images, found.rows, found.labels, found.in_test, found.digests, groups, found.classes,
            found.files, tuple(told),
        )  # fmt: skip
    loaded = named.load(source, image_size)
    digests = np.array([hashlib.sha256(image.tobytes()).digest() for image in loaded.images], "S32")
    alone = np.arange(len(loaded.labels))
    return _Loaded(
        loaded.images, alone, loaded.labels, loaded.in_test, digests, alone, loaded.classes, Files()
    )


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
    target = kept.folder(work, facts.digest, facts.partition)
    if not kept.is_whole(target):
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
    made = files.beside(target)
    made.mkdir()
    try:
        for name, values in arrays.items():
            np.save(made / f"{name}.npy", values)
        written = files.create_array(made / "images.npy", (len(rows), *images.shape[1:]))
        count = max(1, COPIED // images[0].nbytes)
        for start in range(0, len(rows), count):
            written[start : start + count] = images[rows[start : start + count]]
        written.flush()
        del written
        (made / "dataset.json").write_text(json.dumps(facts._asdict()))
        if not kept.is_whole(target):
            shutil.rmtree(target, ignore_errors=True)  # somebody deleted a part of it
        files.publish(made, target)
    except OSError:
        shutil.rmtree(made)  # the disk may be full: what is of no use makes room
        # Another process may have kept the same content meanwhile.
        if not kept.is_whole(target):
            raise


def numbered(groups: np.ndarray) -> np.ndarray:
    """Groups counted from 0, in the order in which their first images stand."""
    _, first, of = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[of].astype(np.int64)


def changed(source: str) -> str:
    """What to say where files are not as they were listed."""
    return (
        f"data source {source}: its files changed while they were read; start again once they are all there"
    )


def main() -> int:
    """Prepare one source and print its summary as JSON."""
    parser = Parser(description="Decode a data source once and keep it by its digest.")
    parser.add_argument(
        "source", help="fashion_mnist, mnist, cifar10, cifar100, digits or path:FOLDER or path:LIST.csv"
    )
    parser.add_argument("--image-size", type=command_line.positive, help="fit each image to N × N pixels")
    parser.add_argument(
        "--near-duplicates",
        choices=("together", "apart"),
        default="together",
        help="whether images of a folder that are nearly the same stay on one side (default: together)",
    )
    parser.add_argument("--work", type=Path, default=Path("work"), help="where to keep it (default: work)")
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input is closed")
    asked = parser.parse_args()
    if asked.with_parent:
        processes.end_with_parent()
    facts = prepare(asked.source, asked.image_size, asked.near_duplicates, asked.work)
    print(json.dumps(facts._asdict()))
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
