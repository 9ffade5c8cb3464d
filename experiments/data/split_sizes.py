"""Whether the splits that a study asks for can be had of its data, and the largest that can."""

from pathlib import Path

import numpy as np

from experiments.data import dataset, splits
from experiments.data.facts import Facts
from experiments.errors import UserError


def fitting_sizes(asked: dict[str, int], *, train_part: int, test_part: int) -> dict[str, int]:
    """The sizes asked for, or the largest that the data set can give.

    The test gives way first, until it is as large as validation; then all shrink in proportion. Of a data set
    with a test part of its own, the test is as large as that allows, and the others shrink in proportion.

    Args:
        asked: train, validation and test.
        train_part: images outside the data set's own test part; test_part: inside it, 0 without one.
    """
    if test_part:
        rest = _in_proportion({name: asked[name] for name in ("train", "validation")}, train_part)
        return rest | {"test": min(asked["test"], test_part)}
    over = max(0, sum(asked.values()) - train_part)
    test = max(min(asked["test"], asked["validation"]), asked["test"] - over)
    return _in_proportion(asked | {"test": test}, train_part)


def _in_proportion(asked: dict[str, int], there: int) -> dict[str, int]:
    total = sum(asked.values())
    return {name: size * min(total, there) // total for name, size in asked.items()}


SHARES = (1.0, 0.99, 0.97, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)  # of what there is, where groups leave images over


def fitting(asked: dict[str, int], there: Facts, split_seed: int, work: Path) -> dict[str, int]:
    """The sizes asked for, or the largest that can be had: `splits.fitting_sizes`, less what groups cost.

    Args:
        asked: train, validation and test.
    """
    fitting = fitting_sizes(asked, train_part=there.train_part, test_part=there.test_part)
    if not there.grouped:
        return fitting
    for share in SHARES:
        # Groups cost no test images where those have a part of their own.
        held = {"test": fitting["test"]} if there.test_part else {}
        smaller = {name: max(1, int(share * size)) for name, size in fitting.items()} | held
        try:
            chosen, _ = split_of(smaller, there, split_seed, work)
        except UserError:
            continue
        if smaller == fitting:
            return fitting
        return smaller | {"train": _most(asked["train"], chosen, there, work)}
    return fitting


def _most(asked: int, chosen: splits.Split, there: Facts, work: Path) -> int:
    """As many training images as asked for, or as validation and test, which stay, leave."""
    data = dataset.open_prepared(there.digest, there.partition, work)
    held = data.groups[np.concatenate([chosen.validation, chosen.test])]
    return min(asked, int((~np.asarray(data.in_test) & ~np.isin(data.groups, held)).sum()))


def split_of(
    asked: dict[str, int], there: Facts, split_seed: int, work: Path
) -> tuple[splits.Split, np.ndarray]:
    """The split of a prepared data set, and the labels of all its images.

    Raises:
        UserError: there are too few images.
    """
    data = dataset.open_prepared(there.digest, there.partition, work)
    labels = np.asarray(data.labels)
    try:
        return splits.split(labels, np.asarray(data.in_test), data.groups, **asked, seed=split_seed), labels
    except UserError as error:
        if not there.grouped:
            raise
        raise UserError(
            f"{error}; {there.grouped:,} images stay together in groups (make inspect shows them; "
            "NEAR_DUPLICATES=apart lets those go that only look alike)"
        ) from None


def check_classes(asked: dict[str, int], there: Facts, split_seed: int, work: Path, source: str) -> None:
    """Every class must stand in every split.

    Raises:
        UserError: a class would be missing from one, or there are too few images.
    """
    chosen, labels = split_of(asked, there, split_seed, work)
    if missing := splits.missing_classes(labels, chosen):
        (number, part), *others = missing
        data = dataset.open_prepared(there.digest, there.partition, work)
        # Of a given test part test images come, and of the rest all others.
        own = np.asarray(data.in_test) == (part == "test") if there.test_part else np.ones(len(labels), bool)
        told, units = _class_images(data.groups[(labels == number) & own])
        where = f" {'in' if part == 'test' else 'outside'} the test part" if there.test_part else ""
        so = f" (and {len(others)} more class{'es' * (len(others) > 1)} so)" if others else ""
        sides = (1 if part == "test" else 2) if there.test_part else 3
        more = f", ask for more {part} images" if units >= sides else f" (it takes {sides} at least)"
        raise UserError(
            f"data: class {there.classes[number]!r} of {source} has {told}{where}, none in {part}{so}; give "
            f"it more{more}, or take the class out of the data"
        )


def _class_images(groups: np.ndarray) -> tuple[str, int]:
    """How many images a class has, told, and how many can part; groups: of its images."""
    count, units = len(groups), len(np.unique(groups))
    told = f"{count} image{'s' * (count != 1)}"
    if units < count:
        told += f" in {units} group{'s' * (units > 1)} (each stays on one side of a split)"
    return told, units
