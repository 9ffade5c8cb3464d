"""Each claim of a study with what its trials show by now."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from experiments import names, settings
from reports import words
from reports.answers import conditions, measures, verdicts
from reports.answers.conditions import Conditions
from reports.answers.verdicts import UNDECIDED
from reports.numbers import intervals, scores
from reports.store.record import Record
from reports.store.stated import Stated


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict; the numbers are those of the comparison it rests on, if there is any.

    effect, low, high: left − right with its 95 % interval, in the metric's unit; p: adjusted over the study's
    claims, alone: not adjusted (NaN: not tested); size: Hedges' g (NaN: no spread); left, right: trials;
    seeds: an arm that would decide it, if effect and spread were the true ones (None: decided, or unknown);
    images: half-width that another test set would add (NaN: no accuracy); note: for the reader; sides: what
    was compared, and the mean of each; conditions: what that comparison holds under.
    """

    stated: Stated
    verdict: str
    note: str
    effect: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    size: float = math.nan
    left: int = 0
    right: int = 0
    seeds: int | None = None
    images: float = math.nan
    sides: tuple[tuple[str, float], ...] = ()
    alone: float = math.nan
    conditions: Conditions = conditions.NONE


Found = tuple[verdicts.Comparison, int | None]  # a comparison and the seeds that would decide it


def judge(record: Record) -> list[Judged]:
    """Each claim of the study with its verdict.

    All claims ever registered are one family: a withdrawn claim gets no verdict, and does not make the others
    easier to support.
    """
    tested = number_tested(record.claims)
    stated = [resolved(record, claim) for claim in record.claims]
    found = {claim: _compared(record, claim, tested) for claim in stated}
    weighed = {
        claim: _weighed(claim, [comparison for comparison, _ in each]) if each else None
        for claim, (each, _) in found.items()
    }
    inexact = [claim for claim in stated if claim.metric not in names.EXACT_METRICS]
    evidence = [weighed[claim] if claim.current else None for claim in inexact]
    decided = dict(zip(inexact, verdicts.decide(evidence), strict=True))
    return [_judged(record, claim, *found[claim], weighed[claim], decided.get(claim)) for claim in stated]


def resolved(record: Record, claim: Stated) -> Stated:
    """The claim with a number in place of the common target.

    That is the highest of the stated targets that at least half of the compared trials reached, or else the
    lowest. It does not depend on which arm a trial is of, so that the permutation test may exchange trials.
    """
    if not isinstance(claim.target, tuple):
        return claim
    sides = {side for left, at, right, where in claim.comparisons for side in ((left, at), (right, where))}
    run_ids = [run for arm, setting in sorted(sides) for run in _trials(record, arm, setting)]
    trials = record.epochs[record.epochs["run_id"].isin(run_ids)]
    common = [
        target
        for target in claim.target
        if 2 * scores.to_target(trials, target, held=claim.held).notna().sum() >= max(1, len(run_ids))
    ]
    return replace(claim, target=max(common, default=min(claim.target)))


def number_tested(stated: Iterable[Stated]) -> int:
    """The number of claims in the family: all but those about counted numbers, which need no test."""
    return sum(claim.metric not in names.EXACT_METRICS for claim in stated)


def _weighed(claim: Stated, comparisons: list[verdicts.Comparison]) -> verdicts.Evidence:
    exact = claim.metric in names.EXACT_METRICS
    return verdicts.exactly(comparisons) if exact else verdicts.weigh(comparisons)


def _judged(
    record: Record,
    claim: Stated,
    compared: list[Found],
    note: str,
    evidence: verdicts.Evidence | None,
    decision: tuple[float, str] | None,
) -> Judged:
    if evidence is None:
        verdict = UNDECIDED if claim.current else verdicts.WITHDRAWN
        return Judged(claim, verdict, note)
    p, verdict = decision or (math.nan, evidence.verdict)
    if not claim.current:
        verdict = verdicts.WITHDRAWN
    shown, seeds = compared[evidence.decisive]
    return Judged(
        claim,
        verdict,
        note,
        effect=shown.effect,
        low=shown.low,
        high=shown.high,
        p=p,
        size=shown.size,
        left=shown.left,
        right=shown.right,
        seeds=seeds if verdict == UNDECIDED else None,
        images=_images(record, claim, evidence.decisive),
        sides=_sides(claim, evidence.decisive, shown),
        alone=evidence.p if decision else math.nan,
        conditions=conditions.of(record, claim, *_both(record, claim.comparisons[evidence.decisive])),
    )


