"""Whether one arm is ahead of others where no claim says so: judged as if the study claimed it too.

What a picture shows as won is then never more than what a claim on the same two arms could be given: the same
pairs and failed seeds, the same reasons to withhold a verdict, the same looks, and p adjusted over the claims
of the study and these together.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from experiments import names
from reports.answers import judge, sides
from reports.answers.verdicts import SUPPORTED
from reports.numbers.intervals import Interval
from reports.store.record import Record

Comparison = tuple[str, str, str, str]  # left arm and its setting, right arm and its setting


class Lead(NamedTuple):
    """One arm beside another: left − right with its interval, and whether a claim on it would be supported.

    interval: NaN where nothing may be said yet; of medians, and perhaps infinite, where seeds failed.
    """

    interval: Interval
    supported: bool


def of(record: Record, comparisons: Sequence[Comparison], metric: str = names.TEST_ACCURACY) -> list[Lead]:
    """What would come of claims that the left arm of each comparison has the higher metric."""
    supposed = [sides.higher(each, metric) for each in comparisons]
    judged = judge.judge(replace(record, claims=(*record.claims, *supposed)))[len(record.claims) :]
    return [Lead(Interval(each.effect, each.low, each.high), each.verdict == SUPPORTED) for each in judged]
