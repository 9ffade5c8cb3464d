"""What came of the claims, each in a sentence as people speak; the exact claim stands in the table."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from experiments import names
from reports import words
from reports.answers import claims_table
from reports.answers.judge import Judged
from reports.answers.verdicts import REFUTED, SUPPORTED

MOST = 6  # sentences; the table has all
Called = Callable[[str], str]  # an arm's name in the study file to what people call it
GAPS = (names.GAP, names.TEST_GAP, names.LAST_GAP, names.LEVEL_GAP)


class Told(NamedTuple):
    """Sentences of claims that were stated before the data, and of those that came after."""

    predicted: list[str]
    afterwards: list[str]


def told(judged: Sequence[Judged], called: Called = str) -> Told:
    """A sentence for each claim that stands and was measured, in study order, at most MOST."""
    known = [each for each in judged if each.stated.current and len(each.sides) == 2][:MOST]
    late, before = (
        [sentence(each, called) for each in known if each.stated.after_data == after]
        for after in (True, False)
    )
    return Told(before, late)


def sentence(each: Judged, called: Called = str) -> str:
    """`ResNet-18 is not faster to 0.75 than plain CNN: 8.5 s against 2.3 s.`"""
    (left, one), (right, other) = each.sides
    left, right = (claims_table.side(name, called) for name in (left, right))
    metric, above = each.stated.metric, each.stated.direction == ">"
    ahead = each.stated.margin if above else -each.stated.margin  # beyond equality, in the sense of the claim
    amount = claims_table.amount(abs(ahead), metric, sign="")
    claimed = f"{left} {relation(each, above)} than {right}"
    if ahead > 0:
        claimed += f" by more than {amount}"
    elif ahead < 0:
        claimed = f"{left} {relation(each, not above)} than {right} by less than {amount}, if at all"
    values = " against ".join(claims_table.amount(value, metric, sign="") for value in (one, other))
    if each.verdict == SUPPORTED:
        return f"{claimed[:1].upper()}{claimed[1:]}: {values}."
    if each.verdict == REFUTED and not ahead:
        contrary = f"{left} {relation(each, not above)} than {right}"
        return f"{contrary[:1].upper()}{contrary[1:]}: {values}."
    if each.verdict == REFUTED:
        return f"It is not so that {claimed}: {values}."
    return f"Not shown: that {claimed}; {values}."


def relation(each: Judged, above: bool) -> str:
    """What a positive (above) or negative difference of the metric means, up to `than`."""
    metric, target = each.stated.metric, each.stated.target
    if target is not None:
        named = "the common target" if isinstance(target, tuple) else words.target(target)
        return f"is {'slower' if above else 'faster'} to {named}, in {metric},"
    if metric in (names.TEST_ACCURACY, names.BALANCED_ACCURACY):
        balanced = " by balanced accuracy" if metric == names.BALANCED_ACCURACY else ""
        return f"is {'more' if above else 'less'} accurate{balanced}"
    if metric in GAPS or metric.startswith(names.STATED_LEVEL_GAP):
        return f"overfits {'more' if above else 'less'} ({metric})"
    return f"has {'higher' if above else 'lower'} {metric}"
