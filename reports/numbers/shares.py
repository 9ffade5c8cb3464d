"""Two shares, such as of seeds that trained, pure: exact tests, and intervals that few trials allow."""

import math

import numpy as np
from scipy import stats

from reports.numbers import pairs
from reports.numbers.intervals import Interval


def p_value(left: np.ndarray, right: np.ndarray, *, paired: bool) -> float:
    """Two-sided exact p of equal shares: McNemar's of pairs (1947), else Fisher's. left, right: 1 or 0."""
    if not len(left) or not len(right):
        return 1.0
    if paired:
        return pairs.sign_p(np.asarray(left) - np.asarray(right))
    table = [[(side > 0).sum(), (side <= 0).sum()] for side in (np.asarray(left), np.asarray(right))]
    return float(stats.fisher_exact(table).pvalue)


def interval(left: np.ndarray, right: np.ndarray, level: float = 0.95, *, paired: bool) -> Interval:
    """The difference of two shares, left − right, with its interval.

    Of pairs Wald's with half a pair added to each cell (Agresti and Min 2005), else that of Agresti and Caffo
    (2000), one success and one failure added to each side.
    """
    one, other = np.asarray(left, float), np.asarray(right, float)
    if not len(one) or not len(other):
        return Interval(math.nan, math.nan, math.nan)
    estimate = float(one.mean() - other.mean())
    z = stats.norm.ppf((1 + level) / 2)
    if paired:
        count = len(one) + 2
        above, below = ((one > other).sum() + 0.5) / count, ((one < other).sum() + 0.5) / count
        middle, variance = above - below, (above + below - (above - below) ** 2) / count
    else:
        first, second = ((side.sum() + 1) / (len(side) + 2) for side in (one, other))
        middle = first - second
        variance = first * (1 - first) / (len(one) + 2) + second * (1 - second) / (len(other) + 2)
    half = z * math.sqrt(variance)
    return Interval(estimate, max(-1.0, float(middle - half)), min(1.0, float(middle + half)))
