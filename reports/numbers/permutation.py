"""Exact permutation tests of two arms, and Holm's adjustment; pure.

Under the null hypothesis seeds are exchangeable between the arms, so every way to deal the values out is as
likely as the one seen. With n against n values the two-sided p is 2 / C(2n, n) at least: 0.1 for 3 against 3,
0.008 for 5 against 5.
"""

import functools
import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

MOST = 200_000  # ways to deal out that are all looked at: 10 against 10 are 184,756
DRAWN = 20_000  # beyond them so many are drawn
LEAST_PAIRS = 6  # 2 / 2⁵ = 0.0625: five pairs can never show anything
TIE = 1e-9  # of the values' scale: sums in another order differ by round-off


def unpaired(left: Sequence[float], right: Sequence[float], margin: float = 0.0) -> float:
    """Two-sided p of "left and right + margin have one distribution", by the difference of means.

    left, right: numbers, none of them NaN. 1 where a side is empty.
    """
    return float(unpaired_many(np.array([left], float), np.array([right], float) + margin)[0])


def unpaired_many(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The p of each row of left (k, n) against that of right (k, m)."""
    n, m = left.shape[1], right.shape[1]
    if not n or not m:
        return np.ones(len(left))
    pooled = np.concatenate([left, right], axis=1)
    pooled = pooled - pooled.mean(axis=1, keepdims=True)
    dealt = _dealt(n, m)
    # Centred values: the sum of one side tells the difference of the means.
    sums = np.abs(pooled @ dealt.T)
    seen = np.abs(pooled[:, :n].sum(axis=1, keepdims=True))
    scale = np.abs(pooled).max(axis=1, keepdims=True)
    as_far = (sums >= seen - TIE * scale).sum(axis=1)
    whole = math.comb(n + m, n) <= MOST
    return as_far / len(dealt) if whole else (as_far + 1) / (len(dealt) + 1)


def paired(left: Sequence[float], right: Sequence[float], margin: float = 0.0) -> float:
    """Two-sided p of "left − right is spread evenly about margin", by its mean, with the signs dealt out.

    left, right: as many numbers, those of a pair in the same place. 1 below LEAST_PAIRS pairs.
    """
    differences = np.asarray(left, float) - np.asarray(right, float) - margin
    if len(differences) < LEAST_PAIRS:
        return 1.0
    signs = _signs(len(differences))
    sums = np.abs(signs @ differences)
    as_far = (sums >= abs(differences.sum()) - TIE * np.abs(differences).max()).sum()
    whole = len(signs) == 2 ** len(differences)
    return float(as_far / len(signs) if whole else (as_far + 1) / (len(signs) + 1))


def least_p(n: int, *, pairs: bool = False) -> float:
    """The smallest p that n against n values, or n pairs, can have."""
    ways = 2 ** (n - 1) if pairs else math.comb(2 * n, n) / 2
    return 1 / (DRAWN + 1) if 2 * ways > MOST else 1 / ways


def holm(p_values: Iterable[float]) -> list[float]:
    """The p values, each adjusted so that of all rejections at 0.05 a false one comes in 5 % of families.

    Holm 1979: the smallest times m, the next times m − 1, …, none below the one before, at most 1.
    """
    given = list(p_values)
    adjusted = [math.nan] * len(given)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(given)), key=given.__getitem__)):
        highest = min(1.0, max(highest, (len(given) - rank) * given[place]))
        adjusted[place] = highest
    return adjusted


@functools.cache
def _dealt(n: int, m: int) -> np.ndarray:
    """Float (ways, n + m): 1 where a value goes to the left side; of equal sides the first always does.

    The other half of the ways is the same with the sides exchanged: its differences are as large.
    """
    if math.comb(n + m, n) > MOST:
        generator = np.random.default_rng(0)  # the same p for the same values
        return (generator.permuted(np.tile(np.arange(n + m) < n, (DRAWN, 1)), axis=1)).astype(float)
    chosen = np.array(list(itertools.combinations(range(n + m), n)))
    if n == m:
        chosen = chosen[chosen[:, 0] == 0]
    ways = np.zeros((len(chosen), n + m))
    np.put_along_axis(ways, chosen, 1.0, axis=1)
    return ways


@functools.cache
def _signs(pairs: int) -> np.ndarray:
    if 2**pairs > MOST:
        return np.random.default_rng(0).choice([-1.0, 1.0], (DRAWN, pairs))
    return np.array(list(itertools.product([-1.0, 1.0], repeat=pairs)))
