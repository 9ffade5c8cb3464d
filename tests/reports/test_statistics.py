import math

import numpy as np
import pytest
from scipy import stats

from reports.statistics import censored_median, mean_interval, median_and_range

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
