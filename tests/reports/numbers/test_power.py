"""Splits that would decide: against simulated studies, t alone and the floor of the sign-flip test."""

import math

import numpy as np
import pytest
from scipy import stats

from reports.numbers import pairs, power

DIFFERENCES = np.array([0.01, 0.03, 0.02, 0.04, 0.00, 0.02, 0.03, 0.01])


# t with n − 1 degrees of freedom: the fewest pairs at either end of the spread's 80 % interval.
def test_the_fewest_pairs():
    found = power.pairs_needed(0.01, DIFFERENCES, 0.05, pairs.ALONE)
    spread, freedom = DIFFERENCES.std(ddof=1), len(DIFFERENCES) - 1
    for count, share in zip(found, (0.9, 0.1), strict=True):
        size = 0.01 / (spread * math.sqrt(freedom / stats.chi2.ppf(share, freedom)))
        reached = [
            stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, size * math.sqrt(n)) for n in (count - 1, count)
        ]
        assert reached[0] < 0.8 <= reached[1]
    assert found.least < found.most
    assert power.pairs_needed(-0.01, DIFFERENCES, 0.05, pairs.ALONE) == found
    assert power.pairs_needed(0.01, DIFFERENCES, 0.01, pairs.ALONE).least > found.least


# However large the effect: 2 / 2⁶ = 0.031 is the first below 0.05, 2 / 2⁸ = 0.0078 below 0.01.
def test_never_fewer_than_the_signs_need():
    assert power.pairs_needed(100.0, DIFFERENCES, 0.05, pairs.ALONE) == (6, 6)
    assert power.pairs_needed(100.0, DIFFERENCES, 0.01, pairs.ALONE) == (8, 8)


# Images that all seeds share leave a spread that no number of seeds takes away.
def test_what_seeds_share_may_never_be_overcome():
    shared = pairs.Sharing(tested=0.2)
    assert power.pairs_needed(0.005, DIFFERENCES, 0.05, shared) is None
    assert power.pairs_needed(0.01, DIFFERENCES, 0.05, pairs.ALONE).most < 200


def test_what_cannot_be_told():
    assert power.pairs_needed(0.0, DIFFERENCES, 0.05, pairs.ALONE) is None
    assert power.pairs_needed(0.1, DIFFERENCES[:1], 0.05, pairs.ALONE) is None
    assert power.pairs_needed(0.1, np.array([0.1, math.inf]), 0.05, pairs.ALONE) is None
    assert power.pairs_needed(1e-6, DIFFERENCES, 0.05, pairs.ALONE) is None


# Squares about the means: (1 + 1) and (4 + 4), over 2 + 2 − 2 degrees of freedom.
def test_pooled_spread():
    assert power.pooled_spread(np.array([1.0, 3.0]), np.array([0.0, 4.0])) == pytest.approx(math.sqrt(10 / 2))
    assert math.isnan(power.pooled_spread(np.array([1.0]), np.array([2.0])))


def test_the_standardised_difference_is_that_of_an_independent_definition():
    left, right = np.array([0.80, 0.82, 0.81, 0.85]), np.array([0.78, 0.79, 0.83])
    pooled = math.sqrt((3 * left.var(ddof=1) + 2 * right.var(ddof=1)) / 5)
    # the exact correction by gamma functions, which the usual one approximates
    exact = math.gamma(2.5) / (math.sqrt(2.5) * math.gamma(2.0))
    expected = exact * (left.mean() - right.mean()) / pooled
    assert power.standardised(left, right) == pytest.approx(expected, rel=0.01)
    assert power.standardised(right, left) == -power.standardised(left, right)
    assert math.isnan(power.standardised(np.array([1.0, 1.0]), np.array([2.0, 2.0])))
    assert math.isnan(power.standardised(np.array([1.0]), np.array([2.0])))
