import math

import numpy as np
import pytest
from scipy import stats

from reports.numbers.intervals import (
    censored_median,
    difference_interval,
    mean_interval,
    median_and_range,
    median_interval,
    sampling_half_width,
    welch_p,
)

NAN = math.nan


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_mean_interval_is_the_t_interval_of_scipy(level):
    values = [0.81, 0.84, 0.79, 0.86, 0.80]
    low, high = stats.ttest_1samp(values, 0).confidence_interval(level)
    mean, half_width, n = mean_interval([*values, NAN], level)
    assert n == 5
    assert (mean - half_width, mean + half_width) == pytest.approx((low, high))


def test_mean_interval_of_few_values():
    assert mean_interval([0.5]) == pytest.approx((0.5, NAN, 1), nan_ok=True)
    assert mean_interval([NAN]) == pytest.approx((NAN, NAN, 0), nan_ok=True)


def test_equal_values_have_no_spread_at_all():
    assert mean_interval([0.1, 0.1, 0.1]) == (0.1, 0.0, 3)  # by the formula, round-off makes it 1e-17
    assert mean_interval([0.1, 0.1, 0.1 + 1e-16]).half_width > 0


def test_ends_of_an_interval():
    assert mean_interval([0.5, NAN]).ends == (0.5, 0.5)
    low, high = mean_interval([0.4, 0.6]).ends
    assert (low, high) == pytest.approx((0.5 - 1.27, 0.5 + 1.27), abs=1e-3)  # 12.706 × 0.1


def test_mean_interval_covers_what_it_says():
    draws = np.random.default_rng(0).normal(size=(2000, 5))
    intervals = [mean_interval(draw) for draw in draws]
    covered = np.mean([abs(i.mean) <= i.half_width for i in intervals])
    assert 0.93 < covered < 0.97  # 0.95, standard error 0.005


def test_median_and_range():
    assert median_and_range([3, 1, NAN, 2]) == (2, 1, 3)
    assert median_and_range([]) == pytest.approx((NAN, NAN, NAN), nan_ok=True)


@pytest.mark.parametrize(
    ("costs", "median"),
    [
        ([2, 4, 6], 4),
        ([2, 4, NAN], 4),  # not 3, the median of those that arrived
        ([2, NAN, NAN], NAN),
        ([2, 4, 6, NAN], 5),
        ([2, 4, NAN, NAN], NAN),  # between 4 and never
        ([], NAN),
    ],
)
def test_censored_median(costs, median):
    assert censored_median(costs) == pytest.approx(median, nan_ok=True)


def test_difference_interval_is_welch_s_of_scipy():
    left, right = [0.81, 0.84, 0.79, 0.86, 0.80], [0.70, 0.78, 0.74]
    expected = stats.ttest_ind(left, right, equal_var=False).confidence_interval(0.95)
    found = difference_interval([*left, NAN], right)
    assert found == pytest.approx((0.82 - 0.74, *expected))


def test_difference_without_spread():
    assert difference_interval([0.5, 0.5], [0.3, 0.3]) == (0.2, 0.2, 0.2)
    assert difference_interval([0.5], [0.3, 0.3]) == pytest.approx((0.2, NAN, NAN), nan_ok=True)
    assert difference_interval([], [0.3]) == pytest.approx((NAN, NAN, NAN), nan_ok=True)
    # A side that is the same at every seed adds nothing: (0.4, 0.6) − 0.3 is 0.2 ± 12.706 · 0.1.
    assert difference_interval([0.4, 0.6], [0.3, 0.3]).low == pytest.approx(0.2 - 1.2706, abs=1e-3)


# Between the k-th from below and the k-th from above lies the median of any distribution by 1 − 2 · P(B < k),
# B heads of n tosses. n = 5, k = 1: 1 − 2/32 = 0.9375; n = 8, k = 2: 1 − 18/256 = 0.9297, too little; n = 9,
# k = 2: 0.961.
@pytest.mark.parametrize(
    ("n", "low", "high"), [(4, NAN, NAN), (5, 1, 5), (6, 1, 6), (8, 1, 8), (9, 2, 8), (10, 2, 9)]
)
def test_median_interval_between_order_statistics(n, low, high):
    found = median_interval(range(n, 0, -1))
    assert found == pytest.approx(((n + 1) / 2, low, high), nan_ok=True)


@pytest.mark.parametrize("values", [[], [2], [NAN] * 6, [3] * 7])
def test_median_interval_of_few_or_equal_values(values):
    found = median_interval(values)
    if len(values) < 5:
        assert math.isnan(found.low) and math.isnan(found.high)
    else:
        assert (found.low, found.high) == ((math.inf, math.inf) if math.isnan(values[0]) else (3, 3))


def test_median_interval_with_trials_that_never_got_there():
    assert median_interval([3, 1, NAN, 2, NAN]) == (3, 1, math.inf)
    assert median_interval([NAN, 1, NAN, 2, NAN]) == pytest.approx((NAN, 1, math.inf), nan_ok=True)


# 1.96 · sqrt(0.8 · 0.2 / 2000)
def test_sampling_half_width():
    assert sampling_half_width(0.8, 2000) == pytest.approx(0.01753, abs=1e-5)
    assert sampling_half_width(1.0, 100) == 0


def test_welch_p():
    left, right = [0.81, 0.84, 0.79, 0.86, 0.80], [0.70, 0.78, 0.74]
    assert welch_p(left, right) == pytest.approx(stats.ttest_ind(left, right, equal_var=False).pvalue)
    assert welch_p(left, right, 0.08) == pytest.approx(1)  # 0.82 − 0.74
    assert welch_p([0.5, 0.5], [0.3, 0.3]) == 0
    assert welch_p([0.5, 0.5], [0.3, 0.3], 0.2) == 1
    assert welch_p([0.5], [0.3, 0.3]) == 1
