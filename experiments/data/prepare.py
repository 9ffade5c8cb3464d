"""How a data set comes to be kept: loaded or decoded, ordered by content, written whole or not at all.

    python -m experiments.data.prepare SOURCE [--image-size N] [--work FOLDER]

prepares one source and prints its facts.
"""

import argparse
import hashlib
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from experiments import command_line, files, processes, words
from experiments.command_line import Parser, exit_status
from experiments.data import kept, named
from experiments.data.facts import CHOICES, Facts, Files, Finding, Wanted
from experiments.data.near_copies import search
from experiments.data.near_copies.search import Copies
from experiments.data.photographs import doubts, listing, reading
from experiments.data.photographs.entries import Listing, NoImagesError
from experiments.data.photographs.levels import Range
from experiments.errors import UserError

COPIED = 2**26  # bytes at a time


@dataclass(frozen=True)
class _Loaded:
    """A data set of any source: arrays as in `dataset.Dataset`, in the order in which its images came.

    rows: int64 (n,), which of `images` belong to it; large_group, findings: as in `Facts`.
    """

    images: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    in_test: np.ndarray
    in_validation: np.ndarray
    digests: np.ndarray
    groups: np.ndarray
    classes: tuple[str, ...]
    files: Files
    large_group: Finding | None = None
    findings: tuple[Finding, ...] = ()
    grey_range: Range | None = None


def prepare(wanted: Wanted, work: Path) -> Facts:
    """Load a source, order it by content and keep it; files that cannot be used are left out and listed.

    Raises:
        UserError: the source cannot be had.
    """
    listed = listing.of_source(wanted)
    index = kept.index_file(wanted, listed, work)
    index.parent.mkdir(parents=True, exist_ok=True)
    by_content = None
    if listed:
        by_content = kept.content_index_file(wanted, listed, listing.file_digests(listed), work)
    facts = Facts.read(by_content) if by_content else None
    if facts and kept.is_whole(kept.folder(work, facts.digest, facts.partition)):
        # Moved, copied or touched: the same files were decoded before.
        kept.write_index(index, facts, Files.read(by_content))
        return facts.model_copy(update={"index": None})
    scratch = files.beside(work / "data" / "decoding")
    scratch.mkdir(exist_ok=True)
    try:
        loaded = _from_files(listed, wanted, scratch) if listed else _named(wanted)
        if kept.index_file(wanted, listing.of_source(wanted), work) != index:
            # What was decoded is not what was listed: under its digest there would be other pixels.
            raise UserError(kept.changed(wanted.source))
        facts, origin = _keep(loaded, work)
    except NoImagesError as error:
        kept.write_bad(index, error.bad)
        raise UserError(f"{error}; {kept.bad_table(index)} lists them all") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for each in filter(None, (by_content, index)):
        kept.write_index(each, facts, origin)
    return facts


def _named(wanted: Wanted) -> _Loaded:
    loaded = named.load(wanted.source, wanted.image_size)
    alone = np.arange(len(loaded.labels))
    return _Loaded(
        images=loaded.images,
        rows=alone,
        labels=loaded.labels,
        in_test=loaded.in_test,
        in_validation=np.zeros(len(alone), bool),
        digests=np.array([hashlib.sha256(image.tobytes()).digest() for image in loaded.images], "S32"),
        groups=alone,
        classes=loaded.classes,
        files=Files(),
    )


def _from_files(listed: Listing, wanted: Wanted, scratch: Path) -> _Loaded:
    """Decode a folder or list, group its images, and note what is doubtful about them."""
    found = reading.read(listed, wanted.image_size, scratch, wanted.grey_range)
    names = found.files.names
    together = wanted.near_duplicates == "together"
    copies = _copies(found) if together else Copies(np.empty((0, 2), np.int64), np.arange(len(names)))
    edges = np.stack([np.arange(len(names)), copies.centres], axis=1)
    groups = doubts.groups(found.groups, found.digests, edges)
    return _Loaded(
        images=found.images,
        rows=found.rows,
        labels=found.labels,
        in_test=found.in_test,
        in_validation=found.in_validation,
        digests=found.digests,
        groups=groups,
        classes=found.classes,
        files=found.files,
        grey_range=found.grey_range,
        large_group=doubts.large_group(groups, names),
        findings=(
            *listed.findings,
            *found.findings,
            *([] if together else [doubts.NOT_LOOKED_FOR]),
            *doubts.in_two_classes(doubts.of_two_classes(copies.pairs, found.labels), names),
            *doubts.seldom_found(copies.found),
            *doubts.in_both_parts(groups, ~(found.in_test | found.in_validation), found.in_test, names),
            *doubts.black(found.versions, names),
            *doubts.enlarged(found.files.sizes, wanted.image_size, names),
        ),
    )


