"""Summaries over seeds, pure: a few numbers in, a summary out; NaN says what is missing or censored."""

import warnings
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy import stats

LEAST_SEEDS = 3  # for an interval to be shown: of two it is 12.7 standard errors wide on either side


class Mean(NamedTuple):
    """A mean and the half-width of its interval; NaN half-width below two values, 0 only of equal ones."""

    mean: float
    half_width: float
    n: int

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the interval; of one value, the value twice."""
        half = self.half_width if self.n > 1 else 0.0
        return self.mean - half, self.mean + half


class Median(NamedTuple):
    """A median with the smallest and the largest value."""

    median: float
    low: float
    high: float


class Interval(NamedTuple):
    """An estimate and the ends of its interval; NaN ends: the values do not allow one."""

    estimate: float
    low: float
    high: float


def mean_interval(values: Iterable[float], level: float = 0.95) -> Mean:
    """Mean with Student's t interval over the values that are not NaN.

    Not a bootstrap (BCa): from as few values as five it covers less than it says, where t is exact for normal
    data.
    """
    known = _known(values)
    if len(known) == 0:
        return Mean(np.nan, np.nan, 0)
    if len(known) == 1:
        return Mean(float(known[0]), np.nan, 1)
    if (known == known[0]).all():  # round-off would leave a spread of about 1e-17
        return Mean(float(known[0]), 0.0, len(known))
    # scipy's ttest_1samp gives the same but for the last of 17 digits, which results.csv holds.
    half = stats.t.ppf((1 + level) / 2, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known))
    return Mean(float(known.mean()), float(half), len(known))


def difference_interval(left: Iterable[float], right: Iterable[float], level: float = 0.95) -> Interval:
    """Difference of two means, left − right, with Welch's t interval, over the values that are not NaN.

    Each side has a spread of its own; `make calibrate` measures the coverage. The ends are NaN where a side
    has fewer than two values, and both the difference itself where neither side has any spread.
    """
    one, other = _known(left), _known(right)
    if not len(one) or not len(other):
        return Interval(np.nan, np.nan, np.nan)
    estimate = _mean(one) - _mean(other)
    if min(len(one), len(other)) < 2:
        return Interval(estimate, np.nan, np.nan)
    parts = [0.0 if (side == side[0]).all() else side.var(ddof=1) / len(side) for side in (one, other)]
    if not sum(parts):
        return Interval(estimate, estimate, estimate)
    # scipy's ttest_ind gives the same but for the last of 17 digits, which claims.csv holds.
    squares = sum(part**2 / (len(side) - 1) for part, side in zip(parts, (one, other), strict=True))
    half = stats.t.ppf((1 + level) / 2, sum(parts) ** 2 / squares) * np.sqrt(sum(parts))
    return Interval(estimate, float(estimate - half), float(estimate + half))


def paired_interval(left: Iterable[float], right: Iterable[float]) -> Interval:
    """Mean of the differences left − right of pairs, with Student's 95 % t interval; no NaN among them."""
    differences = mean_interval(np.asarray(left, float) - np.asarray(right, float))
    return Interval(differences.mean, *differences.ends)


def welch_p(left: Iterable[float], right: Iterable[float], margin: float = 0.0) -> float:
    """Two-sided p of "the means are `margin` apart" by Welch's t; 0 or 1 where neither has a spread."""
    one, other = _known(left), _known(right)
    if min(len(one), len(other)) < 2:
        return 1.0
    if (one == one[0]).all() and (other == other[0]).all():
        return float(np.isclose(one[0] - other[0], margin, rtol=0, atol=1e-12))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # one side alone may have no spread
        return float(stats.ttest_ind(one - margin, other, equal_var=False).pvalue)


Z_95 = float(stats.norm.ppf(0.975))
LEAST_COVERAGE = 0.93  # of a median's interval; five seeds reach 0.9375


def median_interval(values: Iterable[float]) -> Interval:
    """Median over seeds of a cost, with its interval; NaN is "never reached", more than any cost.

    The interval lies between two order statistics, the closest that cover the median of any distribution in
    at least LEAST_COVERAGE of all cases; below five values there are none. A high end that no trial reached
    is infinite; the estimate is NaN where the median itself is not reached.
    """
    values = np.asarray([*values], dtype=float)
    costs = np.where(np.isnan(values), np.inf, values)
    low, high = stats.quantile_test(costs, q=0, p=0.5).confidence_interval(LEAST_COVERAGE)
    return Interval(censored_median(values), float(low), float(high))


def sampling_half_width(accuracy: float, images: float, level: float = 0.95) -> float:
    """Half-width of the normal interval of an accuracy over other test sets of as many images.

    It leaves out what seeds vary: it stands beside an interval over seeds.
    """
    return float(stats.norm.ppf((1 + level) / 2) * np.sqrt(accuracy * (1 - accuracy) / images))


def median_and_range(values: Iterable[float]) -> Median:
    """Median, smallest and largest of the values that are not NaN; NaN of none."""
    known = _known(values)
    if len(known) == 0:
        return Median(np.nan, np.nan, np.nan)
    return Median(float(np.median(known)), float(known.min()), float(known.max()))


def censored_median(values: Iterable[float]) -> float:
    """Median over seeds of a cost to a target; NaN is "never reached" and counts as more than any cost.

    NaN if the median itself is censored ("not reached"). Dropping the censored seeds would flatter an arm
    that reaches the target only sometimes.
    """
    costs = np.asarray(list(values), dtype=float)
    if len(costs) == 0:
        return np.nan
    median = np.median(np.where(np.isnan(costs), np.inf, costs))
    return float(median) if np.isfinite(median) else np.nan


def _mean(known: np.ndarray) -> float:
    """The mean, exactly the value itself where all are equal: round-off would make it another."""
    return float(known[0] if (known == known[0]).all() else known.mean())


def _known(values: Iterable[float]) -> np.ndarray:
    array = np.asarray(list(values), dtype=float)
    return array[~np.isnan(array)]
