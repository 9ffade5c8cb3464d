"""Whether the splits that a study asks for can be had of its data, and the largest that can."""

from pathlib import Path

import numpy as np

from experiments import datasets, splits
from experiments.errors import UserError
from experiments.index import Facts

SHARES = (1.0, 0.99, 0.97, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)  # of what there is, where groups leave images over


def sizes(asked: dict[str, int], there: Facts, split_seed: int, work: Path) -> dict[str, int]:
    """The sizes asked for, or the largest in the same proportions that the data can give.

    Args:
        asked: train, validation and test.
    """
    fitting = splits.fitting_sizes(asked, train_part=there.train_part, test_part=there.test_part)
    if not there.grouped:
        return fitting
    for share in SHARES:
        smaller = {name: max(1, int(share * size)) for name, size in fitting.items()}
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
    return splits.split(labels, np.asarray(data.in_test), data.groups, **asked, seed=split_seed), labels


def check(asked: dict[str, int], there: Facts, split_seed: int, work: Path, source: str) -> None:
    """Every class must stand in every split.

    Raises:
        UserError: a class would be missing from one, or there are too few images.
    """
    try:
        chosen, labels = split(asked, there, split_seed, work)
    except UserError as error:
        if not there.grouped:
            raise
        raise UserError(
            f"{error}; {there.grouped:,} images of {source} stay together in groups (make inspect shows them)"
        ) from None
    if missing := splits.missing_class(labels, chosen):
        number, part = missing
        held = int((labels == number).sum())
        raise UserError(
            f"data: class {there.classes[number]!r} of {source} has {held} image{'s' * (held > 1)}, "
            f"none in {part}; give it more, ask for more {part} images, or leave the class out"
        )
