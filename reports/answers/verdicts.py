"""What trials show about a claim, pure: numbers of two arms in, effect, interval, p and verdict out.

A claim says: left is greater (or less) than right + margin. There is enough evidence where the adjusted
two-sided p is at most 0.05 and the 95 % interval of the difference lies wholly on one side of the margin: on
the claimed side the claim is supported, on the other refuted. For claims about several settings see `weigh`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.numbers import pairs, permutation, power, shares, survival
from reports.numbers.intervals import Interval, difference_interval, paired_interval, welch_p

LEVEL = 0.05
SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "not enough evidence"
WITHDRAWN = "withdrawn"  # of a claim that left the study file: no verdict, whatever the trials show


@dataclass(frozen=True)
class Sides:
    """Numbers of two arms, float (n,) and (m,), a value a trial.

    scores: what the permutation test exchanges instead of the values; paired: one index is one seed in both;
    censored: of times to a target, how many trials of each did not reach it within the common budget;
    differences: left − right of each seed where each has a split of its own, infinite where one arm failed,
    and then `sharing` is what the seeds have in common; shares: the numbers are 1 or 0, and their means are
    shares.
    """

    left: np.ndarray
    right: np.ndarray
    scores: tuple[np.ndarray, np.ndarray] | None = None
    paired: bool = False
    censored: tuple[int, int] = (0, 0)
    differences: np.ndarray | None = None
    sharing: pairs.Sharing = pairs.ALONE
    shares: bool = False

    @classmethod
    def of_pairs(
        cls, left: Sequence[float], right: Sequence[float], sharing: pairs.Sharing = pairs.ALONE
    ) -> "Sides":
        """Of one seed at each index, which drew a split for both arms; infinite values: the arm failed there.

        Where both arms failed the difference is NaN: that seed tells them apart in no way.
        """
        one, other = np.asarray(left, float), np.asarray(right, float)
        with np.errstate(invalid="ignore"):
            differences = one - other
        return cls(one, other, paired=True, differences=differences, sharing=sharing)

    @classmethod
    def of_shares(cls, left: Sequence[float], right: Sequence[float], paired: bool) -> "Sides":
        """Of trials that trained (1) or failed (0); paired: those at one index belong to one split."""
        return cls(np.asarray(left, float), np.asarray(right, float), paired=paired, shares=True)

    @classmethod
    def of_values(
        cls, left: Sequence[float], right: Sequence[float], paired: bool = False, claims: int = 1
    ) -> "Sides":
        """From numbers without NaN; paired: those at one index belong to one seed of one network.

        Pairs are used where there are enough of them to decide one of so many claims: the least p of fewer
        pairs is higher than that of the same numbers without pairs.
        """
        one, other = np.asarray(left, float), np.asarray(right, float)
        enough = len(one) >= permutation.LEAST_PAIRS
        enough = enough and claims * permutation.least_p(len(one), pairs=True) <= LEVEL
        return cls(one, other, None, paired and len(one) == len(other) and enough)

    @classmethod
    def of_times(
        cls,
        left: survival.Times,
        right: survival.Times,
        margin: float,
        sharing: pairs.Sharing | None = None,
    ) -> "Sides":
        """Times to a target over the common budget; the effect is the difference of restricted means.

        sharing: given where those at one index belong to one split: then their differences are compared.
        """
        budget = survival.common_budget(left, right)
        one, other = left.within(budget), right.within(budget)
        later = survival.Times(other.cost + margin, other.reached)
        budget = survival.common_budget(one, later)
        scores = survival.log_rank_scores(one.within(budget), later.within(budget))
        censored = int((~one.reached).sum()), int((~other.reached).sum())
        if sharing is not None:
            differences = one.cost - other.cost
            return cls(one.cost, other.cost, None, True, censored, differences, sharing)
        return cls(one.cost, other.cost, scores, censored=censored)

    @property
    def reached(self) -> bool:
        """Of times to a target, whether any trial reached it within the common budget; else true."""
        return self.censored != (len(self.left), len(self.right))

    @property
    def of_medians(self) -> bool:
        """Whether a failed seed makes the difference one of medians."""
        return self.differences is not None and not bool(np.isfinite(self.differences).all())

    def difference(self, level: float = 0.95) -> Interval:
        """The difference of the means, left − right, with its interval; of medians where seeds failed."""
        if self.shares:
            return shares.interval(self.left, self.right, level, paired=self.paired)
        if self.differences is not None:
            return pairs.interval(self.differences, self.sharing, level)
        return (paired_interval if self.paired else difference_interval)(self.left, self.right)


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


def compare(sides: Sides, direction: str, margin: float, level: float = 0.95) -> Comparison:
    """The difference of the sides with its interval of that level and p; direction: ">" or "<"."""
    sign = 1 if direction == ">" else -1
    interval = sides.difference(level)
    distance = interval.estimate - margin
    return Comparison(
        effect=interval.estimate,
        low=interval.low,
        high=interval.high,
        p=_p(sides, margin),
        size=_size(sides),
        toward=int(np.sign(sign * distance)) if not math.isnan(distance) else 0,
        beyond=_beyond(interval, margin) * sign,
        left=len(sides.left),
        right=len(sides.right),
        means=(_mean(sides.left), _mean(sides.right)),
    )


def splits_needed(sides: Sides, margin: float, claims: int) -> power.Range | None:
    """How many seeds with splits of their own would decide one of so many claims, by what was seen; a range.

    None: too many, or nothing is known; of one split always: its seeds do not know what others would show.
    """
    if sides.differences is None:
        return None
    distance = sides.difference().estimate - margin
    return power.pairs_needed(distance, sides.differences, LEVEL / max(1, claims), sides.sharing)


def _mean(values: np.ndarray) -> float:
    """The mean of the trials that trained."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan


