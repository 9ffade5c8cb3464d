"""Summaries over seeds, pure: a few numbers in, a summary out; NaN says what is missing or censored."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy import stats


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
    """A median with the smallest and the largest value: five seeds are too few for its interval."""

    median: float
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
    half = stats.t.ppf((1 + level) / 2, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known))
    return Mean(float(known.mean()), float(half), len(known))


def median_and_range(values: Iterable[float]) -> Median:
    """Median, smallest and largest of the values that are not NaN; NaN of none."""
    known = _known(values)
    if len(known) == 0:
        return Median(np.nan, np.nan, np.nan)
    return Median(float(np.median(known)), float(known.min()), float(known.max()))


def censored_median(values: Iterable[float]) -> float:
    """Median over seeds of a cost to a target, where NaN is "never reached" and counts as more than any cost.

    NaN if the median itself is censored: "not reached". Dropping the censored seeds would flatter an arm
    that reaches the target only sometimes.
    """
    costs = np.asarray(list(values), dtype=float)
    if len(costs) == 0:
        return np.nan
    median = np.median(np.where(np.isnan(costs), np.inf, costs))
    return float(median) if np.isfinite(median) else np.nan


def _known(values: Iterable[float]) -> np.ndarray:
    array = np.asarray(list(values), dtype=float)
    return array[~np.isnan(array)]
