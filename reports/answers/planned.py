"""Verdicts at the looks that a study planned, pure: evidence of each look in, a decision a claim out.

A study is looked at when it has the numbers of seeds that were registered with its claims, and at no other
time. At each look the undecided claims share the level; a decided claim keeps its verdict and leaves its
share to the others (`looks`). Seeds beyond the plan are one more look: an e-value judges it (`evidence`).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from experiments import looks
from reports.answers.verdicts import LEVEL, UNDECIDED, Evidence
from reports.numbers import permutation

UNPLANNED = 0.01  # the share of studies that looks beyond the plan may add to the false verdicts


class Decision(NamedTuple):
    """What the looks say of a claim.

    look: the index of the look that decided it, or of the last one taken; None: none was. p: adjusted over
    looks and undecided claims there.
    """

    look: int | None
    p: float
    verdict: str


def follow(evidence: Sequence[Sequence[Evidence | None]], planned: Sequence[int]) -> list[Decision]:
    """Decide each claim by the looks taken so far.

    evidence: for each look taken, in order, that of each claim; None: withdrawn, or nothing to compare: it is
    undecided, and belongs to the family all the same. planned: the numbers of seeds of all planned looks,
    those to come included.
    """
    if not evidence:
        return []
    decisions = [Decision(None, math.nan, UNDECIDED)] * len(evidence[0])
    undecided = [*range(len(decisions))]
    for look, found in enumerate(evidence):
        overall = [_overall(found[claim], planned) for claim in undecided]
        for claim, p in zip(undecided, permutation.holm(overall), strict=True):
            each = found[claim]
            if each is not None:
                verdict = each.verdict if p <= LEVEL else UNDECIDED
                decisions[claim] = Decision(look, p, verdict)
        undecided = [claim for claim in undecided if decisions[claim].verdict == UNDECIDED]
    return decisions


def _overall(each: Evidence | None, planned: Sequence[int]) -> float:
    return 1.0 if each is None else looks.overall(each.p, tuple(planned))


def beyond_plan(e_values: Sequence[float | None]) -> list[bool]:
    """Whether each claim left undecided by the plan is decided by the e-value of all seeds together.

    None: nothing to compare. Each is held against the number of claims over UNPLANNED.
    """
    return [e is not None and e >= len(e_values) / UNPLANNED for e in e_values]
