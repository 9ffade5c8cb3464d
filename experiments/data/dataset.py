"""Prepared data sets: found by their facts, opened memory-mapped; a child process prepares what is missing.

The digest depends on the classes and the pixels alone, not on file names, folders or order: the images are
kept in the order of (class, SHA-256 of the image). A second digest, the partition, is of what limits how they
may be split: the data set's own test part, and the groups that stay together.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import processes, words
from experiments.data import kept, splits
from experiments.data.facts import SOURCES, Facts, Wanted
from experiments.data.photographs import listing
from experiments.errors import UserError

Tell = Callable[[str], None]  # says one message to the person at the terminal


class Dataset(NamedTuple):
    """A prepared data set.

    images: uint8 (n, height, width, channels); labels: int64 (n,); in_test: bool (n,);
    image_digests: 32 bytes each (n,); groups: int64 (n,), equal for images that stay on one side of a split;
    in_validation: bool (n,), true in the data set's own validation part, if it has one; grey_range: the
    levels of 16-bit grey that became 0 and 255, if it has any.
    """

    classes: tuple[str, ...]
    images: np.ndarray
    labels: np.ndarray
    in_test: np.ndarray
    image_digests: np.ndarray
    groups: np.ndarray
    in_validation: np.ndarray
    grey_range: tuple[int, int] | None

    def split(self, *, train: int, validation: int, test: int, seed: int) -> splits.Split:
        """The images of the three splits, by position (see `splits.split`)."""
        return splits.split(
            np.asarray(self.labels),
            np.asarray(self.in_test),
            np.asarray(self.groups),
            train=train,
            validation=validation,
            test=test,
            seed=seed,
            in_validation=self.in_validation,
        )


def beside_the_output(message: str) -> None:
    """Say a message on the standard error, for a command whose output is its result."""
    print(message, file=sys.stderr, flush=True)


def summary(wanted: Wanted, work: Path, tell: Tell = beside_the_output) -> Facts:
    """What planning needs to know of a data set; a child process prepares it if nothing is kept of it.

    tell: gets what preparing it has to say.

    Raises:
        UserError: the data cannot be had, or a file of it cannot be used and `on_bad` is "stop".
    """
    index = kept.index_file(wanted, listing.of_source(wanted), work)
    facts = _kept_facts(index, work)
    if not facts:
        size = f" at {wanted.image_size} pixels" if wanted.image_size else ""
        tell(f"preparing the data of {wanted.source}{size} (once) …")
        _prepare_in_child(wanted, work)
        facts = _kept_facts(index, work)
        if not facts:
            raise UserError(kept.changed(wanted.source))
        if facts.other:
            tell(f"left out, since they are no images: {words.file_count(facts.other)}")
    if facts.bad and wanted.on_bad == "stop":
        raise UserError(
            f"data source {wanted.source}: {words.file_count(facts.bad)} cannot be used, the first is "
            f"{facts.first_bad}; {kept.bad_table(index)} lists them: mend or remove them, or leave "
            "them out by ON_BAD=skip (--on-bad skip, or on_bad: skip in the study's data)"
        )
    return facts


def summary_or_published(wanted: Wanted, work: Path, tell: Tell) -> Facts:
    """The data or, if it cannot be had here, its published form, which `tell` is told.

    That is enough for a plan, but not for the trials' ids, by which complete ones are known.

    Raises:
        UserError: the data cannot be had, and nothing is published of it.
    """
    source = SOURCES.get(wanted.source)
    published = source.published if source else None
    try:
        return summary(wanted, work)
    except UserError as error:
        if not published:
            raise
        tell(
            f"{error}\nthe plan takes {wanted.source} as it is published, and no trial as complete; ids will "
            "differ"
        )
    size = wanted.image_size
    shape = published.image_shape
    return Facts(
        digest=f"{wanted.source} {size}",
        partition="",
        classes=tuple(map(str, range(published.classes))),
        image_shape=shape if size is None else (size, size, shape[-1]),
        train_part=published.train,
        test_part=published.test,
    )


def _prepare_in_child(wanted: Wanted, work: Path) -> None:
    """Prepare the data in a process of its own, whose memory is free again afterwards."""
    # The child runs in the repository, wherever the user is.
    source = f"path:{wanted.path}" if wanted.source.startswith("path:") else wanted.source
    command = [sys.executable, "-m", "experiments.data.prepare", source, "--work", str(work.absolute())]
    command += ["--taken", json.dumps(wanted._replace(source=source)._asdict())]
    progress = words.Passed()
    child = processes.run_child([*command, "--with-parent"], hear=progress)
    progress.clear()
    if child.returncode < 0:
        raise UserError(f"preparing the data of {wanted.source} was ended by signal {-child.returncode}")
    if child.returncode:
        lines = [line for line in child.stderr.splitlines() if line and not line.startswith(words.SIGN)]
        raise UserError((lines or ["no output"])[-1].removeprefix("error: "))


def _kept_facts(index: Path, work: Path) -> Facts | None:
    """The facts of an index file, if the data set that they lead to is there as well."""
    facts = Facts.read(index)
    whole = facts and kept.is_whole(kept.folder(work, facts.digest, facts.partition))
    return facts if whole else None


def open_prepared(digest: str, partition: str, work: Path) -> Dataset:
    """The prepared data set of a digest and a partition, its images memory-mapped.

    Raises:
        UserError: nothing is kept under them, or it is damaged.
    """
    folder = kept.folder(work, digest, partition)
    facts = Facts.read(folder / kept.FACTS)
    if not facts or not kept.is_whole(folder):
        raise UserError(
            f"{folder}: no prepared data set, or a part of one; start the study again to prepare it"
        )
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in kept.ARRAYS}
        count = len(arrays["labels"])
        groups = np.load(folder / kept.GROUPS) if facts.grouped else np.arange(count)
        own = np.load(folder / kept.VALIDATION) if facts.validation_part else np.zeros(count, bool)
    except (OSError, EOFError, ValueError) as error:
        raise UserError(
            f"{folder}: damaged ({error}); delete that folder and start the study again"
        ) from None
    return Dataset(facts.classes, **arrays, groups=groups, in_validation=own, grey_range=facts.grey_range)
