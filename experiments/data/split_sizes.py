"""Whether the splits that a study asks for can be had of its data, and the largest that can."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from experiments.data import dataset, splits
from experiments.data.facts import Facts
from experiments.errors import UserError

Sizes = dict[str, int]  # images of train, validation and test


def fitting_sizes(sizes: Sizes, *, train_part: int, test_part: int) -> Sizes:
    """The sizes, or the largest that the data set can give.

    The test shrinks first, until it is as small as validation; then all shrink in proportion. If the data set
    has a test part of its own, the test is as large as that allows, and the others shrink in proportion.

    Args:
        train_part: images outside the data set's own test part; test_part: inside it, 0 without one.
    """
    if test_part:
        rest = _in_proportion({name: sizes[name] for name in ("train", "validation")}, train_part)
        return rest | {"test": min(sizes["test"], test_part)}
    over = max(0, sum(sizes.values()) - train_part)
    test = max(min(sizes["test"], sizes["validation"]), sizes["test"] - over)
    return _in_proportion(sizes | {"test": test}, train_part)


def _in_proportion(sizes: Sizes, available: int) -> Sizes:
    total = sum(sizes.values())
    return {name: size * min(total, available) // total for name, size in sizes.items()}


SHARES = (1.0, 0.99, 0.97, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)  # of what there is, where groups leave images over


def fitting(sizes: Sizes, facts: Facts, split_seeds: Iterable[int], work: Path) -> Sizes:
    """The sizes, or the largest that every split can have: as `fitting_sizes`, less what groups cost."""
    fitting = fitting_sizes(sizes, train_part=facts.train_part, test_part=facts.test_part)
    if not facts.grouped:
        return fitting
    seeds = list(dict.fromkeys(split_seeds))
    for share in SHARES:
        smaller = {name: max(1, int(share * size)) for name, size in fitting.items()}
        if facts.test_part:
            smaller["test"] = fitting["test"]  # groups cost no test images that have a part of their own
        try:
            chosen = [split_of(smaller, facts, seed, work)[0] for seed in seeds]
        except UserError:
            continue
        if smaller == fitting:
            return fitting
        return smaller | {"train": min(sizes["train"], *(_trainable(each, facts, work) for each in chosen))}
    return fitting


def _trainable(chosen: splits.Split, facts: Facts, work: Path) -> int:
    """How many images could train beside these of validation and test."""
    data = dataset.open_prepared(facts.digest, facts.partition, work)
    held_out = data.groups[np.concatenate([chosen.validation, chosen.test])]
    return int((~np.asarray(data.in_test) & ~np.isin(data.groups, held_out)).sum())


def split_of(sizes: Sizes, facts: Facts, split_seed: int, work: Path) -> tuple[splits.Split, np.ndarray]:
    """The split of a prepared data set, and the labels of all its images.

    Raises:
        UserError: there are too few images.
    """
    data = dataset.open_prepared(facts.digest, facts.partition, work)
    labels = np.asarray(data.labels)
    try:
        return splits.split(labels, np.asarray(data.in_test), data.groups, **sizes, seed=split_seed), labels
    except UserError as error:
        if not facts.grouped:
            raise
        raise UserError(
            f"{error}; {facts.grouped:,} images stay together in groups (make inspect shows them; "
            "NEAR_DUPLICATES=apart lets those go that only look alike)"
        ) from None


def check_classes(sizes: Sizes, facts: Facts, split_seed: int, work: Path, source: str) -> None:
    """Check that every class stands in every split.

    Raises:
        UserError: a class would be missing from one, or there are too few images.
    """
    chosen, labels = split_of(sizes, facts, split_seed, work)
    missing = splits.missing_classes(labels, chosen)
    if not missing:
        return
    (number, split), *others = missing
    data = dataset.open_prepared(facts.digest, facts.partition, work)
    # Test images come from the given test part alone, if there is one, and all others from the rest.
    pool = np.asarray(data.in_test) == (split == "test") if facts.test_part else np.ones(len(labels), bool)
    groups = data.groups[(labels == number) & pool]
    units = len(np.unique(groups))
    side = "in" if split == "test" else "outside"
    where = f" {side} the test part" if facts.test_part else ""
    plural = "es" if len(others) > 1 else ""
    so = f" (and {len(others)} more class{plural} so)" if others else ""
    sides = (1 if split == "test" else 2) if facts.test_part else 3
    more = f", ask for more {split} images" if units >= sides else f" (it takes {sides} at least)"
    raise UserError(
        f"data: class {facts.classes[number]!r} of {source} has {_amount(len(groups), units)}{where}, none "
        f"in {split}{so}; give it more{more}, or take the class out of the data"
    )


def _amount(images: int, groups: int) -> str:
    """How many images a class has, and in how many groups, if those are fewer."""
    counted = "1 image" if images == 1 else f"{images} images"
    if groups == images:
        return counted
    return f"{counted} in {groups} group{'' if groups == 1 else 's'} (each stays on one side of a split)"