def _compared(record: Record, claim: Stated, tested: int) -> tuple[list[Found], str]:
    """What each comparison shows, and a note; nothing where one of them has nothing to compare yet."""
    found, lacking, notes = [], [], []
    for left, left_setting, right, right_setting in claim.comparisons:
        arms = {
            _named(left, left_setting): _trials(record, left, left_setting),
            _named(right, right_setting): _trials(record, right, right_setting),
        }
        if claim.target is not None:
            sides, lost = _times(record, claim, *arms.values()), [0, 0]
            reached = [measures.reached(record, [*arm], claim.target, claim.held) for arm in arms.values()]
            if not any(reached):
                notes.append(f"no trial of {' or '.join(arms)} reached {words.target(claim.target)}")
            elif len(sides.left) and len(sides.right) and not sides.reached:
                notes.append(
                    f"within the {claim.metric} that all trials were given nobody reached it: compare epochs"
                )
        else:
            sides, lost = _values(record, claim, *arms.values(), left == right, tested)
        for name, numbers, lack in zip(arms, (sides.left, sides.right), lost, strict=True):
            if not len(numbers):
                why = conditions.lacking(record, claim, *arms.values())
                return [], why or f"nothing measured yet of {name}"
            lacking += [f"{lack} of {name}"] if lack else []
        needed = verdicts.seeds_needed(sides, claim.margin, tested)
        found.append((verdicts.compare(sides, claim.direction, claim.margin), needed))
    if lacking:
        notes.append(f"not measured: {', '.join(dict.fromkeys(lacking))}")
    return found, "; ".join(dict.fromkeys(notes))


def _times(record: Record, claim: Stated, left: pd.Series, right: pd.Series) -> verdicts.Sides:
    one, other = (
        measures.times(record, [*arm], claim.metric, claim.target, claim.held) for arm in (left, right)
    )
    return verdicts.Sides.of_times(one, other, claim.margin)


def _values(
    record: Record, claim: Stated, left: pd.Series, right: pd.Series, one_network: bool, tested: int
) -> tuple[verdicts.Sides, list[int]]:
    """The numbers of both arms, and how many trials of each have none.

    Two settings of one network start from the same weights at a seed, so its seeds are pairs.
    """
    pairs = one_network and set(left.index) == set(right.index)
    if pairs:
        right = right.reindex(left.index)
    level = measures.level(record, [*left, *right], claim.metric)
    one, other = (measures.values(record, [*arm], claim.metric, level) for arm in (left, right))
    known = [~np.isnan(one), ~np.isnan(other)]
    lost = [int((~each).sum()) for each in known]
    if pairs:
        known = [known[0] & known[1]] * 2
    return verdicts.Sides.of_values(one[known[0]], other[known[1]], pairs, tested), lost


def _trials(record: Record, arm: str, setting: str) -> pd.Series:
    """Run ids of an arm at a setting, by seed."""
    runs = record.runs
    return runs[(runs["arm"] == arm) & (runs["setting"] == setting)].set_index("seed")["run_id"]


def _both(record: Record, comparison: tuple[str, str, str, str]) -> tuple[pd.Series, pd.Series]:
    """Run ids by seed of the left and the right arm."""
    left, left_setting, right, right_setting = comparison
    return _trials(record, left, left_setting), _trials(record, right, right_setting)


def _named(arm: str, setting: str) -> str:
    return f"{arm} at {settings.readable(setting)}" if setting else arm


def _sides(
    claim: Stated, decisive: int, shown: verdicts.Comparison
) -> tuple[tuple[str, float], tuple[str, float]]:
    left, left_setting, right, right_setting = claim.comparisons[decisive]
    one, other = shown.means
    return ((_named(left, left_setting), one), (_named(right, right_setting), other))


def _images(record: Record, claim: Stated, decisive: int) -> float:
    """Half-width that other test images would add to a difference of test accuracies; NaN of other metrics.

    As if the arms were tested on different images, which is more than on the same ones.
    """
    if claim.metric not in (names.TEST_ACCURACY, names.TEST_ERROR):
        return math.nan
    left, left_setting, right, right_setting = claim.comparisons[decisive]
    column = names.metric(names.TEST, names.ACCURACY)
    widths = []
    for arm, setting in ((left, left_setting), (right, right_setting)):
        runs = record.runs[(record.runs["arm"] == arm) & (record.runs["setting"] == setting)]
        widths.append(intervals.sampling_half_width(runs[column].mean(), runs["test_size"].max()))
    return math.hypot(*widths)
