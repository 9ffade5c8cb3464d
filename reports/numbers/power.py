"""How many seeds would decide a claim, if the effect and the spread are what was seen; pure."""

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

from reports.numbers import pairs, permutation

POWER = 0.8
MOST_PAIRS = 200


class Range(NamedTuple):
    """Numbers of seeds; most: None beyond MOST_PAIRS."""

    least: int
    most: int | None

    def above(self, count: int) -> "Range":
        """The same, and more than there are already."""
        return Range(max(self.least, count + 1), None if self.most is None else max(self.most, count + 1))


def pairs_needed(
    effect: float, differences: np.ndarray, alpha: float, sharing: pairs.Sharing
) -> Range | None:
    """How many seeds, each with a split of its own, would show `effect` in POWER of all studies, as a range.

    effect: the mean difference less the margin. The range is of the standard deviation of the differences: so
    few of them know it within the ends of its 80 % interval only. None where even the lower end takes too
    many, or nothing is known.
    """
    count = len(differences)
    if count < 2 or not effect or not np.isfinite(differences).all():
        return None
    spread, freedom = float(differences.std(ddof=1)), count - 1
    ends = [spread * math.sqrt(freedom / stats.chi2.ppf(share, freedom)) for share in (0.9, 0.1)]
    least, most = (_pairs(abs(effect), end, alpha, sharing) for end in ends)
    return None if least is None else Range(least, most)


def _pairs(effect: float, spread: float, alpha: float, sharing: pairs.Sharing) -> int | None:
    for count in range(permutation.LEAST_PAIRS, MOST_PAIRS + 1):
        if permutation.least_p(count, pairs=True) > alpha:
            continue
        variance = spread**2 * (1 / count + sharing.tested / (1 - sharing.tested)) + sharing.images
        if not variance:
            return count
        critical = stats.t.ppf(1 - alpha / 2, count - 1)
        if stats.nct.sf(critical, count - 1, effect / math.sqrt(variance)) >= POWER:
            return count
    return None


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
