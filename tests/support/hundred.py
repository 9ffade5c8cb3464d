"""A hundred images to be split, of three classes."""

import numpy as np
from hypothesis import strategies as st

from experiments.data import splits
from experiments.data.splits import Split

LABELS = np.repeat([0, 1, 2], [60, 30, 10])  # 100 images in proportions 6 : 3 : 1
NO_TEST = np.zeros(100, bool)


ALONE = np.arange(100)


def chosen(train=40, validation=20, test=20, seed=0, in_test=NO_TEST, groups=ALONE):
    return splits.split(LABELS, in_test, groups, train=train, validation=validation, test=test, seed=seed)


def same(one: Split, other: Split) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


sizes = st.fixed_dictionaries({name: st.integers(1, 30) for name in ("train", "validation", "test")})
