"""Prepared data sets: found by their facts, opened memory-mapped; a child process prepares what is missing.

The digest depends on the classes and the pixels alone, not on file names, folders or order: the images are
kept in the order of (class, SHA-256 of the image). How they may be parted is told by a second digest, the
partition: the data set's own test part, and the groups that stay together.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import processes, words
from experiments.data import kept, prepare
from experiments.data.facts import Facts, Wanted
from experiments.data.kept import ARRAYS
from experiments.errors import UserError


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
    listed = kept.listed(wanted.source)
    kept_as = kept.index_file(wanted.source, listed, wanted.image_size, wanted.near_duplicates, work)
    facts = _facts_kept(kept_as, work)
    if not facts:
        _prepare_in_child(wanted, work)
        facts = _facts_kept(kept_as, work)
        if not facts:
            raise UserError(prepare.changed(wanted.source))
        if facts.other:
            print(
                f"left out, since they are no images: {words.file_count(facts.other)}",
                file=sys.stderr,
                flush=True,
            )
    if facts.bad and wanted.on_bad == "stop":
        raise UserError(
            f"data source {wanted.source}: {words.file_count(facts.bad)} cannot be used, the first is "
            f"{facts.first_bad}; {kept.bad_files(kept_as)} lists them: mend or remove them, or leave "
            "them out by ON_BAD=skip (--on-bad skip, or on_bad: skip in the study's data)"
        )
    return facts


def _prepare_in_child(wanted: Wanted, work: Path) -> None:
    print(f"preparing the data of {wanted.source} (once) …", file=sys.stderr, flush=True)
    # The child runs in the repository, wherever the user is.
    source = f"path:{kept.own_path(wanted.source)}" if wanted.source.startswith("path:") else wanted.source
    command = [sys.executable, "-m", "experiments.data.prepare", source, "--work", str(work.absolute())]
    command += ["--near-duplicates", wanted.near_duplicates]
    command += [] if wanted.image_size is None else ["--image-size", str(wanted.image_size)]
    passed = words.Passed()
    child = processes.run_child([*command, "--with-parent"], hear=passed)
    passed.clear()
    if child.returncode < 0:
        raise UserError(f"preparing the data of {wanted.source} was ended by signal {-child.returncode}")
    if child.returncode:
        lines = [line for line in child.stderr.splitlines() if line and not line.startswith(words.SIGN)]
        raise UserError((lines or ["no output"])[-1].removeprefix("error: "))


def _facts_kept(kept_as: Path, work: Path) -> Facts | None:
    """What an index file holds, where what it leads to is there as well."""
    facts = Facts.kept(kept_as)
    whole = facts and kept.is_whole(kept.folder(work, facts.digest, facts.partition))
    return facts if whole else None


def open_prepared(digest: str, partition: str, work: Path) -> Dataset:
    """The prepared data set of a digest and a partition, its images memory-mapped.

    Raises:
        UserError: nothing is kept under them, or it is damaged.
    """
    place = kept.folder(work, digest, partition)
    if not kept.is_whole(place):
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


Tell = Callable[[str], None]  # says one message to the person at the terminal
# Image shape, classes, training and test images.
PUBLISHED = {
    "fashion_mnist": ((28, 28, 1), 10, 60_000, 10_000),
    "mnist": ((28, 28, 1), 10, 60_000, 10_000),
    "cifar10": ((32, 32, 3), 10, 50_000, 10_000),
    "cifar100": ((32, 32, 3), 100, 50_000, 10_000),
}


def facts_or_published(wanted: Wanted, work: Path, suppose: Tell | None) -> Facts:
    """The data; with `suppose`, which is told so, in its published form where it cannot be had here.

    That is enough for a plan, but not for the trials' ids, by which complete ones are known.

    Raises:
        UserError: the data cannot be had, and may not be supposed.
    """
    try:
        return summary(wanted, work)
    except UserError as error:
        if suppose is None or wanted.source not in PUBLISHED:
            raise
        suppose(
            f"{error}\nthe plan takes {wanted.source} as it is published, and no trial as complete; ids will "
            "differ"
        )
    shape, classes, train, test = PUBLISHED[wanted.source]
    size = wanted.image_size
    shape = shape if size is None else (size, size, shape[-1])
    return Facts(f"{wanted.source} {size}", "", tuple(map(str, range(classes))), shape, train, test)