def _copies(found: reading.Found) -> Copies:
    """The copies among the images, by position; each picture is looked at once, in the digests' order."""
    _, first, number = np.unique(found.digests, return_index=True, return_inverse=True)
    words.tell(f"looking for copies among {len(first):,} images")
    together = doubts.groups(found.groups, found.digests, np.empty((0, 2), np.int64))
    unique = search.copies(
        found.versions[first],
        [found.references[at] for at in first.tolist() if at in found.references],
        together[first],
        int(np.median([min(size) for size in found.files.sizes])),
        words.tell,
    )
    # Pairs in the order of the files, which is the one that people know.
    pairs = np.sort(first[unique.pairs], axis=1)
    return Copies(pairs[np.lexsort(pairs.T[::-1])], first[unique.centres][number], unique.found)


def _keep(loaded: _Loaded, work: Path) -> tuple[Facts, Files]:
    """Write the data set under its content; its facts, and its files in its order."""
    raw = np.frombuffer(loaded.digests.tobytes(), np.uint8).reshape(-1, 32)
    order = np.lexsort(
        (loaded.in_validation, loaded.in_test, *(raw[:, byte] for byte in range(31, -1, -1)), loaded.labels)
    )
    content = hashlib.sha256(repr(loaded.images.shape[1:]).encode())
    for position in order:
        content.update(loaded.classes[loaded.labels[position]].encode() + b"\0" + raw[position].tobytes())
    in_test, in_validation = loaded.in_test[order], loaded.in_validation[order]
    groups = numbered(loaded.groups[order])
    sizes = np.bincount(groups)
    grouped = int(sizes[sizes > 1].sum())
    bad = loaded.files.bad
    facts = Facts(
        digest=content.hexdigest(),
        partition=hashlib.sha256(
            in_test.tobytes()
            + (groups.tobytes() if grouped else b"")
            + (in_validation.tobytes() if in_validation.any() else b"")
        ).hexdigest()[:16],
        classes=loaded.classes,
        image_shape=loaded.images.shape[1:],
        train_part=int((~in_test & ~in_validation).sum()),
        test_part=int(in_test.sum()),
        validation_part=int(in_validation.sum()),
        grey_range=loaded.grey_range,
        grouped=grouped,
        bad=len(bad),
        first_bad=f"{bad[0].name}: {bad[0].reason}" if bad else "",
        other=sum(loaded.files.other.values()),
        large_group=loaded.large_group,
        findings=loaded.findings,
    )
    folder = kept.folder(work, facts.digest, facts.partition)
    if not kept.is_whole(folder):
        arrays = {"labels": loaded.labels[order], "in_test": in_test, "image_digests": raw[order]}
        arrays |= {Path(kept.GROUPS).stem: groups} if grouped else {}
        arrays |= {Path(kept.VALIDATION).stem: in_validation} if in_validation.any() else {}
        _write(folder, loaded.images, loaded.rows[order], arrays, facts)
    return facts, loaded.files.in_order(order)


def _write(
    folder: Path, images: np.ndarray, rows: np.ndarray, arrays: Mapping[str, np.ndarray], facts: Facts
) -> None:
    """Write the folder whole or not at all; the images may be more than memory holds."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with files.writing(folder) as part:
            part.mkdir()
            for name, values in arrays.items():
                np.save(part / f"{name}.npy", values)
            written = files.create_array(part / "images.npy", (len(rows), *images.shape[1:]))
            count = max(1, COPIED // images[0].nbytes)
            for start in range(0, len(rows), count):
                written[start : start + count] = images[rows[start : start + count]]
            written.flush()
            del written
            (part / kept.FACTS).write_text(facts.model_dump_json(), encoding="utf-8")
            if not kept.is_whole(folder):
                shutil.rmtree(folder, ignore_errors=True)  # somebody deleted a part of it
    except OSError:
        # Another process may have kept the same content meanwhile.
        if not kept.is_whole(folder):
            raise


def numbered(groups: np.ndarray) -> np.ndarray:
    """Groups counted from 0, in the order in which their first images stand."""
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[group].astype(np.int64)


def main() -> int:
    """Prepare one source and print its facts as JSON."""
    parser = Parser(description="Decode a data source once and keep it by its digest.")
    parser.add_argument("source", help=f"one of: {CHOICES}")
    parser.add_argument("--image-size", type=command_line.positive, help="fit each image to N × N pixels")
    parser.add_argument(
        "--near-duplicates",
        choices=("together", "apart"),
        default="together",
        help="whether images of a folder that are nearly the same stay on one side (default: together)",
    )
    parser.add_argument("--work", type=Path, default=Path("work"), help="where to keep it (default: work)")
    parser.add_argument("--taken", help=argparse.SUPPRESS)
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input is closed")
    options = parser.parse_args()
    if options.with_parent:
        processes.end_with_parent()
    wanted = Wanted(options.source, options.image_size, options.near_duplicates)
    if options.taken:  # by a command that read it of a study
        wanted = TypeAdapter(Wanted).validate_json(options.taken)
    print(prepare(wanted, options.work).model_dump_json(ensure_ascii=True))
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
