"""Seeds that would decide: against simulated studies and the floors of the exact test."""

import math

import numpy as np
import pytest
from scipy import stats

from reports.numbers import power


@pytest.mark.parametrize(("size", "n", "alpha"), [(1.0, 5, 0.05), (2.0, 5, 0.05), (2.0, 8, 0.01)])
def test_power_of_simulated_studies(size, n, alpha):
    generator = np.random.default_rng(0)
    left, right = generator.normal(size, 1, (4000, n)), generator.normal(0, 1, (4000, n))
    p = stats.ttest_ind(left, right, axis=1).pvalue
    assert power.power(size, n, alpha) == pytest.approx(np.mean(p <= alpha), abs=0.025)


@pytest.mark.parametrize("size", [0.2, 0.5, 1, 2])
def test_the_fewest_seeds(size):
    n = power.seeds_needed(size, 1.0, 0.05)
    assert power.power(size, n, 0.05) >= 0.8 > power.power(size, n - 1, 0.05)
    assert power.seeds_needed(-size, 1.0, 0.05) == n
    assert power.seeds_needed(10 * size, 10.0, 0.05) == n


# However large the effect: 2 / C(8, 4) = 0.029 is the first below 0.05, 2 / C(10, 5) = 0.008 below 0.01.
def test_never_fewer_than_the_exact_test_needs():
    assert power.seeds_needed(100.0, 1.0, 0.05) == 4
    assert power.seeds_needed(100.0, 1.0, 0.01) == 5
    assert power.seeds_needed(1.0, 0.0, 0.05) == 4


def test_what_cannot_be_told():
    assert power.seeds_needed(0.0, 1.0, 0.05) is None
    assert power.seeds_needed(math.nan, 1.0, 0.05) is None
    assert power.seeds_needed(1.0, math.nan, 0.05) is None
    assert power.seeds_needed(0.001, 1.0, 0.05) is None


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
