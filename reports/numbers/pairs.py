"""Differences of two arms, a pair a seed, pure: interval and p where each seed has a split of its own.

Seeds that draw their images from one pool share some of them, so their differences are not independent.
Of test accuracies, what images have in common is measured and added to s²/K (`images.pool_variance`). Where
it is not, the variance of the mean is s² (1/K + f / (1 − f)), f the share of the pool that is tested (Nadeau
and Bengio 2003, Machine Learning 52, section 3.5), which is on the safe side. Where the test images are
given, what they have in common is counted beside it (`images.shared_images_variance`).

A seed at which one arm failed has an infinite difference: it is worse than any that trained, and never left
out; where both failed it is NaN, a tie. Then there is no mean: the median of the other pairs and its
exact interval stand for a typical seed.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from reports.numbers import permutation
from reports.numbers.intervals import Interval

ROUND_OFF = 1e-12  # of the differences: equal numbers
SKEW_COUNTS_TO = 3.5  # standard errors: beyond it the correction for skewness grows no more


class Sharing(NamedTuple):
    """What seeds have in common.

    tested: the share of the pool that a seed tests, 0 ≤ f < 1, where that stands for all they share; images:
    the variance of the mean difference that comes from images which the seeds share, measured, in the square
    of the metric's unit; freedom: its degrees of freedom (0: unknown, counted as few as those of the seeds).
    """

    tested: float = 0.0
    images: float = 0.0
    freedom: float = 0.0


ALONE = Sharing()


def variance(differences: np.ndarray, sharing: Sharing = ALONE) -> float:
    """The variance of the mean of finite differences; NaN below two, 0 where all are equal."""
    count = len(differences)
    if count < 2:
        return np.nan
    spread = 0.0 if _equal(differences) else float(differences.var(ddof=1))
    return spread * (1 / count + sharing.tested / (1 - sharing.tested)) + sharing.images


def freedom(differences: np.ndarray, sharing: Sharing = ALONE) -> float:
    """The degrees of freedom of `variance`, as Satterthwaite (1946) has them for a sum of two.

    That of the seeds has one less than seeds; what images have in common is known from many more of them.
    """
    alone = len(differences) - 1.0
    if not sharing.freedom or not sharing.images:
        return alone
    own = variance(differences, sharing) - sharing.images
    return (own + sharing.images) ** 2 / (own**2 / alone + sharing.images**2 / sharing.freedom)


def interval(differences: np.ndarray, sharing: Sharing = ALONE, level: float = 0.95) -> Interval:
    """The mean difference with its t interval; with infinite ones among them the median with its exact one.

    The ends are NaN where the pairs do not allow an interval of that level.
    """
    differences = np.asarray(differences, float)
    if not len(differences):
        return Interval(np.nan, np.nan, np.nan)
    if not np.isfinite(differences).all():
        return median_interval(differences[~np.isnan(differences)], level)
    mean = float(differences.mean())
    if _equal(differences):
        mean = float(differences[0])
    found = variance(differences, sharing)
    if not found > 0:  # one pair, or no spread to measure a difference against
        return Interval(mean, np.nan, np.nan)
    half = special.stdtrit(freedom(differences, sharing), (1 + level) / 2) * np.sqrt(found)
    return Interval(mean, float(mean - half), float(mean + half))


def median_interval(differences: np.ndarray, level: float = 0.95) -> Interval:
    """The median of the pairs between the order statistics that the sign test does not reject.

    Exact for any distribution: the ends are the k-th from below and above with P(Binomial(n, ½) < k) at most
    (1 − level) / 2. NaN ends where n is too small; infinite ones where that order statistic failed.
    """
    ordered = np.sort(np.asarray(differences, float))
    count = len(ordered)
    if not count:
        return Interval(np.nan, np.nan, np.nan)
    low, high = ordered[(count - 1) // 2], ordered[count // 2]
    opposite = np.isinf(low) and np.isinf(high) and low != high  # NaN: one half failed left, the other right
    estimate = np.nan if opposite else float(low if low == high else (low + high) / 2)
    outside = int(stats.binom.ppf((1 - level) / 2, count, 0.5))
    if stats.binom.cdf(outside, count, 0.5) > (1 - level) / 2:
        outside -= 1
    if outside < 0:
        return Interval(estimate, np.nan, np.nan)
    return Interval(estimate, float(ordered[outside]), float(ordered[count - 1 - outside]))


def p_value(differences: np.ndarray, margin: float = 0.0, sharing: Sharing = ALONE) -> float:
    """Two-sided p of "the differences are spread about margin".

    The largest of the sign-flip test's, of t's with the variance above, and of t's corrected for skewness;
    where a seed failed, that of the sign test. 1 below permutation.LEAST_PAIRS pairs.
    """
    distances = np.asarray(differences, float) - margin
    if (~np.isnan(distances)).sum() < permutation.LEAST_PAIRS:
        return 1.0
    if not np.isfinite(distances).all():
        # The signs know nothing of what seeds share: the pairs that trained must not speak against it.
        return max(sign_p(distances), _shared_p(distances[np.isfinite(distances)], sharing))
    if _equal(distances):
        return 1.0  # without any spread there is nothing to measure a difference against
    flipped = permutation.paired(distances, np.zeros(len(distances)))
    found = variance(distances, sharing)
    t = float(distances.mean() / np.sqrt(found))
    corrected = skewness_corrected(t, distances)
    least = 0.0 if t * corrected <= 0 else min(abs(t), abs(corrected))
    return max(flipped, float(2 * special.stdtr(freedom(distances, sharing), -least)))


def _shared_p(trained: np.ndarray, sharing: Sharing) -> float:
    """The two-sided p of t of the pairs that trained, for what seeds share; 0 where they share nothing."""
    if sharing == ALONE or len(trained) < 2:
        return 0.0
    found = variance(trained, sharing)
    t = abs(trained.mean()) / np.sqrt(found) if found else 0.0
    return float(2 * special.stdtr(freedom(trained, sharing), -t))


def _equal(differences: np.ndarray) -> bool:
    return bool(np.ptp(differences) <= ROUND_OFF * max(1.0, abs(differences).max()))


def skewness_corrected(t: float, differences: np.ndarray) -> float:
    """The t of differences, corrected for their skewness (Johnson 1978).

    Where one arm is skewed up and the other down, few seeds seldom show the long tail: mean and spread are
    both too small, and t alone gave 7 % of studies without a difference a verdict (`make calibrate`). The
    correction grows with t²; a clear effect against the tail would vanish, so it stops at SKEW_COUNTS_TO.
    """
    count = len(differences)
    away = differences - differences.mean()
    cubes = count / ((count - 1) * (count - 2)) * float((away**3).sum())
    skewness = cubes / float(differences.var(ddof=1)) ** 1.5
    return t + skewness * (2 * min(abs(t), SKEW_COUNTS_TO) ** 2 + 1) / (6 * math.sqrt(count))


def sign_p(distances: np.ndarray) -> float:
    """The exact two-sided p of the sign test; pairs at 0 say nothing."""
    above, below = int((distances > 0).sum()), int((distances < 0).sum())
    return float(stats.binomtest(above, above + below).pvalue) if above + below else 1.0
