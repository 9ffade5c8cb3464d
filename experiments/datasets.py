"""Prepared data sets: decoded once, kept by the digest of their content, memory-mapped by the trials.

    python -m experiments.datasets SOURCE [--image-size N] [--work FOLDER]

prepares one source and says what it found. The digest depends on the classes and the pixels alone, not on
file names, folders or order: the images are kept in the order of (class, SHA-256 of the image). How they may
be parted is told by a second digest, the partition: the data set's own test part, and the groups that stay
together.
"""

import json
import sys
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from experiments import arguments, children, index, preparation, progress
from experiments.errors import Parser, UserError, exit_status
from experiments.index import Facts
from experiments.preparation import ARRAYS

OnBad = Literal["stop", "skip"]
NearDuplicates = Literal["together", "apart"]


class Wanted(NamedTuple):
    """Which data, and how it is taken. on_bad is what to do about files that cannot be used."""

    source: str
    image_size: int | None = None
    near_duplicates: NearDuplicates = "together"
    on_bad: OnBad = "stop"


class Dataset(NamedTuple):
    """A prepared data set.

    images: uint8 (n, height, width, channels); labels: int64 (n,); in_test: bool (n,);
    image_digests: 32 bytes each (n,); groups: int64 (n,), equal for images that stay on one side of a split.
    """

    classes: tuple[str, ...]
    images: np.ndarray
    labels: np.ndarray
    in_test: np.ndarray
    image_digests: np.ndarray
    groups: np.ndarray


def summary(wanted: Wanted, work: Path) -> Facts:
    """What planning needs to know of a data set; a child process prepares it if nothing is kept of it.

    Raises:
        UserError: the data cannot be had, or a file of it cannot be used and `on_bad` is "stop".
    """
    listed = index.listing(wanted.source)
    kept_as = index.path(wanted.source, listed, wanted.image_size, wanted.near_duplicates, work)
    facts = _kept(kept_as, work)
    if not facts:
        _prepare_in_child(wanted, work)
        facts = _kept(kept_as, work)
        if not facts:
            raise UserError(preparation.changed(wanted.source))
        if facts.other:
            print(
                f"left out, since they are no images: {index.files(facts.other)}", file=sys.stderr, flush=True
            )
    if facts.bad and wanted.on_bad == "stop":
        raise UserError(
            f"data source {wanted.source}: {index.files(facts.bad)} cannot be used, the first is "
            f"{facts.first_bad}; {index.bad_files(kept_as)} lists them: mend or remove them, or leave "
            "them out by ON_BAD=skip (--on-bad skip, or on_bad: skip in the study's data)"
        )
    return facts


def _prepare_in_child(wanted: Wanted, work: Path) -> None:
    print(f"preparing the data of {wanted.source} (once) …", file=sys.stderr, flush=True)
    # The child runs in the repository, wherever the user is.
    source = f"path:{index.own(wanted.source)}" if wanted.source.startswith("path:") else wanted.source
    command = [sys.executable, "-m", "experiments.datasets", source, "--work", str(work.absolute())]
    command += ["--near-duplicates", wanted.near_duplicates]
    command += [] if wanted.image_size is None else ["--image-size", str(wanted.image_size)]
    passed = progress.Passed()
    child = children.run([*command, "--with-parent"], hear=passed)
    passed.clear()
    if child.returncode < 0:
        raise UserError(f"preparing the data of {wanted.source} was ended by signal {-child.returncode}")
    if child.returncode:
        lines = [line for line in child.stderr.splitlines() if line and not line.startswith(progress.SIGN)]
        raise UserError((lines or ["no output"])[-1].removeprefix("error: "))


def _kept(kept_as: Path, work: Path) -> Facts | None:
    """What an index file holds, where what it leads to is there as well."""
    facts = Facts.kept(kept_as)
    whole = facts and preparation.is_whole(preparation.place(work, facts.digest, facts.partition))
    return facts if whole else None


def open_prepared(digest: str, partition: str, work: Path) -> Dataset:
    """The prepared data set of a digest and a partition, its images memory-mapped.

    Raises:
        UserError: nothing is kept under them, or it is damaged.
    """
    place = preparation.place(work, digest, partition)
    if not preparation.is_whole(place):
        raise UserError(
            f"{place}: no prepared data set, or a part of one; start the study again to prepare it"
        )
    facts = Facts.read(place / "dataset.json")
    try:
        arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        groups = np.load(place / "groups.npy") if facts.grouped else np.arange(len(arrays["labels"]))
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{place}: damaged ({error}); delete that folder and start the study again") from None
    return Dataset(facts.classes, **arrays, groups=groups)


def main() -> int:
    """Prepare one source and print its summary as JSON."""
    parser = Parser(description="Decode a data source once and keep it by its digest.")
    parser.add_argument(
        "source", help="fashion_mnist, mnist, cifar10, cifar100, digits or path:FOLDER or path:LIST.csv"
    )
    parser.add_argument("--image-size", type=arguments.positive, help="fit each image to N × N pixels")
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
        children.end_with_parent()
    facts = preparation.prepare(asked.source, asked.image_size, asked.near_duplicates, asked.work)
    print(json.dumps(facts._asdict()))
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
