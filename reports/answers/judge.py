"""Each claim of a study with what its trials show by now."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from experiments import looks, names
from reports.answers import conditions, sides, verdicts
from reports.answers import planned as planned_looks
from reports.answers.conditions import Conditions
from reports.answers.verdicts import UNDECIDED
from reports.numbers import evidence as e_values
from reports.numbers import images, intervals, power, scores
from reports.store import probabilities
from reports.store.plan import Plan
from reports.store.record import Record
from reports.store.stated import Stated


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict; the numbers are those of the comparison it rests on, if there is any.

    effect, low, high: left − right with its interval, in the metric's unit; confidence: of that interval;
    of_medians: the effect is a median, since seeds failed; planned_late: seeds and looks were registered
    after the first trial had begun; p: adjusted over the study's claims, alone: not adjusted (NaN: not
    tested); size: Hedges' g (NaN: no spread); left, right: trials; seeds: how many, each with a split of its
    own, would decide it, were the effect as seen (None: decided, or unknown); images: half-width that another
    test set would add (NaN: no accuracy); note: for the reader; withheld: why there can be no verdict, which
    is part of the note; sides: what was compared, and the mean of each; censored: of a time to a target, the
    trials of each side that did not get there within the common budget; unmeasured: trials of each side that
    have no such number; conditions: what that comparison holds under; own_splits: each seed drew a split, so
    that the verdict is about images like these, not these alone; image_share: of the variance over such
    splits, how much the draw of test images makes; look: which planned look this is, of how many, at how many
    seeds.
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
    seeds: power.Range | None = None
    images: float = math.nan
    sides: tuple[tuple[str, float], ...] = ()
    alone: float = math.nan
    conditions: Conditions = conditions.NONE
    own_splits: bool = False
    image_share: float = math.nan
    look: tuple[int, int, int] = (0, 0, 0)
    confidence: float = 0.95
    of_medians: bool = False
    planned_late: bool = False
    withheld: str = ""
    censored: tuple[int, int] = (0, 0)
    unmeasured: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Look:
    """What the trials of some seeds show of a claim: its comparisons, what they weigh, and notes.

    seeds: of each arm; withheld: why there can be no verdict, whatever the numbers say.
    """

    claim: Stated
    record: Record
    compared: tuple[verdicts.Comparison, ...] = ()
    found: tuple[sides.Found, ...] = ()
    evidence: verdicts.Evidence | None = None
    withheld: str = ""
    note: str = ""


def judge(record: Record) -> list[Judged]:
    """Each claim of the study with its verdict.

    All claims ever registered are one family: a withdrawn claim gets no verdict, and does not make the others
    easier to support. A study is judged at its planned looks, and not before the first.
    """
    planned = plan_of(record)
    level = confidence(planned)
    taken = [
        [_look(record.at_seeds(planned.seeds[:count]), claim, level) for claim in record.claims]
        for count in planned.looks
        if _complete(record, planned.seeds[:count])
    ]
    if not taken:
        return [_unjudged(record, claim, planned) for claim in record.claims]
    tested = [index for index, claim in enumerate(record.claims) if claim.metric not in names.EXACT_METRICS]
    evidence = [[_admitted(look[index]) for index in tested] for look in taken]
    decided = dict(zip(tested, planned_looks.follow(evidence, planned.looks), strict=True))
    judged = []
    for index in range(len(record.claims)):
        decision = decided.get(index)
        at = len(taken) - 1 if decision is None or decision.look is None else decision.look
        judged.append(_judged(taken[at][index], decision, planned, at))
    return _beyond(record, planned, judged, level) if len(taken) == len(planned.looks) else judged


def plan_of(record: Record) -> Plan:
    """The registered plan; of studies from before, or of one split, one look at the seeds that are there."""
    if record.plan is not None and not record.one_split:
        return record.plan
    seeds = tuple(sorted(record.runs["seed"].unique()))
    return Plan(seeds, (len(seeds),))


def confidence(planned: Plan) -> float:
    """The confidence of an interval at each look, so that 95 % of studies are right at all of theirs."""
    return 1 - looks.flat_level(verdicts.LEVEL, planned.looks)


def _complete(record: Record, seeds: Sequence[int]) -> bool:
    """True if every arm that has trials has one at each of these seeds; of one split always."""
    if record.plan is None or record.one_split:
        return True
    wanted = set(seeds)
    return bool(len(record.runs)) and all(
        wanted <= set(arm["seed"]) for _, arm in record.runs.groupby("label", sort=False)
    )


def _unjudged(record: Record, claim: Stated, planned: Plan) -> Judged:
    """A claim of a study whose first look is still to come."""
    arms = record.runs.groupby("label", sort=False)["seed"]
    done = len(set(planned.seeds).intersection(*(set(seeds) for _, seeds in arms))) if len(arms) else 0
    note = f"{done} of the {planned.looks[0]} seeds of the first planned look are complete: not judged yet"
    return Judged(claim, UNDECIDED if claim.current else verdicts.WITHDRAWN, note)


def _look(record: Record, claim: Stated, level: float) -> Look:
    """What the trials of the record show of a claim; nothing where a comparison lacks an arm."""
    claim = resolved(record, claim)
    tested = number_tested(record.claims)
    found = [sides.of(record, claim, each, tested) for each in claim.comparisons]
    notes = list(dict.fromkeys(note for each in found for note in each.notes))
    if lacking := [each for each in found if each.sides is None]:
        return Look(claim, record, note=lacking[0].notes[0])
    compared = [verdicts.compare(each.sides, claim.direction, claim.margin, level) for each in found]
    exact = claim.metric in names.EXACT_METRICS
    evidence = verdicts.exactly(compared) if exact else verdicts.weigh(compared)
    withheld = next((each.withheld for each in found if each.withheld), "")
    note = "; ".join([*notes, *([withheld] if withheld else [])])
    return Look(claim, record, tuple(compared), tuple(found), evidence, withheld, note)


def _admitted(look: Look) -> verdicts.Evidence | None:
    """The evidence of a claim that may have a verdict at this look; else none."""
    return look.evidence if look.claim.current and not look.withheld else None


def _judged(look: Look, decision: planned_looks.Decision | None, planned: Plan, at: int) -> Judged:
    claim, evidence = look.claim, look.evidence
    if evidence is None:
        return Judged(claim, UNDECIDED if claim.current else verdicts.WITHDRAWN, look.note)
    verdict = decision.verdict if decision else evidence.verdict
    p = decision.p if decision and not look.withheld else math.nan
    if not claim.current:
        verdict = verdicts.WITHDRAWN
    shown, found = look.compared[evidence.decisive], look.found[evidence.decisive]
    left, right = sides.both(look.record, claim.comparisons[evidence.decisive])
    seeds = None
    if verdict == UNDECIDED and not look.withheld and decision is not None:
        seeds = verdicts.splits_needed(found.sides, claim.margin, number_tested(look.record.claims))
        seeds = seeds and seeds.above(shown.left)
    return Judged(
        claim,
        verdict,
        look.note,
        effect=shown.effect,
        low=shown.low,
        high=shown.high,
        p=p,
        size=shown.size,
        left=shown.left,
        right=shown.right,
        seeds=seeds,
        images=_images(look.record, claim, evidence.decisive),
        image_share=_image_share(look.record, claim, evidence.decisive),
        sides=_sides(claim, evidence.decisive, shown),
        alone=evidence.p if decision else math.nan,
        conditions=conditions.of(look.record, claim, left, right),
        own_splits=not look.record.one_split,
        look=(at + 1, len(planned.looks), planned.looks[at]),
        confidence=confidence(planned),
        of_medians=found.sides.of_medians,
        planned_late=planned.after_data,
        withheld=look.withheld,
        censored=found.sides.censored,
        unmeasured=(len(left) - shown.left, len(right) - shown.right),
    )


def _beyond(record: Record, planned: Plan, judged: list[Judged], level: float) -> list[Judged]:
    """The claims that the plan left undecided, by the e-value of all seeds where some were added."""
    if record.one_split or record.plan is None:
        return judged
    common = set.intersection(*(set(arm["seed"]) for _, arm in record.runs.groupby("label", sort=False)))
    further = sorted(common - set(planned.seeds))
    if not further:
        return judged
    looks_ = [_look(record.at_seeds({*planned.seeds, *further}), claim, level) for claim in record.claims]
    tested = [index for index, each in enumerate(record.claims) if each.metric not in names.EXACT_METRICS]
    values = {index: _e_value(looks_[index]) for index in tested}
    shown = dict(zip(tested, planned_looks.beyond_plan([*values.values()]), strict=True))
    found = []
    for index, each in enumerate(judged):
        if index not in values or each.verdict != UNDECIDED or looks_[index].evidence is None:
            found.append(each)
            continue
        look = looks_[index]
        again = _judged(
            look, planned_looks.Decision(None, math.nan, UNDECIDED), planned, len(planned.looks) - 1
        )
        value = values[index]
        added = f"{len(further)} seeds were added after the plan of {len(planned.seeds)}: an unplanned look"
        added += f", e-value {value:.3g}" if value is not None else ""
        verdict = look.evidence.verdict if shown[index] else UNDECIDED
        note = "; ".join(filter(None, (again.note, added)))
        found.append(replace(again, verdict=verdict, note=note, alone=math.nan, seeds=None))
    return found


def _e_value(look: Look) -> float | None:
    """The least e-value of a claim's comparisons; of one against it that of the decisive one alone."""
    if _admitted(look) is None:
        return None
    against = [each for each, shown in zip(look.found, look.compared, strict=True) if shown.toward < 0]
    values = [
        e_values.e_value(each.sides.differences, look.claim.margin, each.sides.sharing)
        if each.sides.differences is not None
        else 1.0
        for each in (against or look.found)
    ]
    return max(values) / len(look.found) if against else min(values)


