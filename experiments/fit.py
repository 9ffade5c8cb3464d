"""Whether the splits that a study asks for can be had of its data, and the largest that can."""

from pathlib import Path

import numpy as np

from experiments import datasets, splits
from experiments.errors import UserError
from experiments.index import Facts

SHARES = (1.0, 0.99, 0.97, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)  # of what there is, where groups leave images over


def sizes(asked: dict[str, int], there: Facts, split_seed: int, work: Path) -> dict[str, int]:
    """The sizes asked for, or the largest that can be had: `splits.fitting_sizes`, less what groups cost.

    Args:
        asked: train, validation and test.
    """
    fitting = splits.fitting_sizes(asked, train_part=there.train_part, test_part=there.test_part)
    if not there.grouped:
        return fitting
    for share in SHARES:
        # Groups cost no test images where those have a part of their own.
        held = {"test": fitting["test"]} if there.test_part else {}
        smaller = {name: max(1, int(share * size)) for name, size in fitting.items()} | held
        try:
            split(smaller, there, split_seed, work)
        except UserError:
            continue
        return smaller
    return fitting


def split(
    asked: dict[str, int], there: Facts, split_seed: int, work: Path
) -> tuple[splits.Split, np.ndarray]:
    """The split of a prepared data set, and the labels of all its images.

    Raises:
        UserError: there are too few images.
    """
    data = datasets.open_prepared(there.digest, there.partition, work)
    labels = np.asarray(data.labels)
    try:
        return splits.split(labels, np.asarray(data.in_test), data.groups, **asked, seed=split_seed), labels
    except UserError as error:
        if not there.grouped:
            raise
        raise UserError(
            f"{error}; {there.grouped:,} images stay together in groups (make inspect shows them)"
        ) from None


def check(asked: dict[str, int], there: Facts, split_seed: int, work: Path, source: str) -> None:
    """Every class must stand in every split.

    Raises:
        UserError: a class would be missing from one, or there are too few images.
    """
    chosen, labels = split(asked, there, split_seed, work)
    if missing := splits.missing_class(labels, chosen):
        number, part = missing
        held = int((labels == number).sum())
        raise UserError(
            f"data: class {there.classes[number]!r} of {source} has {held} image{'s' * (held > 1)}"
            f"{_in_groups(number, there, work)}, none in {part}; give it more, ask for more {part} images, "
            "or leave the class out"
        )


def _in_groups(number: int, there: Facts, work: Path) -> str:
    """How many groups the images of a class make, where they make fewer than there are images."""
    data = datasets.open_prepared(there.digest, there.partition, work)
    groups = data.groups[np.asarray(data.labels) == number]
    count = len(np.unique(groups))
    if count == len(groups):
        return ""
    return f" in {count} group{'s' * (count > 1)} (each stays on one side of a split)"
