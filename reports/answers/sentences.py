"""The answer of a study, in sentences: its claims, what was measured and how sure that is; pure."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from experiments import looks, names
from reports import words
from reports.answers import claims_table, conditions, in_words
from reports.answers.judge import Judged, number_tested, plan_of
from reports.answers.verdicts import REFUTED, SUPPORTED, UNDECIDED, WITHDRAWN
from reports.numbers import failures, intervals, permutation
from reports.store.plan import Plan
from reports.store.record import Record

WITHOUT_CLAIMS = (
    "The study states no claim, so no difference between its arms is tested: read means and intervals as "
    "description."
)
AFTERWARDS = "Observed afterwards, no prediction"
TITLES = {
    SUPPORTED: "Supported",
    REFUTED: "Refuted",
    UNDECIDED: "Not enough evidence",
    WITHDRAWN: "Withdrawn",
}


class Group(NamedTuple):
    """The claims of one verdict, and what stands over them; late: they came after the data."""

    verdict: str
    title: str
    claims: list[Judged]
    late: bool = False


def groups(judged: Sequence[Judged]) -> list[Group]:
    """The claims by verdict, in the order of TITLES; each claim once, within a group in study order.

    What was stated after the data had been seen comes last: it is no prediction, whatever its numbers.
    """
    current = sum(each.stated.current for each in judged)
    found = []
    for late, (verdict, title) in itertools.product((False, True), TITLES.items()):
        members = [each for each in judged if (each.verdict, each.stated.after_data) == (verdict, late)]
        count = f"{len(members)}" if verdict == WITHDRAWN else f"{len(members)} of {current} claims"
        if members:
            said = f"{AFTERWARDS}: {title.lower()}" if late else title
            found.append(Group(verdict, f"{said} ({count})", members, late))
    return found


def explain(
    each: Judged, claims: int, score: str = "validation accuracy", called: in_words.Called = str
) -> str:
    """What was measured for a claim, how sure that is, and what would change it.

    claims: in the study; score: what targets are reached in; called: an arm by its name in the study file.
    """
    if not each.left or not each.right:
        return f"Nothing to judge yet: {each.note}." if each.note else "Nothing to judge yet."
    metric = each.stated.metric
    if each.note and not each.effect:
        return f"{each.note[:1].upper()}{each.note[1:]}: the claim says nothing here."
    settings = len(each.stated.comparisons)
    values = ", ".join(
        f"{arm} {claims_table.amount(mean, metric, sign='')}"
        for arm, mean in ((claims_table.side(arm, called), mean) for arm, mean in each.sides)
    )
    where = f"of {settings} settings, the one that decides: " if settings > 1 else ""
    to = ""
    if each.stated.target is not None:
        target = words.target(each.stated.target)
        held = ", held for two evaluations" if each.stated.held else ""
        budget = f"one that never gets there counting as the end of the {metric} that all had"
        to = f" to {score} {target}{held}, {budget}"
    difference = "median difference of a seed" if each.of_medians else "difference"
    kind = "Means of the seeds that trained" if each.of_medians else "Means"
    found = f"{kind}{to}: {where}{values}; {difference} {claims_table.amount(each.effect, metric)}"
    if metric in names.EXACT_METRICS:
        return f"{found}, counted, the same at every seed."
    if not math.isnan(each.low) and not (each.low == each.high and each.alone >= 1):
        level = claims_table.confidence(each.confidence)
        found += f", {level} interval {claims_table.interval(each)}, p {_equals(each.alone)}"
        found += f" (adjusted for {claims} claims: {claims_table.probability(each.p)})" if claims > 1 else ""
    sentence = each.conditions.sentence(*(claims_table.side(arm, called) for arm, _ in each.sides))
    under = f" {sentence[:1].upper()}{sentence[1:]}." if sentence else ""
    return f"{found}.{under} {_outlook(each)}"


def _outlook(each: Judged) -> str:
    """What would change the verdict."""
    if not each.own_splits:
        if each.verdict != UNDECIDED:
            return "It holds for these images, this split and this recipe; others could change it."
        return (
            "More seeds of this one split would not tell what other images show: `splits: each` gives each "
            "seed images of its own."
        )
    shared = _variance(each.image_share)
    if each.verdict != UNDECIDED:
        return f"It holds for images like these and this recipe: each seed drew images of its own.{shared}"
    if min(each.left, each.right) < 2:
        return "One seed has no spread: there is no telling yet."
    if each.effect == each.stated.margin:
        return "Were the difference the one seen, none, no number of seeds would show one."
    if each.seeds is None:
        return "If the difference were the one seen, 200 splits would not do, or its spread is unknown."
    sign = 1 if each.stated.direction == ">" else -1
    verb = "refute" if sign * (each.effect - each.stated.margin) < 0 else "show"
    return (
        f"If the difference were the one seen, {claims_table.seeds(each)} seeds with splits of their own "
        f"would {verb} it in four of five studies; this one has {each.left}.{shared}"
    )


def _variance(share: float) -> str:
    """Where the spread from seed to seed comes from, in a sentence; empty where that is unknown."""
    if math.isnan(share):
        return ""
    return (
        f" Of the variance from seed to seed about {share:.0%} is the draw of test images, the rest first "
        "weights and training images."
    )


def certainty(record: Record, arms: pd.DataFrame, judged: Sequence[Judged]) -> list[str]:
    """How far the study's numbers hold, and what would change them, in sentences.

    arms: `summary.by_arm(record)`.
    """
    runs = record.runs
    counts = sorted({arm["seed"].nunique() for _, arm in runs.groupby("label")})
    seeds = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    what = "first weights, order of images"
    if not record.one_split:
        what = "first weights, order of images, and which images train, validate and test"
    found = [
        f"Seeds an arm: {seeds}. An interval tells how much other seeds ({what}) "
        f"would change a mean; more seeds narrow it.{_floor(counts[0], judged, record)}",
        *_images(record, arms),
    ]
    if lost := _failures(record):
        found.append(lost)
    if not record.one_split and runs["seed"].nunique() > 1:
        found.append(
            "Splits: each seed drew its images anew from the same data, the same for all arms; where seeds "
            "share images, intervals are wider for it. Verdicts are about images like these, of the same "
            "source and labelled the same way, and not about these very test images alone, as they would be "
            "with one split for all seeds; about images of another source they say nothing."
        )
        found.append(_looks(plan_of(record), judged))
    elif runs.groupby(["setting", "arm"])["split_digest"].nunique().max() == 1:
        nested = " Smaller training sets are parts of larger ones." if _nested(runs) else ""
        found.append(
            f"Splits: one draw, for all seeds.{nested} Nothing here says how much another one would change."
        )
    found += [
        f"Seconds: of {conditions.machine(runs)}. On another machine, above all on a GPU, arms may take "
        "other shares of time.",
        "Recipe and budget: those of the study file. An arm that needs longer, or another learning rate, may "
        "rank otherwise there. A difference between two arms is of all that differs between them (Fairness), "
        "not of one part alone.",
    ]
    return found


def _nested(runs: pd.DataFrame) -> bool:
    """True if training sizes vary over the same validation and test images."""
    same = runs[["data_digest", "validation_digest", "test_digest"]].nunique().max() == 1
    return same and runs["train_size"].nunique() > 1


def _failures(record: Record) -> str:
    """How many seeds of each arm failed, and how many may: `resnet18 0 of 8 (up to 37 %)`."""
    if record.runs.empty:
        return ""
    failed = record.runs.assign(failed=failures.failed(record.runs))
    counts = []
    for label, arm in failed.groupby("label", sort=False):
        count, of = int(arm["failed"].sum()), len(arm)
        counts.append(f"{label} {count} of {of} (up to {failures.possible(count, of):.0%} possible)")
    return (
        f"Seeds that failed (the loss no longer finite, or one answer for all images): {', '.join(counts)}."
    )


def _looks(planned: Plan, judged: Sequence[Judged]) -> str:
    """How often the study is looked at, by its plan, and how often it was, in a sentence."""
    counts = words.listed([str(count) for count in planned.looks])
    if len(planned.looks) == 1:
        return f"Looks: one, after {counts} seeds, as registered with the claims."
    taken = max((each.look[0] for each in judged if each.look), default=0)
    when = "after the first trial had begun" if planned.after_data else "before the first trial"
    return (
        f"Looks: after {counts} seeds, registered {when}; {taken} of {len(planned.looks)} taken. Each look "
        "holds p to a stricter level, so that all together are wrong in at most 5 % of studies; a claim that "
        "is decided at one keeps its verdict."
    )


def _floor(seeds: int, judged: Sequence[Judged], record: Record) -> str:
    """The least p that so many seeds can show for so many claims, in a sentence; empty without claims."""
    pairs = not record.one_split
    tested = number_tested(each.stated for each in judged)
    if not tested or seeds < 2:
        return ""
    least = permutation.least_p(seeds, pairs=pairs)
    planned = plan_of(record).looks
    adjusted = min(1.0, tested * looks.overall(least, planned))
    claims = "1 claim" if tested == 1 else f"{tested} claims"
    all_looks = f" and {len(planned)} looks" if len(planned) > 1 else ""
    among = f", {adjusted:.2g} adjusted for {claims}{all_looks}" if tested > 1 or all_looks else ""
    numbers = f"{seeds} pairs of seeds" if pairs else f"{seeds} against {seeds} seeds"
    return f" With {numbers} p can be no less than {least:.2g}{among}."


def _images(record: Record, arms: pd.DataFrame) -> Iterator[str]:
    """How much other test and validation images would move an accuracy."""
    best = arms["test_accuracy"].max()
    shown = {
        "test": "A larger test set narrows it. A difference between two arms on the same images varies less.",
        "validation": "Every gap, every time to a target and the choice of the epoch rest on them.",
    }
    where = "in addition" if record.one_split else "of one seed; intervals over seeds hold that already"
    for split, remark in shown.items():
        size = record.runs[f"{split}_size"].max()
        if size > 0 and 0 < best < 1:
            half = intervals.sampling_half_width(best, size)
            yield (
                f"{split.capitalize()} images: {size:,.0f}. Others of the same kind would move an accuracy "
                f"like {best:.2f} by ± {half:.3f} (95 %), {where}. {remark}"
            )


def _equals(p: float) -> str:
    text = claims_table.probability(p)
    return text if text.startswith("<") else f"= {text}"
