"""Exact p values against counting by hand and scipy's enumeration."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reports.numbers import permutation

accuracies = st.lists(st.integers(0, 20).map(lambda k: k / 20), min_size=1, max_size=5)
counts = st.lists(st.integers(0, 9), min_size=2, max_size=5)


# {1, 2} against {3, 4}: of 6 ways to deal, 2 are as far apart.
# {1, 2, 3} against {4, 5, 6}: 2 of 20, the least that 3 against 3 can show.
@pytest.mark.parametrize(
    ("left", "right", "p"),
    [
        ([1, 2], [3, 4], 2 / 6),
        ([1, 2, 3], [4, 5, 6], 2 / 20),
        ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252),
        ([1, 1], [1, 1], 1.0),
        ([], [1, 2], 1.0),
        ([1], [2], 1.0),
    ],
)
def test_by_hand(left, right, p):
    assert permutation.unpaired(left, right) == pytest.approx(p)
    assert permutation.unpaired(right, left) == pytest.approx(p)


# Whole numbers, whose sums are exact: of fractions scipy's enumeration takes some ties for differences.
@given(counts, counts)
def test_as_scipy_enumerates(left, right):
    n, m = len(left), len(right)
    expected = stats.permutation_test(
        (left, right),
        lambda one, other, axis: np.abs(m * one.sum(axis) - n * other.sum(axis)),
        alternative="greater",
        vectorized=True,
        n_resamples=np.inf,
    ).pvalue
    assert permutation.unpaired(left, right) == pytest.approx(expected)


@given(accuracies, accuracies, st.integers(-5, 5).map(lambda k: k / 10))
def test_a_margin_moves_the_right_side(left, right, margin):
    moved = [value + margin for value in right]
    assert permutation.unpaired(left, right, margin) == permutation.unpaired(left, moved)


# Accuracies of 0.1 + 0.2 and 0.3 are the same: round-off must not tell them apart.
def test_ties_are_ties():
    assert permutation.unpaired([0.1 + 0.2, 0.5, 0.7], [0.3, 0.5, 0.7]) == 1.0


def test_no_p_is_below_the_floor():
    for n in range(1, 8):
        far = permutation.unpaired(range(n), range(100, 100 + n))
        assert far == pytest.approx(min(1.0, 2 / math.comb(2 * n, n)))


def test_beyond_ten_against_ten_ways_are_drawn_always_the_same():
    left, right = np.random.default_rng(0).normal(size=(2, 14))
    p = permutation.unpaired(left, right + 0.5)
    assert p == permutation.unpaired(left, right + 0.5)
    exact = stats.ttest_ind(left, right + 0.5).pvalue
    assert p == pytest.approx(exact, abs=0.05)
    assert permutation.unpaired(range(14), range(100, 114)) > 0  # never nothing at all


# Six pairs that all differ to one side: 2 of 64 ways to give signs. Five never say anything.
def test_pairs():
    assert permutation.paired([1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0]) == pytest.approx(2 / 64)
    assert permutation.paired([1, 2, 3, 4, 5], [0, 0, 0, 0, 0]) == 1.0
    assert permutation.paired([1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5], margin=1) == 1.0


@given(st.lists(st.integers(-9, 9), min_size=6, max_size=9))
def test_pairs_as_scipy_enumerates(differences):
    expected = stats.permutation_test(
        (np.array(differences, float),),
        lambda each, axis: np.abs(each.mean(axis)),
        permutation_type="samples",
        alternative="greater",
        vectorized=True,
        n_resamples=np.inf,
    ).pvalue
    assert permutation.paired(differences, [0] * len(differences)) == pytest.approx(expected)


# Holm 1979: 0.01 × 3; then 0.02 × 2; then 0.04 × 1, which may not be below the one before.
@pytest.mark.parametrize(
    ("given_p", "adjusted"),
    [
        ([0.01, 0.02, 0.04], [0.03, 0.04, 0.04]),
        ([0.04, 0.01, 0.02], [0.04, 0.03, 0.04]),
        ([0.01, 0.01], [0.02, 0.02]),
        ([0.6, 0.9], [1.0, 1.0]),
        ([0.03], [0.03]),
        ([], []),
    ],
)
def test_holm(given_p, adjusted):
    assert permutation.holm(given_p) == pytest.approx(adjusted)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_as_going_down_step_by_step(p_values):
    adjusted = permutation.holm(p_values)
    rejected = set()
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] * (len(p_values) - rank) > 0.05:
            break
        rejected.add(place)
    assert {place for place, p in enumerate(adjusted) if p <= 0.05} == rejected
