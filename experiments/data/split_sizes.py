"""Whether the splits that a study asks for can be had of its data, and the largest that can."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from experiments.data import dataset, splits
from experiments.data.facts import Facts
from experiments.errors import UserError

Sizes = dict[str, int]  # images of train, validation and test


def fitting_sizes(sizes: Sizes, *, train_part: int, test_part: int, validation_part: int = 0) -> Sizes:
    """The sizes, or the largest that the data set can give.

    The test shrinks first, until it is as small as validation; then all shrink in proportion. If the data set
    has a test part of its own, the test is as large as that allows, and the others shrink in proportion; a
    validation part of its own likewise.

    Args:
        train_part: images outside the data set's own parts; test_part: inside its own test part, 0 without
            one; validation_part: likewise.
    """
    if validation_part:
        validation = {"validation": min(sizes["validation"], validation_part)}
        if test_part:
            given = {"test": min(sizes["test"], test_part)}
            return {"train": min(sizes["train"], train_part)} | validation | given
        over = max(0, sizes["train"] + sizes["test"] - train_part)
        test = max(min(sizes["test"], validation["validation"]), sizes["test"] - over)
        rest = _in_proportion({"train": sizes["train"], "test": test}, train_part)
        return {"train": rest["train"]} | validation | {"test": rest["test"]}
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
    fitting = fitting_sizes(sizes, **facts.parts)
    if not facts.grouped:
        return fitting
    seeds = list(dict.fromkeys(split_seeds))
    for share in SHARES:
        smaller = {name: max(1, int(share * size)) for name, size in fitting.items()}
        if facts.test_part:
            smaller["test"] = fitting["test"]  # groups cost no test images that have a part of their own
        if facts.validation_part:
            smaller["validation"] = fitting["validation"]
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
    free = ~np.asarray(data.in_test) & ~np.asarray(data.in_validation)
    return int((free & ~np.isin(data.groups, held_out)).sum())


def split_of(sizes: Sizes, facts: Facts, split_seed: int, work: Path) -> tuple[splits.Split, np.ndarray]:
    """The split of a prepared data set, and the labels of all its images.

    Raises:
        UserError: there are too few images.
    """
    data = dataset.open_prepared(facts.digest, facts.partition, work)
    labels = np.asarray(data.labels)
    try:
        return data.split(**sizes, seed=split_seed), labels
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
    pool = np.ones(len(labels), bool)
    if facts.test_part:
        pool &= np.asarray(data.in_test) == (split == "test")
    if facts.validation_part:
        pool &= np.asarray(data.in_validation) == (split == "validation")
    groups = data.groups[(labels == number) & pool]
    units = len(np.unique(groups))
    where = _where(split, facts)
    plural = "es" if len(others) > 1 else ""
    so = f" (and {len(others)} more class{plural} so)" if others else ""
    own = {"test": facts.test_part, "validation": facts.validation_part}
    sides = 1 if own.get(split) else 3 - sum(map(bool, own.values()))
    more = f", ask for more {split} images" if units >= sides else f" (it takes {sides} at least)"
    raise UserError(
        f"data: class {facts.classes[number]!r} of {source} has {_amount(len(groups), units)}{where}, none "
        f"in {split}{so}; give it more{more}, or take the class out of the data"
    )


def _where(split: str, facts: Facts) -> str:
    """The part of the data from which the images of a split come, in words."""
    if split == "validation" and facts.validation_part:
        return " in the validation part"
    if facts.test_part:
        return f" {'in' if split == 'test' else 'outside'} the test part"
    return " outside the validation part" if facts.validation_part else ""


def _amount(images: int, groups: int) -> str:
    """How many images a class has, and in how many groups, if those are fewer."""
    counted = "1 image" if images == 1 else f"{images} images"
    if groups == images:
        return counted
    return f"{counted} in {groups} group{'' if groups == 1 else 's'} (each stays on one side of a split)"
