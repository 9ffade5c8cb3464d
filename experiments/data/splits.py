"""Stratified, seeded, disjoint splits whose training subsets nest.

The test images are chosen first, then those of validation, then the remaining images are put in one order, of
which each training subset is a prefix. Test and validation are prefixes of such a stratified order too,
unless a class would be missing: then they hold an image of each class that has enough for all sides. Images
of one group never stand on two sides: what is left of a group that test or validation has begun is unused.
"""

import hashlib
import heapq
from typing import NamedTuple

import numpy as np

from experiments.errors import UserError


class Split(NamedTuple):
    """Positions of the images of each split; train is in training order."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(
    labels: np.ndarray,
    in_test: np.ndarray,
    groups: np.ndarray,
    *,
    train: int,
    validation: int,
    test: int,
    seed: int,
    in_validation: np.ndarray | None = None,
) -> Split:
    """Choose the images of the three splits.

    Args:
        labels: int (n,).
        in_test: bool (n,); where any is set, test images come from there and all others from the rest.
        groups: int (n,), equal for images that belong together.
        train: the number of training images; validation and test likewise.
        seed: the split's own seed.
        in_validation: bool (n,); where any is set, validation images come from there, training ones do not.

    Raises:
        UserError: more images are asked for than there are.
    """

    def ordered(positions: np.ndarray, step: int) -> np.ndarray:
        generator = np.random.default_rng([seed, step])
        return positions[stratified_order(labels[positions], generator, groups[positions])]

    def without(positions: np.ndarray, taken: np.ndarray) -> np.ndarray:
        return np.sort(positions[~np.isin(groups[positions], groups[taken])])

    def held_out(positions: np.ndarray, step: int, size: int, sides_left: int) -> np.ndarray:
        order = ordered(positions, step)
        return order[_covering(labels[order], groups[order], size, sides_left)]

    own_test = bool(in_test.any())
    own_validation = in_validation is not None and bool(in_validation.any())
    given = in_validation if own_validation else np.zeros(len(labels), bool)
    test_pool = np.flatnonzero(in_test) if own_test else np.flatnonzero(~given)
    _need("data.test", test, len(test_pool))
    chosen_test = held_out(test_pool, 0, test, 0 if own_test else 1 if own_validation else 2)
    rest = without(np.flatnonzero(~in_test) if own_test else np.arange(len(labels)), chosen_test)
    if own_validation:
        validation_pool, rest = rest[given[rest]], rest[~given[rest]]
        _need("data.validation", validation, len(validation_pool))
    else:
        validation_pool = rest
        _need("data.validation + data.train", validation + train, len(rest))
    chosen_validation = held_out(validation_pool, 1, validation, 0 if own_validation else 1)
    pool = without(rest, chosen_validation)
    _need("data.train", train, len(pool))
    return Split(ordered(pool, 2)[:train], np.sort(chosen_validation), np.sort(chosen_test))


def _need(field: str, size: int, available: int) -> None:
    if size > available:
        hint = "; ask for fewer" if available else ""
        raise UserError(f"{field}: {size} images asked for, {available} there{hint}")


def _covering(labels: np.ndarray, groups: np.ndarray, size: int, sides_left: int) -> np.ndarray:
    """Which images of an order form one side: their indices in the order, ascending.

    They are the first `size` images, if these hold every class and leave a group of it to each later side.
    Otherwise they are the first image of every class and as many others, from the beginning of the order, as
    leave those groups; if there are too few of them, the first `size` images after all. A class of too few
    groups for all sides does not count.

    Args:
        labels: of the images in the order, (n,); groups: likewise.
        sides_left: how many sides are chosen from the rest later.
    """
    prefix = np.arange(min(size, len(labels)))
    allowed = np.ones(len(labels), bool)
    firsts = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        _, first = np.unique(groups[members], return_index=True)
        if len(first) <= sides_left:
            continue  # too few for all sides: `missing_classes` will name it
        in_order = groups[members[np.sort(first)]]
        allowed[members] = np.isin(groups[members], in_order[: len(first) - sides_left])
        firsts.append(members[0])
    kept = set(firsts) <= set(prefix.tolist()) and allowed[prefix].all()
    if kept or len(firsts) > size or allowed.sum() < size:
        return prefix
    others = np.setdiff1d(np.flatnonzero(allowed), firsts)[: size - len(firsts)]
    return np.sort(np.concatenate([firsts, others])).astype(np.int64)


def missing_classes(labels: np.ndarray, found: Split) -> list[tuple[int, str]]:
    """The classes that have no image in a split, each with the first such split."""
    missing: dict[int, str] = {}
    for name, positions in found._asdict().items():
        for label in np.setdiff1d(labels, labels[positions]).tolist():
            missing.setdefault(label, name)
    return sorted(missing.items())


def stratified_order(
    labels: np.ndarray, generator: np.random.Generator, groups: np.ndarray | None = None
) -> np.ndarray:
    """A random order of positions in which every prefix holds each class in proportion, to within one image.

    The images of a group follow each other within their class.

    A prefix is in proportion as long as the k-th image of a class (k from 0) stands in its window of the
    order. Taking the image whose window closes first never fails (Steiner and Yeomans 1993); ties are broken
    at random.
    """
    count = len(labels)
    opens, closes = np.empty(count, np.int64), np.empty(count, np.int64)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        if groups is not None:
            _, first, group = np.unique(groups[members], return_index=True, return_inverse=True)
            members = members[np.argsort(first[group], kind="stable")]
        k = np.arange(len(members))
        opens[members] = k * count // len(members)
        closes[members] = -((k + 1) * -count // len(members))
    draws = generator.random(count)
    coming = np.argsort(-opens, kind="stable").tolist()  # the next to open stands last
    windows: list[tuple[int, float, int]] = []
    order = []
    for index in range(count):
        while coming and opens[coming[-1]] <= index:
            position = coming.pop()
            heapq.heappush(windows, (closes[position], draws[position], position))
        order.append(heapq.heappop(windows)[-1])
    return np.array(order, np.int64)


def digests(chosen: Split, image_digests: np.ndarray) -> dict[str, str]:
    """SHA-256 (16 hexadecimal digits) of each split's images, and of the three together as "split"."""
    parts = {
        name: hashlib.sha256(image_digests[positions].tobytes()).hexdigest()[:16]
        for name, positions in chosen._asdict().items()
    }
    together = hashlib.sha256(" ".join(parts.values()).encode()).hexdigest()[:16]
    return {"split": together, **parts}
