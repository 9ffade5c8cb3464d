"""Digits are those that scikit-learn's own loader gives."""

import numpy as np
from sklearn.datasets import load_digits

from experiments.data import digits


def test_they_are_scikit_learn_s():
    found, theirs = digits.load(), load_digits()
    assert (found.images.shape, found.images.dtype) == ((1797, 8, 8, 1), np.uint8)
    assert np.array_equal(np.rint(found.images[..., 0] / (255 / 16)), theirs.images)
    assert np.array_equal(found.labels, theirs.target)
    assert not found.in_test.any()