def resolved(record: Record, claim: Stated) -> Stated:
    """The claim with a number in place of the common target.

    That is the highest of the stated targets that at least half of the compared trials reached, or else the
    lowest. It does not depend on which arm a trial is of, so that the permutation test may exchange trials.
    """
    if not isinstance(claim.target, tuple):
        return claim
    compared = {side for left, at, right, where in claim.comparisons for side in ((left, at), (right, where))}
    run_ids = [run for arm, setting in sorted(compared) for run in sides.trials(record, arm, setting)]
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


def _sides(
    claim: Stated, decisive: int, shown: verdicts.Comparison
) -> tuple[tuple[str, float], tuple[str, float]]:
    left, left_setting, right, right_setting = claim.comparisons[decisive]
    one, other = shown.means
    return ((sides.named(left, left_setting), one), (sides.named(right, right_setting), other))


def _images(record: Record, claim: Stated, decisive: int) -> float:
    """Half-width that other test images would add to a difference of test accuracies; NaN of other metrics.

    Image by image where the trials of one split kept their answers (V_image − V_residual of the two-way
    analysis of variance); else as if the arms were tested on different images, which is more.
    """
    if claim.metric not in sides.OF_TEST_IMAGES or not record.one_split:
        return math.nan
    found = _answers(record, claim, decisive)
    if found is not None and len(found[0]) > 1:
        return intervals.Z_95 * math.sqrt(images.shared_images_variance(*found))
    left, left_setting, right, right_setting = claim.comparisons[decisive]
    column = names.metric(names.TEST, names.ACCURACY)
    widths = []
    for arm, setting in ((left, left_setting), (right, right_setting)):
        runs = record.runs[(record.runs["arm"] == arm) & (record.runs["setting"] == setting)]
        widths.append(intervals.sampling_half_width(runs[column].mean(), runs["test_size"].max()))
    return math.hypot(*widths)


def _image_share(record: Record, claim: Stated, decisive: int) -> float:
    """The share of the variance over splits that a draw of test images makes; NaN where it is unknown."""
    given = pd.to_numeric(record.runs["own_test"], errors="coerce").max() > 0  # seeds may share them
    if claim.metric not in sides.OF_TEST_IMAGES or record.one_split or given:
        return math.nan
    found = _answers(record, claim, decisive)
    return math.nan if found is None else images.share_of_images(found[0])


def _answers(
    record: Record, claim: Stated, decisive: int
) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
    """Left − right of each test image at each seed that both arms have, and which images; None: not kept."""
    left, right = sides.both(record, claim.comparisons[decisive])
    seeds = left.index.intersection(right.index)
    return probabilities.differences(record, zip(left.reindex(seeds), right.reindex(seeds), strict=True))