def _size(sides: Sides) -> float:
    finite = np.isfinite(sides.left).all() and np.isfinite(sides.right).all()
    return power.standardised(sides.left, sides.right) if finite else math.nan


def _p(sides: Sides, margin: float) -> float:
    """The larger of the exact p and Welch's; of pairs the exact one, which needs no equal spreads.

    Seeds of arms with equal means and unequal spreads are not exchangeable: the exact test alone gave 6.6 %
    of such studies a false verdict (`make calibrate`, spreads 1 : 3).
    """
    if sides.shares:
        return shares.p_value(sides.left, sides.right, paired=sides.paired)
    if sides.differences is not None:
        return pairs.p_value(sides.differences, margin, sides.sharing)
    if sides.paired:
        return permutation.paired(sides.left, sides.right, margin)
    exact = (
        permutation.unpaired(*sides.scores)
        if sides.scores is not None
        else permutation.unpaired(sides.left, sides.right, margin)
    )
    return max(exact, welch_p(sides.left, sides.right, margin))


def _beyond(interval: Interval, margin: float) -> int:
    """1 where the whole interval lies above the margin, -1 where below, 0 where it holds the margin."""
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
    """An intersection–union test: a claim about several settings is supported only if each supports it.

    Then its p is the largest of theirs (Berger 1982). As soon as the effect of one setting lies on the other
    side, the claim can only be refuted, by the least p of such settings times the number of settings.
    """
    indices = range(len(comparisons))
    contrary = [index for index in indices if comparisons[index].toward < 0]
    if contrary:
        worst = min(contrary, key=lambda index: (comparisons[index].p, index))
        against = comparisons[worst]
        return Evidence(
            min(1.0, len(comparisons) * against.p), worst, REFUTED if against.beyond < 0 else UNDECIDED
        )
    weakest = max(indices, key=lambda index: (comparisons[index].toward == 0, comparisons[index].p, -index))
    supported = all(each.beyond > 0 for each in comparisons)
    p = 1.0 if comparisons[weakest].toward == 0 else comparisons[weakest].p
    return Evidence(p, weakest, SUPPORTED if supported else UNDECIDED)


def exactly(comparisons: Sequence[Comparison]) -> Evidence:
    """The verdict on numbers equal at every seed: supported if each setting agrees, else refuted."""
    decisive = min(range(len(comparisons)), key=lambda index: (comparisons[index].toward, index))
    true = comparisons[decisive].toward > 0
    return Evidence(math.nan, decisive, SUPPORTED if true else REFUTED)


def decide(evidence: Sequence[Evidence | None]) -> list[tuple[float, str]]:
    """The adjusted p and the verdict of each claim of one study.

    None stands for a claim that has no measurement yet or was withdrawn: it is undecided, and belongs to the
    family all the same.
    """
    adjusted = permutation.holm(1.0 if each is None else each.p for each in evidence)
    return [
        (math.nan, UNDECIDED) if each is None else (p, each.verdict if p <= LEVEL else UNDECIDED)
        for each, p in zip(evidence, adjusted, strict=True)
    ]
