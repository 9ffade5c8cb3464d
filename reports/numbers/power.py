"""How many seeds would decide a claim, if the effect and the spread are what was seen; pure."""

import math

import numpy as np
from scipy import stats

from reports.numbers import permutation

POWER = 0.8
MOST_SEEDS = 1000


def seeds_needed(effect: float, spread: float, alpha: float) -> int | None:
    """The fewest seeds an arm that show `effect` at level `alpha` in POWER of all studies; None: too many.

    effect: difference of the means from the margin; spread: the pooled standard deviation over seeds. By the
    power of the two-sided t test, but no fewer than an exact permutation test needs to reach alpha at all.
    """
    if not effect or math.isnan(effect) or math.isnan(spread):
        return None
    fewest = next((n for n in range(2, MOST_SEEDS) if permutation.least_p(n) <= alpha), None)
    if fewest is None:
        return None
    if not spread:
        return fewest
    found = next((n for n in _ladder(fewest) if power(abs(effect) / spread, n, alpha) >= POWER), None)
    if found is None:
        return None
    return next(
        n for n in range(max(fewest, found // 2), found + 1) if power(abs(effect) / spread, n, alpha) >= POWER
    )


def power(size: float, n: int, alpha: float) -> float:
    """The share of studies in which n against n seeds show an effect of `size` standard deviations."""
    freedom = 2 * n - 2
    critical = stats.t.ppf(1 - alpha / 2, freedom)
    return float(stats.nct.sf(critical, freedom, size * math.sqrt(n / 2)))


def pooled_spread(left: np.ndarray, right: np.ndarray) -> float:
    """The standard deviation within two arms; NaN where neither has two values."""
    freedom = len(left) + len(right) - 2
    if freedom < 1:
        return math.nan
    squares = sum(((side - side.mean()) ** 2).sum() for side in (left, right))
    return math.sqrt(squares / freedom)


def standardised(left: np.ndarray, right: np.ndarray) -> float:
    """Hedges' g: the difference of two means in pooled standard deviations, corrected for few values.

    With the approximate correction 1 − 3 / (4 (n₁ + n₂) − 9) (Hedges 1981). NaN where there is no spread.
    """
    spread = pooled_spread(left, right)
    if math.isnan(spread) or not spread:
        return math.nan
    correction = 1 - 3 / (4 * (len(left) + len(right)) - 9)
    return float(correction * (left.mean() - right.mean()) / spread)


def _ladder(first: int) -> list[int]:
    """`first`, doubled until MOST_SEEDS."""
    steps = [first]
    while steps[-1] < MOST_SEEDS:
        steps.append(min(MOST_SEEDS, 2 * steps[-1]))
    return steps
