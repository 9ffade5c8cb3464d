"""Levels of several looks against published constants and an integral of scipy's multivariate normal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from experiments import looks, names


# Jennison and Turnbull 2000, table 2.1: Pocock's C(K, α) of K equally spaced looks.
@pytest.mark.parametrize(
    ("alpha", "constants"),
    [
        (0.10, [1.645, 1.875, 1.992, 2.067, 2.122]),
        (0.05, [1.960, 2.178, 2.289, 2.361, 2.413]),
        (0.01, [2.576, 2.772, 2.873, 2.939, 2.986]),
    ],
)
def test_pococks_constants(alpha, constants):
    for count, constant in enumerate(constants, 1):
        level = looks.flat_level(alpha, tuple(range(1, count + 1)))
        assert stats.norm.isf(level / 2) == pytest.approx(constant, abs=6e-4)
        # Only the shares of the looks matter.
        assert looks.flat_level(alpha, tuple(range(7, 7 * count + 1, 7))) == pytest.approx(level)


# The levels that a simulation of its own found, to 4 % of each; the integral below holds them to four digits.
@pytest.mark.parametrize(
    ("undecided", "level"), [(1, 0.0171), (2, 0.0082), (3, 0.0052), (4, 0.0040), (5, 0.0031)]
)
def test_levels_at_6_8_10_15_and_20_seeds(undecided, level):
    assert looks.level(undecided, names.LOOKS) == pytest.approx(level, rel=0.045)


def within(bound, counts):
    """The chance that no look crosses ± bound, by scipy: sums of normal numbers over the roots of n."""
    n = np.array(counts, float)
    covariance = np.sqrt(np.minimum.outer(n, n) / np.maximum.outer(n, n))
    normal = stats.multivariate_normal(cov=covariance, maxpts=2_000_000, abseps=1e-7)
    return normal.cdf(np.full(len(n), bound), lower_limit=np.full(len(n), -bound), rng=0)


@pytest.mark.parametrize("counts", [(6, 20), (6, 7, 40), names.LOOKS])
@pytest.mark.parametrize("alpha", [0.05 / undecided for undecided in (1, 2, 3, 4, 5)])
def test_as_a_multivariate_normal_integral(counts, alpha):
    bound = stats.norm.isf(looks.flat_level(alpha, counts) / 2)
    assert 1 - within(bound, counts) == pytest.approx(alpha, abs=2e-5)


def test_simulated_sums_cross_as_often_as_they_should():
    sums = np.random.default_rng(0).normal(size=(40_000, 20)).cumsum(axis=1)
    at = np.array(names.LOOKS)
    bound = stats.norm.isf(looks.flat_level(0.05) / 2)
    crossed = (abs(sums[:, at - 1]) / np.sqrt(at) >= bound).any(axis=1).mean()
    assert crossed == pytest.approx(0.05, abs=0.0033)  # three standard errors


@settings(deadline=None)
@given(st.floats(0.001, 0.2), st.lists(st.integers(1, 30), min_size=1, max_size=5, unique=True))
def test_between_bonferroni_and_a_single_look(alpha, counts):
    level = looks.flat_level(alpha, tuple(sorted(counts)))
    assert alpha / len(counts) - 1e-9 <= level <= alpha + 1e-12


@settings(deadline=None)
@given(st.floats(0.0005, 0.2), st.lists(st.integers(1, 30), min_size=1, max_size=5, unique=True))
def test_p_over_all_looks_undoes_the_level(alpha, counts):
    planned = tuple(sorted(counts))
    assert looks.overall(looks.flat_level(alpha, planned), planned) == pytest.approx(alpha, rel=1e-6)


@pytest.mark.parametrize(("p", "overall"), [(0.0, 0.0), (1.0, 1.0)])
def test_certainty_stays(p, overall):
    assert looks.overall(p, names.LOOKS) == overall


def test_one_look_is_no_look_too_many():
    assert looks.flat_level(0.05, (8,)) == 0.05
    assert looks.overall(0.03, (8,)) == 0.03
    assert looks.level(5, [8]) == pytest.approx(0.01)
