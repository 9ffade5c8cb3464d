"""Simulated studies in which each seed has a split of its own, judged once, at looks, or beyond the plan.

What is said is about images like these. The rules are those of a report: `pairs` for one claim at one look,
`planned` for the looks and for the claims of a study, `evidence` for seeds that nobody planned.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np

from experiments import looks, names
from reports.answers import planned, verdicts
from reports.calibration import tables
from reports.calibration.tables import Table
from reports.calibration.worlds import BEYOND, PAIRED, SPREAD, PairedWorld
from reports.numbers import evidence, pairs

ONCE = (6, 8, 10, 20)  # seeds of studies with one look
CLAIMS, TRUE = 5, 2  # of a study with several claims, and how many of them are true
FAMILIES = (
    "normal, equal spreads",
    "normal, spreads 1 : 10",
    "seeds move both alike, 0.8",
    "skewed, mirrored",
    "exponential, one of them",
    "exponential, mirrored",
    "both fail in 10 %",
)
ADDED_TO = 20  # seeds, one after another, while a claim is undecided
PLANNED = 8  # seeds of the study that they are added to
WORLDS = PAIRED | BEYOND


class Looked(NamedTuple):
    """What looks of a study say of a claim, and the interval of the look that decided or was the last."""

    decision: planned.Decision
    low: float
    high: float


def looked(
    differences: Sequence[tuple[np.ndarray, np.ndarray]],
    counts: tuple[int, ...],
    margins: Sequence[float],
    sharing: Sequence[pairs.Sharing] | None = None,
) -> list[Looked]:
    """Judge claims "left > right + margin" at each number of seeds, as a report does.

    differences: of each claim the numbers of the left and of the right arm, a value a seed; sharing: what
    seeds have in common, as it is known at each of the counts.
    """
    level = 1 - looks.flat_level(verdicts.LEVEL, counts)
    found = [
        [
            verdicts.compare(verdicts.Sides.of_pairs(left[:n], right[:n], common), ">", margin, level)
            for (left, right), margin in zip(differences, margins, strict=True)
        ]
        for n, common in zip(counts, sharing or [pairs.ALONE] * len(counts), strict=True)
    ]
    decisions = planned.follow([[verdicts.weigh([each]) for each in look] for look in found], counts)
    return [
        Looked(decision, found[decision.look][claim].low, found[decision.look][claim].high)
        for claim, decision in enumerate(decisions)
    ]


def nothing_true(world: PairedWorld, counts: tuple[int, ...], studies: int, *key: int) -> tuple[float, float]:
    """The shares of studies with one claim that have a false verdict, and whose interval holds the truth."""
    left, right = world.draw(tables.generator(*key), (studies, counts[-1]))
    false, covered = [], []
    for pair in zip(left, right, strict=True):
        (found,) = looked([pair], counts, [world.margin])
        false.append(found.decision.verdict != verdicts.UNDECIDED)
        # Where too few pairs trained there is no interval, and the report shows none.
        if not np.isnan(found.low):
            covered.append(found.low <= world.margin <= found.high)
    return float(np.mean(false)), float(np.mean(covered)) if covered else math.nan


def some_true(world: PairedWorld, counts: tuple[int, ...], studies: int, *key: int) -> tuple[float, float]:
    """The share of studies with a false verdict where TRUE of CLAIMS are true, and of true claims supported.

    True is that the left arm is two standard deviations of a normal arm better.
    """
    generator = tables.generator(*key)
    arms = [world.draw(generator, (studies, counts[-1])) for _ in range(CLAIMS)]
    margins = [world.margin - 2 * SPREAD * (claim < TRUE) for claim in range(CLAIMS)]
    false, supported = [], []
    for study in range(studies):
        found = looked([(left[study], right[study]) for left, right in arms], counts, margins)
        given = [each.decision.verdict for each in found]
        wrong = verdicts.REFUTED in given[:TRUE] or given[TRUE:] != [verdicts.UNDECIDED] * (CLAIMS - TRUE)
        false.append(wrong)
        supported += [verdict == verdicts.SUPPORTED for verdict in given[:TRUE]]
    return float(np.mean(false)), float(np.mean(supported))


def added(
    world: PairedWorld, claims: int, tested: float, distance: float, studies: int, *key: int
) -> tuple[float, float]:
    """The shares of studies with any verdict by the plan, and in the end.

    PLANNED seeds are judged as planned, then seeds are added one at a time while any claim is undecided, up
    to ADDED_TO, and the e-value of all seeds is looked at each time. tested: the share of the pool that a
    seed tests, by which seeds have a normal part in common; distance: from the truth to what is claimed.
    """
    generator = tables.generator(*key)
    sharing = pairs.Sharing(tested)
    arms = [world.draw(generator, (studies, ADDED_TO)) for _ in range(claims)]
    ratio = np.sqrt(2) * SPREAD * np.sqrt(tested / (1 - tested))
    common = generator.normal(0, ratio, (claims, studies)) if tested else np.zeros((claims, studies))
    first, last = [], []
    for study in range(studies):
        each = [
            (left[study] + common[claim, study] + distance, right[study])
            for claim, (left, right) in enumerate(arms)
        ]
        found = looked(each, (PLANNED,), [world.margin] * claims, [sharing])
        decided = [one.decision.verdict != verdicts.UNDECIDED for one in found]
        first.append(any(decided))
        for n in range(PLANNED + 1, ADDED_TO + 1):
            if all(decided):
                break
            values = [
                evidence.e_value(
                    verdicts.Sides.of_pairs(left[:n], right[:n]).differences, world.margin, sharing
                )
                for left, right in each
            ]
            decided = [
                before or now for before, now in zip(decided, planned.beyond_plan(values), strict=True)
            ]
        last.append(any(decided))
    return float(np.mean(first)), float(np.mean(last))


def power(
    distance: float, claims: int, counts: tuple[int, ...], studies: int, *key: int
) -> tuple[float, float]:
    """How often a true claim is supported, and after how many seeds it stops on average (undecided: all).

    distance: in standard deviations of the differences; the other claims of the study stay undecided.
    """
    generator = tables.generator(*key)
    others = [None] * (claims - 1)
    level = 1 - looks.flat_level(verdicts.LEVEL, counts)
    supported, seeds = [], []
    for study in generator.normal(distance, 1, (studies, counts[-1])):
        found = []
        for n in counts:
            sides = verdicts.Sides.of_pairs(study[:n], np.zeros(n))
            found.append([verdicts.weigh([verdicts.compare(sides, ">", 0.0, level)]), *others])
        decision = planned.follow(found, counts)[0]
        supported.append(decision.verdict == verdicts.SUPPORTED)
        seeds.append(counts[-1] if decision.verdict == verdicts.UNDECIDED else counts[decision.look])
    return float(np.mean(supported)), float(np.mean(seeds))


def measure(pool: Executor, studies: int) -> Iterator[Table]:
    """Every table, one after another; the same numbers each time, on any number of cores."""
    yield _nothing_true(pool, studies)
    yield _some_true(pool, studies)
    yield _added(pool, studies)
    yield _power(pool, studies)


def _nothing_true(pool: Executor, studies: int) -> Table:
    plans = [*((n,) for n in ONCE), names.LOOKS]
    tasks = [(name, counts, studies) for name in WORLDS for counts in plans]
    found = tables.all_of(pool, _one_nothing, tasks)
    rows, misses = [], []
    for name, world in WORLDS.items():
        shares = {counts: found[name, counts, studies] for counts in plans}
        rows.append([name, *(f"{false:.1%} ({_share(covered)})" for false, covered in shares.values())])
        if name in BEYOND:
            continue
        for counts, (false, covered) in shares.items():
            plan = f"{name}, {named(counts)}"
            if tables.too_often(false, studies):
                misses.append(f"{plan}: {false:.1%} of studies have a false verdict")
            least = tables.LEAST_COVERED
            if world.covered and covered < least - tables.doubt(least, studies):
                misses.append(f"{plan}: the interval covers {covered:.1%}")
    header = ["arms of which nothing is true", *map(named, plans)]
    title = "A split for each seed: share of studies with a false verdict (coverage of the interval)"
    return Table(title, header, rows, misses, NOTHING)


def _one_nothing(name: str, counts: tuple[int, ...], studies: int) -> tuple[float, float]:
    return nothing_true(WORLDS[name], counts, studies, 4, [*WORLDS].index(name), *counts)


def _some_true(pool: Executor, studies: int) -> Table:
    plans = [(8,), (20,), names.LOOKS]
    tasks = [(name, counts, studies // 2) for name in FAMILIES for counts in plans]
    found = tables.all_of(pool, _one_some, tasks)
    misses = [
        f"{name}, {named(counts)}, {CLAIMS} claims: {false:.1%} of studies have a false verdict"
        for (name, counts, drawn), (false, _) in found.items()
        if tables.too_often(false, drawn)
    ]
    rows = [
        [name, *("{:.1%} ({:.0%})".format(*found[name, counts, studies // 2]) for counts in plans)]
        for name in FAMILIES
    ]
    title = "Five claims, two of them true: share of studies with a false verdict (of true claims supported)"
    return Table(title, ["arms", *map(named, plans)], rows, misses, FAMILY)


def _one_some(name: str, counts: tuple[int, ...], studies: int) -> tuple[float, float]:
    return some_true(WORLDS[name], counts, studies, 5, [*WORLDS].index(name), *counts)


ADDING = [
    (name, claims, tested, distance)
    for name in ("normal, equal spreads", "exponential, one of them")
    for claims, tested, distance in ((1, 0.0, 0.0), (CLAIMS, 0.0, 0.0), (1, 0.25, 0.0), (1, 0.0, 1.0))
]


def _added(pool: Executor, studies: int) -> Table:
    tasks = [(*kind, studies) for kind in ADDING]
    found = tables.all_of(pool, _one_added, tasks)
    rows, misses = [], []
    for kind in ADDING:
        name, claims, tested, distance = kind
        first, last = found[*kind, studies]
        rows.append([name, str(claims), f"{tested:.0%}", f"{distance:g}", f"{first:.1%}", f"{last:.1%}"])
        if not distance and tables.too_often(last, studies):
            misses.append(
                f"{name}, seeds added to {claims} claims: {last:.1%} of studies have a false verdict"
            )
    header = ["arms", "claims", "of the pool tested", "true distance", "decided by the plan", "in the end"]
    return Table(
        f"Seeds added beyond a plan of {PLANNED}, one at a time, up to {ADDED_TO}", header, rows, misses, MORE
    )


def _one_added(name: str, claims: int, tested: float, distance: float, studies: int) -> tuple[float, float]:
    key = 6, ADDING.index((name, claims, tested, distance))
    return added(WORLDS[name], claims, tested, distance * np.sqrt(2) * SPREAD, studies, *key)


def _power(pool: Executor, studies: int) -> Table:
    kinds = [(distance, claims) for distance in (0.5, 1.0, 1.5, 2.0) for claims in (1, CLAIMS)]
    plans = [*((n,) for n in ONCE), names.LOOKS]
    tasks = [(*kind, counts, studies // 2) for kind in kinds for counts in plans]
    found = tables.all_of(pool, _one_power, tasks)
    rows = []
    for kind in kinds:
        shares = [found[*kind, counts, studies // 2] for counts in plans]
        seeds = shares[-1][1]
        cells = [f"{share:.0%}" for share, _ in shares]
        rows.append([f"{kind[0]:g}", str(kind[1]), *cells, f"{seeds:.1f}"])
    header = ["distance", "undecided claims", *map(named, plans), "seeds on average"]
    return Table("A split for each seed: how often a true claim is supported", header, rows, [], POWER)


def _one_power(distance: float, claims: int, counts: tuple[int, ...], studies: int) -> tuple[float, float]:
    return power(distance, claims, counts, studies, 7, int(10 * distance), claims, *counts)


def named(counts: tuple[int, ...]) -> str:
    """A plan of looks in words, for a column."""
    return f"{counts[0]} seeds" if len(counts) == 1 else f"looks at {', '.join(map(str, counts))}"


NOTHING = f"""One claim, of which neither the claim nor its contrary is true, judged once or at planned looks.
Beside each share: how often the interval of the look that decided, or of the last one, holds the truth, at
95 % for one look and at the level of the look for several. Where seeds fail, the truth is the median of the
pairs, and the interval that of the median. Arms without any spread have no verdict: there is nothing to
measure a difference against, and a real one of 0.0005 is not shown either (any verdict would count as false
here). In the last row, {next(iter(BEYOND))}, nearly all of the
difference's spread is the tail of one arm: there the rule's promise ends, and the row is no bar. The t
interval of mirrored exponential arms covers less than 93 %: p is corrected for skewness, the interval is not,
and a verdict needs both."""
FAMILY = "All claims of a study are one family; a true claim that is refuted counts as a false verdict too."
MORE = f"""A study of {PLANNED} seeds is judged as planned; then seeds are added while a claim is undecided,
and an e-value of all seeds decides at {1 / planned.UNPLANNED:.0f} times the number of claims. "Of the pool
tested": seeds that test a quarter of one pool have as much in common as Nadeau and Bengio's factor says.
"True distance": from the truth, in standard deviations of the differences; 0: each verdict is false, and at
most 5 % of studies may have one in the end."""
POWER = """The distance between truth and margin is in standard deviations of the differences; in those of an
arm it is 1.41 times that, where arms are independent. "Seeds on average": with looks, until the claim is
decided, 20 where it is not."""


def _share(covered: float) -> str:
    """`95.2%`; without any spread there is no interval that could cover anything."""
    return "–" if math.isnan(covered) else f"{covered:.1%}"
