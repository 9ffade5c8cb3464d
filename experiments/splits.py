"""Stratified, seeded, disjoint splits whose training subsets nest.

Test first, then validation, then one order of the remaining images; a training subset is a prefix of
that order. All three are prefixes of the same kind of stratified order.
"""

import hashlib
from typing import NamedTuple

import numpy as np

from experiments.errors import UserError


class Split(NamedTuple):
    """Positions of the images of each split; train is in training order."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(
    labels: np.ndarray, in_test: np.ndarray, *, train: int, validation: int, test: int, seed: int
) -> Split:
    """Choose the images of the three splits.

    Args:
        labels: int (n,).
        in_test: bool (n,); where any is set, test images come from there and all others from the rest.
        train: the number of training images; validation and test likewise.
        seed: the split's own seed.

    Raises:
        UserError: more images are asked for than there are.
    """
    own_test = bool(in_test.any())
    test_pool = np.flatnonzero(in_test) if own_test else np.arange(len(labels))
    _need("data.test", test, len(test_pool))
    test_order = test_pool[stratified_order(labels[test_pool], np.random.default_rng([seed, 0]))]
    chosen_test = test_order[:test]
    rest = np.flatnonzero(~in_test) if own_test else np.sort(test_order[test:])
    _need("data.validation + data.train", validation + train, len(rest))
    order = rest[stratified_order(labels[rest], np.random.default_rng([seed, 1]))]
    chosen_validation = np.sort(order[:validation])
    pool = np.sort(order[validation:])
    training = pool[stratified_order(labels[pool], np.random.default_rng([seed, 2]))][:train]
    return Split(training, chosen_validation, np.sort(chosen_test))


def _need(field: str, asked: int, there: int) -> None:
    if asked > there:
        raise UserError(f"{field}: {asked} images asked for, {there} there; ask for fewer")


def stratified_order(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A random order of positions in which every prefix holds each class in proportion, to within one image.

    The k-th image of a class of n stands at (k + ½) / n of the way; ties are broken at random.
    """
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.lexsort((generator.random(len(labels)), place))


def fitting_sizes(asked: dict[str, int], *, train_part: int, test_part: int) -> dict[str, int]:
    """The sizes asked for, or the largest in the same proportions that the data set can give.

    Args:
        asked: train, validation and test.
        train_part: images outside the data set's own test part; test_part: inside it, 0 without one.
    """
    if test_part:
        share = min(1.0, train_part / (asked["train"] + asked["validation"]))
        test_share = min(1.0, test_part / asked["test"])
    else:
        share = test_share = min(1.0, train_part / sum(asked.values()))
    return {name: int(size * (test_share if name == "test" else share)) for name, size in asked.items()}


def digests(chosen: Split, image_digests: np.ndarray) -> dict[str, str]:
    """SHA-256 (16 hexadecimal digits) of each split's images, and of the three together as "split"."""
    parts = {
        name: hashlib.sha256(image_digests[positions].tobytes()).hexdigest()[:16]
        for name, positions in chosen._asdict().items()
    }
    together = hashlib.sha256(" ".join(parts.values()).encode()).hexdigest()[:16]
    return {"split": together, **parts}
