"""What came of the claims, each in a sentence as people speak; the exact claim stands in the table.

A sentence says no more than was judged: of one split, of the median seed where seeds failed, of the time that
all had where trials did not reach a target, of every setting that a claim speaks of.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from experiments import names, settings
from reports import words
from reports.answers import claims_table, sides
from reports.answers.judge import Judged
from reports.answers.verdicts import REFUTED, SUPPORTED

MOST = 6  # sentences of each kind; the table has all
Called = Callable[[str], str]  # an arm's name in the study file to what people call it
GAPS = (names.GAP, names.TEST_GAP, names.LAST_GAP, names.LEVEL_GAP)
RELATIONS = {  # what a positive and a negative difference mean, up to `than`
    names.TEST_ACCURACY: ("is more accurate", "is less accurate"),
    names.BALANCED_ACCURACY: (
        "is more accurate by balanced accuracy",
        "is less accurate by balanced accuracy",
    ),
    names.TRAINS: ("trains more often", "trains less often"),
    names.TRAINING_SECONDS: ("takes more seconds to train", "takes fewer seconds to train"),
    names.NUMBER_OF_PARAMETERS: ("has more parameters", "has fewer parameters"),
    names.FORWARD_MACS: ("has more forward MACs", "has fewer forward MACs"),
}


class Told(NamedTuple):
    """Sentences of claims that were stated before the data, and of those that came after.

    left_out: how many there are beside them.
    """

    predicted: list[str]
    afterwards: list[str]
    left_out: int = 0


def told(judged: Sequence[Judged], called: Called = str) -> Told:
    """A sentence for each claim that stands and was measured, in study order, at most MOST of each kind."""
    current = [each for each in judged if each.stated.current]
    known = [each for each in current if len(each.sides) == 2]
    # Parted first: else claims of after the data would take the place of predictions.
    before, late = (
        [sentence(each, called, len(current)) for each in known if each.stated.after_data == after][:MOST]
        for after in (False, True)
    )
    return Told(before, late, len(current) - len(before) - len(late))


def sentence(each: Judged, called: Called = str, claims: int = 1) -> str:
    """`ResNet-18 needs more seconds to reach 0.75 than plain CNN: 8.5 s against 2.3 s.`

    claims: of the study, beside which a claim is judged.
    """
    line = f"{_scope(each)}{_outcome(each, called)}: {_seen(each, called)}"
    return f"{line[:1].upper()}{line[1:]}.{_alone(each, claims)}{_advice(each)}"


def _alone(each: Judged, claims: int) -> str:
    """Why a claim is open whose own interval leaves its margin out; empty of others."""
    beyond = (each.low - each.stated.margin) * (each.high - each.stated.margin) > 0
    if each.verdict in (SUPPORTED, REFUTED) or each.withheld or not beyond or claims < 2:
        return ""
    margin = claims_table.amount(each.stated.margin, each.stated.metric, sign="")
    return f" Its own interval leaves {margin} out, but a verdict allows for all {claims} claims."


def _scope(each: Judged) -> str:
    """What the rest of the sentence is about, where that is less than all: one split, a median, a budget."""
    if each.stated.metric in names.EXACT_METRICS:
        return ""
    parts = [
        "" if each.own_splits else "on this one split of the images",
        "by the median seed, a failed one counting as the worst" if each.of_medians else "",
        f"within the {each.stated.metric} that all had" if _partly_reached(each) else "",
    ]
    return "".join(f"{part}, " for part in parts if part)


def _outcome(each: Judged, called: Called) -> str:
    """What may be said of the claim by its verdict."""
    above = each.stated.direction == ">"
    claimed, exact = _said(each, above, called), each.stated.metric in names.EXACT_METRICS
    if _unreached(each) or each.verdict not in (SUPPORTED, REFUTED):
        withheld = each.withheld and not _unreached(each)
        return f"there is no verdict on whether {claimed}" if withheld else f"it is not shown that {claimed}"
    if each.verdict == SUPPORTED:
        return claimed
    (left, one), (right, other) = each.sides
    if exact and one == other and not each.stated.margin and not _several(each):
        left, right = claims_table.side(left, called), claims_table.side(right, called)
        return f"{left} has as many {each.stated.metric} as {right}"
    # The contrary of a claim for every setting is not the contrary in every setting, that of "by more than"
    # is no difference in the other direction, and a counted number may lie on the margin.
    if _several(each) or _ahead(each, above) > 0 or (exact and each.stated.margin):
        return f"it is not so that {claimed}"
    return _said(each, not above, called)


def _said(each: Judged, above: bool, called: Called) -> str:
    """`ResNet-18 is more accurate than plain CNN by more than 0.050`: the first lies above, or below."""
    left, right = (_whole(each, index, called) for index in (0, 1))
    ahead = _ahead(each, above)
    if ahead > 0:
        text = f"{left} {relation(each, above)} than {right} by more than {_amount(ahead, each)}"
    elif ahead < 0:
        text = (
            f"{left} {relation(each, not above)} than {right} by less than {_amount(-ahead, each)}, if at all"
        )
    else:
        text = f"{left} {relation(each, above)} than {right}"
    count = len(each.stated.comparisons)
    return f"at each of {count} settings {text}" if _several(each) else text


def _seen(each: Judged, called: Called) -> str:
    """The numbers that the verdict rests on, and of which trials they are."""
    (left, one), (right, other) = each.sides
    left, right, metric = (
        claims_table.side(left, called),
        claims_table.side(right, called),
        each.stated.metric,
    )
    if _unreached(each):
        return f"no trial of {left} or {right} got there within the {metric} that all had"
    if metric == names.TRAINS:
        seen = f"{_of(one * each.left, each.left)} trials against {_of(other * each.right, each.right)}"
    elif metric in names.EXACT_METRICS and one == other:
        seen = _amount(one, each)
    else:
        seen = " against ".join(
            "none" if math.isnan(value) else _amount(value, each) for value in (one, other)
        )
    if each.of_medians:
        seen += ", means of the seeds that trained"
    if any(each.unmeasured):
        seen += f", of the {each.left} and {each.right} trials that could be compared"
    if _partly_reached(each):
        reached = (of - lost for of, lost in zip((each.left, each.right), each.censored, strict=True))
        one, other = (_of(count, of) for count, of in zip(reached, (each.left, each.right), strict=True))
        seen += f"; {one} trials of {left} and {other} of {right} got there"
        seen += f", the others count with all of these {metric}"
    if _several(each):
        rests = "it fails for" if each.verdict == REFUTED else "this rests on"
        seen = f"{rests} {left} against {right}, {seen}"
    return f"{seen} ({each.withheld})" if each.withheld and each.verdict not in (SUPPORTED, REFUTED) else seen


def _advice(each: Judged) -> str:
    """How many seeds would decide an open claim, at power.POWER; empty where that is unknown."""
    if each.verdict in (SUPPORTED, REFUTED) or each.seeds is None:
        return ""
    seeds = claims_table.seeds(each)
    return f" Were the difference the one seen, {seeds} seeds would decide it in four of five such studies."


def _ahead(each: Judged, above: bool) -> float:
    """How far beyond equality the margin lies, in the sense of the first above, or below, the second."""
    return each.stated.margin if above else -each.stated.margin


def _several(each: Judged) -> bool:
    return len(each.stated.comparisons) > 1


def _unreached(each: Judged) -> bool:
    """Whether it is a time that no trial took: nobody reached the target."""
    return any(each.censored) and each.censored == (each.left, each.right)


def _partly_reached(each: Judged) -> bool:
    return any(each.censored) and not _unreached(each)


def _of(count: float, of: int) -> str:
    return f"{count:.0f} of {of}"


def _amount(value: float, each: Judged) -> str:
    """A value in the metric's unit; a counted one in full, since two that differ must not look alike."""
    metric = each.stated.metric
    return f"{value:,.0f}" if metric in names.EXACT_METRICS else claims_table.amount(value, metric, sign="")


def _whole(each: Judged, index: int, called: Called) -> str:
    """The first or the second arm of a claim, with as much of its setting as is the same throughout."""
    if not _several(each):
        return claims_table.side(each.sides[index][0], called)
    arms = [comparison[2 * index] for comparison in each.stated.comparisons]
    points = [settings.assignments(comparison[2 * index + 1]) for comparison in each.stated.comparisons]
    same = [
        f"{field}={value}" for field, value in points[0].items() if all(p.get(field) == value for p in points)
    ]
    return claims_table.side(sides.named(arms[0], ", ".join(same)), called)


def relation(each: Judged, above: bool) -> str:
    """What a positive (above) or negative difference of the metric means, up to `than`."""
    metric, target = each.stated.metric, each.stated.target
    if target is not None:
        named = "the common target" if isinstance(target, tuple) else words.target(target)
        reach = "reach and hold" if each.stated.held else "reach"
        return f"needs {'more' if above else 'fewer'} {metric} to {reach} {named}"
    if metric in RELATIONS:
        return RELATIONS[metric][not above]
    if metric in GAPS or metric.startswith(names.STATED_LEVEL_GAP):
        return f"overfits {'more' if above else 'less'} ({metric})"
    return f"has {'higher' if above else 'lower'} {metric}"
