"""What trials show about a claim, pure: numbers of two arms in, effect, interval, p and verdict out.

A claim says: left is greater (or less) than right + margin. It is supported when the adjusted two-sided p is
at most 0.05 and the 95 % interval of the difference lies on the claimed side of the margin, refuted when it
it lies wholly on the other side, and else there is not enough evidence.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.numbers import permutation, power, survival
from reports.numbers.intervals import Interval, difference_interval, paired_interval, welch_p

LEVEL = 0.05
SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "not enough evidence"
WITHDRAWN = "withdrawn"  # of a claim that left the study file: no verdict, whatever was found


@dataclass(frozen=True)
class Sides:
    """Numbers of two arms, float (n,) and (m,), a value a trial.

    scores: what the test deals out, where not the values; paired: one place is one seed in both; reached: of
    times to a target, whether any trial got there within the common budget.
    """

    left: np.ndarray
    right: np.ndarray
    scores: tuple[np.ndarray, np.ndarray] | None = None
    paired: bool = False
    reached: bool = True

    @classmethod
    def of_values(
        cls, left: Sequence[float], right: Sequence[float], paired: bool = False, claims: int = 1
    ) -> "Sides":
        """Numbers without NaN; paired: those in one place belong to one seed of one network.

        Pairs are used where there are enough of them to decide one of so many claims: below, they have a
        higher floor of p than the same numbers without pairs.
        """
        one, other = np.asarray(left, float), np.asarray(right, float)
        enough = len(one) >= permutation.LEAST_PAIRS
        enough = enough and claims * permutation.least_p(len(one), pairs=True) <= LEVEL
        return cls(one, other, None, paired and len(one) == len(other) and enough)

    @classmethod
    def of_times(cls, left: survival.Times, right: survival.Times, margin: float) -> "Sides":
        """Times to a target over the common budget; the effect is the difference of restricted means."""
        budget = survival.common_budget(left, right)
        one, other = left.within(budget), right.within(budget)
        later = survival.Times(other.cost + margin, other.reached)
        budget = survival.common_budget(one, later)
        scores = survival.log_rank_scores(one.within(budget), later.within(budget))
        return cls(one.cost, other.cost, scores, reached=bool(one.reached.any() or other.reached.any()))

    @property
    def difference(self) -> Interval:
        """Of the means, left − right, with its 95 % interval."""
        return (paired_interval if self.paired else difference_interval)(self.left, self.right)

    @property
    def spread(self) -> float:
        """The standard deviation over seeds: twice its square over n is the variance of the difference."""
        if self.paired:
            return float((self.left - self.right).std(ddof=1)) / math.sqrt(2)
        return power.pooled_spread(self.left, self.right)


@dataclass(frozen=True)
class Comparison:
    """One pair of arms: the difference left − right with its interval, and two-sided p about the margin."""

    effect: float
    low: float
    high: float
    p: float
    size: float  # Hedges' g
    toward: int  # 1: the effect lies on the claimed side of the margin, -1: on the other, 0: on it
    beyond: int  # the same for the whole interval, 0: it holds the margin
    left: int  # trials
    right: int
    means: tuple[float, float] = (math.nan, math.nan)  # left and right; times within the common budget


def compare(sides: Sides, direction: str, margin: float) -> Comparison:
    """How far the sides are apart, and how surely; direction: ">" or "<"."""
    sign = 1 if direction == ">" else -1
    interval = sides.difference
    distance = interval.estimate - margin
    return Comparison(
        *interval,
        p=_p(sides, margin),
        size=power.standardised(sides.left, sides.right),
        toward=int(np.sign(sign * distance)) if not math.isnan(distance) else 0,
        beyond=_beyond(interval, margin) * sign,
        left=len(sides.left),
        right=len(sides.right),
        means=(_mean(sides.left), _mean(sides.right)),
    )


def seeds_needed(sides: Sides, margin: float, claims: int) -> int | None:
    """Seeds an arm that would decide one of so many claims, if what was seen holds; None: too many."""
    distance = sides.difference.estimate - margin
    return power.seeds_needed(distance, sides.spread, LEVEL / max(1, claims))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan


def _p(sides: Sides, margin: float) -> float:
    """The larger of the exact p and Welch's; of pairs the exact one, which needs no equal spreads.

    Arms may have the same mean and not the same spread. Then seeds are not exchangeable, and the exact test
    alone gave 6.6 % of such studies a false verdict (`make calibrate`, spreads 1 : 3).
    """
    if sides.paired:
        return permutation.paired(sides.left, sides.right, margin)
    exact = (
        permutation.unpaired(*sides.scores)
        if sides.scores is not None
        else permutation.unpaired(sides.left, sides.right, margin)
    )
    return max(exact, welch_p(sides.left, sides.right, margin))


def _beyond(interval: Interval, margin: float) -> int:
    if interval.low > margin:
        return 1
    return -1 if interval.high < margin else 0


@dataclass(frozen=True)
class Evidence:
    """All comparisons of a claim as one p, the one it rests on, and the verdict before p is adjusted."""

    p: float
    decisive: int
    verdict: str


def weigh(comparisons: Sequence[Comparison]) -> Evidence:
    """An intersection–union test: a claim about several settings is supported only where each is.

    Its p for that is the largest (Berger 1982). It is refuted where any setting is, at k times that p for k
    settings. Both at once cannot be.
    """
    places = range(len(comparisons))
    contrary = [place for place in places if comparisons[place].toward < 0]
    if contrary:
        worst = min(contrary, key=lambda place: (comparisons[place].p, place))
        against = comparisons[worst]
        return Evidence(
            min(1.0, len(comparisons) * against.p), worst, REFUTED if against.beyond < 0 else UNDECIDED
        )
    weakest = max(places, key=lambda place: (comparisons[place].toward == 0, comparisons[place].p, -place))
    held = all(each.beyond > 0 for each in comparisons)
    p = 1.0 if comparisons[weakest].toward == 0 else comparisons[weakest].p
    return Evidence(p, weakest, SUPPORTED if held else UNDECIDED)


def exactly(comparisons: Sequence[Comparison]) -> Evidence:
    """Of a number that is the same at every seed: supported where it holds in each setting, else refuted."""
    places = range(len(comparisons))
    decisive = min(places, key=lambda place: (comparisons[place].toward, place))
    held = comparisons[decisive].toward > 0
    return Evidence(math.nan, decisive, SUPPORTED if held else REFUTED)


def decide(evidence: Sequence[Evidence | None]) -> list[tuple[float, str]]:
    """The adjusted p and the verdict of each claim of one study.

    None stands for a claim of which nothing is measured yet, or that was withdrawn: it is undecided, and of
    the family all the same.
    """
    adjusted = permutation.holm(1.0 if each is None else each.p for each in evidence)
    return [
        (math.nan, UNDECIDED) if each is None else (p, each.verdict if p <= LEVEL else UNDECIDED)
        for each, p in zip(evidence, adjusted, strict=True)
    ]
