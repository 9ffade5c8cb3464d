"""Differences of pairs against scipy, hand computation, published tables; what holds for any numbers."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from reports.numbers import pairs
from reports.numbers.pairs import Sharing

points = st.integers(-40, 40).map(lambda k: k / 4)
differences = st.lists(points, min_size=6, max_size=10)
shares = st.sampled_from([0.0, 0.1, 0.25, 0.5])


# Nadeau and Bengio 2003, and in R `correctR::resampled_ttest`: t = mean / √(s² (1/n + n_test/n_train)).
def corrected_t(values, tested, trained, margin=0.0):
    count = len(values)
    spread = sum((value - sum(values) / count) ** 2 for value in values) / (count - 1)
    t = (sum(values) / count - margin) / math.sqrt(spread * (1 / count + tested / trained))
    return t, 2 * stats.t.cdf(-abs(t), count - 1)


# Johnson 1978, equation 2.7, as it is printed: in the sample's third moment, not in its skewness.
def johnson_p(values, margin):
    count, mean = len(values), np.mean(values) - margin
    spread = np.var(values, ddof=1)
    third = count / ((count - 1) * (count - 2)) * sum((np.array(values) - np.mean(values)) ** 3)
    t = mean / math.sqrt(spread / count)
    squared = min(abs(t), 3.5) ** 2 * spread / count  # his is mean²
    corrected = mean + third / (6 * spread * count) + third / (3 * spread**2) * squared
    corrected /= math.sqrt(spread / count)
    return 1.0 if corrected * mean <= 0 else 2 * stats.t.sf(abs(corrected), count - 1)


@given(differences, points)
def test_the_largest_of_three_p(values, margin):
    assume(len({*values}) > 1)
    found = pairs.interval(values, level=0.9)
    expected = stats.ttest_1samp(values, margin)
    assert found[1:] == pytest.approx(expected.confidence_interval(0.9), abs=1e-12)
    flipped = stats.permutation_test(
        (np.array(values) - margin,),
        lambda each, axis: np.abs(each.sum(axis)),
        permutation_type="samples",
        alternative="greater",
        vectorized=True,
        n_resamples=np.inf,
    ).pvalue
    p = pairs.p_value(np.array(values), margin)
    assert p == pytest.approx(max(flipped, expected.pvalue, johnson_p(values, margin)), abs=1e-9)


def test_pairs_of_two_arms_as_scipy():
    left, right = np.random.default_rng(3).normal(0.8, 0.01, (2, 12))
    expected = stats.ttest_rel(left, right).confidence_interval()
    assert pairs.interval(left - right)[1:] == pytest.approx(expected)


# Differences 1 to 6 points: mean 3.5, s² = 3.5; a third of the pool is tested, so 1/6 + (1/3)/(2/3) = 2/3 and
# the standard error √(3.5 × 2/3) = 1.5275. t = 2.2913; t(5) has 2.5 % above 2.5706.
def test_the_factor_of_nadeau_and_bengio_by_hand():
    values, sharing = np.arange(1.0, 7.0), Sharing(tested=1 / 3)
    assert pairs.variance(values, sharing) == pytest.approx(3.5 * 2 / 3)
    assert pairs.interval(values, sharing) == pytest.approx((3.5, 3.5 - 3.9267, 3.5 + 3.9267), abs=1e-3)
    assert pairs.p_value(values, 0.0, sharing) == pytest.approx(0.0706, abs=1e-4)


@given(differences, st.sampled_from([(400, 1000), (2000, 1000), (2000, 58000)]), points)
def test_the_factor_as_another_implementation_has_it(values, sizes, margin):
    assume(len({*values}) > 1)
    tested, trained = sizes
    t, p = corrected_t(values, tested, trained, margin)
    sharing = Sharing(tested / (tested + trained))
    assert pairs.p_value(np.array(values), margin, sharing) >= p - 1e-12
    low, high = pairs.interval(values, sharing)[1:]
    half = stats.t.ppf(0.975, len(values) - 1) * (np.mean(values) - margin) / t if t else None
    assert half is None or high - low == pytest.approx(2 * half)


def test_shared_images_add_their_variance():
    values = np.arange(1.0, 7.0)
    assert pairs.variance(values, Sharing(images=0.25)) == pytest.approx(3.5 / 6 + 0.25)


# The order statistics between which the median lies with at least 95 %: Conover 1999, table A3; Altman et al.
# 2000, table 18.
@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(6, 1, 6), (8, 1, 8), (9, 2, 8), (10, 2, 9), (12, 3, 10), (15, 4, 12), (20, 6, 15), (25, 8, 18)],
)
def test_the_interval_of_a_median_as_published(count, low, high):
    values = np.random.default_rng(0).permutation(np.arange(1.0, count + 1))
    assert pairs.median_interval(values) == ((count + 1) / 2, low, high)
    expected = stats.quantile_test(values, p=0.5).confidence_interval(0.95)
    assert pairs.median_interval(values)[1:] == (expected.low, expected.high)


def test_five_pairs_have_no_interval_of_a_median():
    assert [*map(math.isnan, pairs.median_interval(np.arange(5.0)))] == [False, True, True]


# A failed left arm is −∞: it ranks worst, moves the median and its interval, and is never left out.
def test_failed_seeds_count():
    values = np.array([-np.inf, -np.inf, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06])
    assert pairs.interval(values) == (pytest.approx(0.025), -np.inf, 0.06)
    assert pairs.p_value(values) == pytest.approx(stats.binomtest(6, 8).pvalue)
    one_failed = np.array([-np.inf, *np.full(7, 0.02)])
    assert pairs.p_value(one_failed) == pytest.approx(2 * (1 + 8) / 2**8)


def test_more_failures_than_successes():
    values = np.array([-np.inf] * 7 + [0.5])
    assert pairs.interval(values).estimate == -np.inf
    halves = pairs.interval(np.array([-np.inf] * 4 + [np.inf] * 4))
    assert math.isnan(halves.estimate)
    assert (halves.low, halves.high) == (-np.inf, np.inf)


# A raw-pixel arm that is 0.0005 better at every "seed" showed "p 0.008, interval of zero width".
def test_pairs_without_spread_show_nothing():
    assert pairs.p_value(np.full(8, 0.0005)) == 1.0
    assert pairs.p_value(np.full(8, 0.1 + 0.2) - 0.3 + 0.0005) == 1.0
    assert pairs.p_value(np.zeros(8)) == 1.0


def test_too_few_pairs():
    assert pairs.p_value(np.arange(1.0, 6.0)) == 1.0
    assert math.isnan(pairs.interval([]).estimate)
    assert pairs.interval([0.5])[0] == 0.5
    assert math.isnan(pairs.interval([0.5]).low)


@given(differences, points, shares)
def test_shifted_pairs_and_margin_are_the_same(values, shift, tested):
    found = np.array(values)
    p = pairs.p_value(found, 0.0, Sharing(tested))
    assert pairs.p_value(found + shift, shift, Sharing(tested)) == pytest.approx(p)
    moved, here = pairs.interval(found + shift, Sharing(tested)), pairs.interval(found, Sharing(tested))
    assert moved == pytest.approx(np.array(here) + shift, nan_ok=True)


@given(differences, st.sampled_from([0.001, 0.5, 100.0]), shares)
def test_another_unit_gives_the_same_p(values, scale, tested):
    found = np.array(values)
    p = pairs.p_value(found, 0.0, Sharing(tested))
    assert pairs.p_value(scale * found, 0.0, Sharing(tested)) == pytest.approx(p)


@given(differences, points, shares, st.booleans())
def test_exchanged_arms_mirror(values, margin, tested, failed):
    found = np.array([*values, -np.inf]) if failed else np.array(values)
    p = pairs.p_value(found, margin, Sharing(tested))
    assert pairs.p_value(-found, -margin, Sharing(tested)) == pytest.approx(p)
    one, other = pairs.interval(found, Sharing(tested)), pairs.interval(-found, Sharing(tested))
    mirrored = (-other.estimate, -other.high, -other.low)
    assert (one.estimate, one.low, one.high) == pytest.approx(mirrored, nan_ok=True)


# The correction for skewness grows with t²: where nothing is shown, p may fall a little as t does. Its turn
# is at 1/(4g) standard errors, g = skewness / (6 √n); where that is below 3.5, p there is above 0.09.
@given(differences, shares)
def test_what_seeds_share_never_makes_p_small(values, tested):
    shared, alone = (pairs.p_value(np.array(values), 0.0, each) for each in (Sharing(tested), Sharing()))
    assert shared > 0.09 or shared >= alone - 1e-12


# A difference four deviations wide is not lost because the seeds happen to be skewed against it.
def test_a_clear_effect_outlasts_the_correction():
    values = np.array([-1, -0.9, -0.8, -0.8, -0.7, -0.7, -0.6, 0.3])
    assert stats.skew(values, bias=False) > 2
    assert pairs.p_value(values - 3) < 0.01
    assert pairs.p_value(values) == pytest.approx(johnson_p(values, 0.0))
    assert pairs.p_value(values) > stats.ttest_1samp(values, 0).pvalue


# p and interval agree: where the interval holds the margin, p is above its level.
@given(differences, points, st.sampled_from([0.95, 0.98]), shares)
def test_the_interval_does_not_hold_what_p_rejects(values, margin, level, tested):
    p = pairs.p_value(np.array(values), margin, Sharing(tested))
    low, high = pairs.interval(values, Sharing(tested), level)[1:]
    assert not (low < margin < high and p < 1 - level - 1e-9)


# Satterthwaite's degrees of freedom of two parts are Welch's, which scipy has.
@given(st.integers(3, 12), st.integers(3, 200), st.floats(0.1, 10))
def test_degrees_of_freedom_are_welch_s(seeds, images, ratio):
    generator = np.random.default_rng(seeds * images)
    one, other = generator.normal(0, 1, seeds), generator.normal(0, ratio, images)
    sharing = Sharing(images=other.var(ddof=1) / images, freedom=images - 1)
    expected = stats.ttest_ind(one, other, equal_var=False)
    assert pairs.freedom(one, sharing) == pytest.approx(expected.df)
    found = pairs.interval(one - one.mean() + other.mean(), sharing)
    assert found.high - found.estimate == pytest.approx(
        stats.t.ppf(0.975, expected.df) * np.sqrt(one.var(ddof=1) / seeds + sharing.images)
    )


def test_of_what_is_not_known_the_seeds_have_the_degrees_of_freedom():
    assert pairs.freedom(np.arange(6.0)) == 5
    assert pairs.freedom(np.arange(6.0), Sharing(images=3.0)) == 5
