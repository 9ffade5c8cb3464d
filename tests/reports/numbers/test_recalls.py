"""Recalls and balanced accuracy, as scikit-learn has them."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, recall_score

from reports.numbers import recalls


# 90 of 100 common images, 5 of 10 rare ones: (0.9 + 0.5) / 2, though 95 of 110 are right.
def test_a_rare_class_counts_as_much_as_a_common_one():
    counts = np.array([[90, 10], [5, 5]])
    assert recalls.recalls(counts) == pytest.approx([0.9, 0.5])
    assert recalls.balanced_accuracy(counts) == pytest.approx(0.7)


def test_a_class_without_images_has_no_recall_and_does_not_count():
    counts = np.array([[3, 1], [0, 0]])
    found = recalls.recalls(counts)
    assert found[0] == 0.75
    assert math.isnan(found[1])
    assert recalls.balanced_accuracy(counts) == 0.75
    assert math.isnan(recalls.balanced_accuracy(np.zeros((2, 2), int)))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=50))
def test_as_scikit_learn_has_them(drawn):
    true, predicted = (np.array(each) for each in zip(*drawn, strict=True))
    counts = confusion_matrix(true, predicted, labels=range(4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes that are predicted and never there
        assert recalls.balanced_accuracy(counts) == pytest.approx(balanced_accuracy_score(true, predicted))
    known = np.unique(true)
    expected = recall_score(true, predicted, labels=known, average=None, zero_division=0)
    assert recalls.recalls(counts)[known] == pytest.approx(expected)
