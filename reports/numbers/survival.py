"""Time to a target as survival, pure: a trial "survives" a cost at which it has not reached the target yet.

A trial that never reaches the target is censored at the end of its budget, not dropped: its time is known to
be longer than that. The tests compare arms over their common budget.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats


class Times(NamedTuple):
    """Float (n,): the cost at which each trial reached a target, or its whole budget; bool (n,): reached."""

    cost: np.ndarray
    reached: np.ndarray

    @classmethod
    def of(cls, reached_at: Sequence[float], budgets: Sequence[float]) -> "Times":
        """From the costs at which trials reached the target (NaN: never) and those at which they ended."""
        at, budget = np.asarray(reached_at, float), np.asarray(budgets, float)
        return cls(np.where(np.isnan(at), budget, at), ~np.isnan(at))

    def within(self, budget: float) -> "Times":
        """The same trials as if all had ended at `budget`."""
        return Times(np.minimum(self.cost, budget), self.reached & (self.cost <= budget))

    @property
    def costs_or_nan(self) -> np.ndarray:
        """Float (n,): the cost at which each trial reached the target; NaN: never."""
        return np.where(self.reached, self.cost, math.nan)

    @property
    def restricted_mean(self) -> float:
        """The mean cost; a trial that had not reached the target at the end counts as that end."""
        return float(self.cost.mean()) if len(self.cost) else math.nan


class Curve(NamedTuple):
    """At each cost, the share of all trials that have reached the target by then, with its interval."""

    cost: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray


def share_reached(times: Times, level: float = 0.95) -> Curve:
    """The share of trials that have reached the target, by cost: from 0 on to reached / n at the end.

    None of n at the beginning is a share as any other: others of their kind might be there by then.
    A trial that never did stays among the n, however early its budget ended: that another budget would have
    brought it there is not known. The interval is pointwise, of Clopper and Pearson (1934).
    """
    cost = np.unique([0.0, *times.cost[times.reached]])
    count = len(times.cost)
    if not count:
        return Curve(cost, *(np.full(1, math.nan) for _ in range(3)))
    reached = [int((times.reached & (times.cost <= each)).sum()) for each in cost]
    ends = [stats.binomtest(each, count).proportion_ci(level, "exact") for each in reached]
    return Curve(
        cost,
        np.array(reached) / count,
        np.array([each.low for each in ends]),
        np.array([each.high for each in ends]),
    )


def common_budget(*arms: Times) -> float:
    """The largest cost at which every trial of all arms still trains or has reached the target."""
    censored = np.concatenate([each.cost[~each.reached] for each in arms])
    return float(censored.min()) if len(censored) else math.inf


def log_rank_scores(left: Times, right: Times) -> tuple[np.ndarray, np.ndarray]:
    """The log-rank score of each trial: reached (1 or 0), less the reaches expected by its cost.

    The log-rank statistic is the sum of one arm's scores, so a permutation test of their means is the
    permuted log-rank test (Peto and Peto 1972, section 3). scipy's own gives asymptotic p values.
    """
    cost = np.concatenate([left.cost, right.cost])
    reached = np.concatenate([left.reached, right.reached])
    at = np.unique(cost[reached])
    events = np.array([(reached & (cost == each)).sum() for each in at])
    watched = np.array([(cost >= each).sum() for each in at])
    expected = np.array([(events / watched)[at <= each].sum() for each in cost])
    scores = reached - expected
    return scores[: len(left.cost)], scores[len(left.cost) :]
