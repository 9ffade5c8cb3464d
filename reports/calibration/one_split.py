"""Simulated studies with one split for all seeds: what is said about these images, and no others.

Whole studies of six claims, of which none is true nor its contrary; intervals; power.
"""

import math
from collections.abc import Iterator
from concurrent.futures import Executor

import numpy as np

from reports.answers import verdicts
from reports.calibration import tables
from reports.calibration.tables import Table
from reports.calibration.worlds import ONE_SPLIT, World
from reports.numbers import survival
from reports.numbers.intervals import difference_interval, mean_interval, median_interval

BUDGET = 12  # epochs
SEEDS = (3, 5, 8, 10)
CLAIMS = 6  # of each simulated study
MARGIN = 0.02
MEDIANS = 0.93
FEWEST_FOR_MEDIANS = 5
NOTHING = """Studies whose seeds share one split (`splits: one`): verdicts on these images alone. Six claims
about arms that are the same (two of accuracy, a margin that is met exactly, a time to a target, two settings
of one network, whose seeds are pairs, one for every of three settings)."""


def simulated_times(generator: np.random.Generator, n: int, chance: float) -> survival.Times:
    """Epochs to a target that each epoch reaches with the same chance, within the budget."""
    epochs = generator.geometric(chance, n).astype(float)
    return survival.Times.of(np.where(epochs > BUDGET, math.nan, epochs), [BUDGET] * n)


def study_of_nothing(generator: np.random.Generator, world: World, n: int) -> list[verdicts.Evidence]:
    """Six claims about arms that are the same, each neither true nor its contrary.

    Two of accuracy, a margin that is met exactly, a time to a target, two settings of one network, whose
    seeds are pairs, and one for every of three settings.
    """

    def arms(shift: float = 0.0) -> verdicts.Sides:
        left, right = world.left(generator, n), world.right(generator, world.more * n)
        return verdicts.Sides.of_values(left + shift, right)

    alone = [
        verdicts.compare(arms(), ">", 0.0),
        verdicts.compare(arms(), "<", 0.0),
        verdicts.compare(arms(MARGIN), ">", MARGIN),
        verdicts.compare(
            verdicts.Sides.of_times(
                simulated_times(generator, n, 0.2), simulated_times(generator, n, 0.2), 0.0
            ),
            "<",
            0.0,
        ),
    ]
    shared = generator.normal(0, 0.01, n)
    settings = (world.left(generator, n) + shared, world.right(generator, n) + shared)
    alone.append(verdicts.compare(verdicts.Sides.of_values(*settings, paired=True, claims=CLAIMS), ">", 0.0))
    every = [verdicts.compare(arms(), ">", 0.0) for _ in range(3)]
    return [*(verdicts.weigh([each]) for each in alone), verdicts.weigh(every)]


def false_verdicts(generator: np.random.Generator, world: World, n: int, studies: int) -> tuple[float, float]:
    """The share of studies with any verdict, and of claims with one, where nothing can be true."""
    found = [
        [
            verdict != verdicts.UNDECIDED
            for _, verdict in verdicts.decide(study_of_nothing(generator, world, n))
        ]
        for _ in range(studies)
    ]
    return float(np.mean(np.any(found, axis=1))), float(np.mean(found))


def coverage(generator: np.random.Generator, world: World, n: int, studies: int) -> dict[str, float]:
    """How often the intervals of a mean, a difference of means and a median cover the truth."""
    covered = {"mean": [], "difference": [], "median": []}
    middle = float(np.median(world.left(np.random.default_rng(0), 400_001)))
    for _ in range(studies):
        one, other = world.left(generator, n), world.right(generator, world.more * n)
        mean, difference, median = mean_interval(one), difference_interval(one, other), median_interval(one)
        covered["mean"].append(mean.ends[0] <= world.mean <= mean.ends[1])
        covered["difference"].append(difference.low <= 0 <= difference.high)
        covered["median"].append(median.low <= middle <= median.high if n >= FEWEST_FOR_MEDIANS else math.nan)
    return {name: float(np.mean(each)) for name, each in covered.items()}


def power(generator: np.random.Generator, n: int, studies: int, size: float, claims: int) -> float:
    """How often a true claim about arms `size` standard deviations apart is supported, among so many claims.

    The other claims of the study are undecided, which is the harder case.
    """
    found = 0
    for _ in range(studies):
        sides = verdicts.Sides.of_values(generator.normal(size, 1, n), generator.normal(0, 1, n))
        others = [verdicts.Evidence(1.0, 0, verdicts.UNDECIDED)] * (claims - 1)
        decided = verdicts.decide([verdicts.weigh([verdicts.compare(sides, ">", 0.0)]), *others])
        found += decided[0][1] == verdicts.SUPPORTED
    return found / studies


def measure(pool: Executor, studies: int, seeds: tuple[int, ...] = SEEDS) -> Iterator[Table]:
    """Every table, one after another; the same numbers each time, on any number of cores."""
    yield _false_verdicts(pool, studies, seeds)
    yield _coverage(pool, studies, seeds)
    yield _power(pool, studies, seeds)


def _false_verdicts(pool: Executor, studies: int, seeds: tuple[int, ...]) -> Table:
    tasks = [(name, n, _fewer(studies, n)) for name in ONE_SPLIT for n in seeds]
    found = tables.all_of(pool, one_of_nothing, tasks)
    misses = [
        f"{name}, {n} seeds: {families:.1%} of studies have a false verdict"
        for (name, n, drawn), (families, _) in found.items()
        if tables.too_often(families, drawn)
    ]
    cells = {
        (name, n): f"{families:.1%} ({claims:.1%})" for (name, n, _), (families, claims) in found.items()
    }
    rows = [[name, *(cells[name, n] for n in seeds)] for name in ONE_SPLIT]
    header = ["arms that are the same", *(f"{n} seeds" for n in seeds)]
    return Table(
        "One split: share of studies with any false verdict (of all claims)", header, rows, misses, NOTHING
    )


def one_of_nothing(name: str, n: int, studies: int) -> tuple[float, float]:
    """The shares of false verdicts in the world of this name."""
    return false_verdicts(tables.generator(1, [*ONE_SPLIT].index(name), n), ONE_SPLIT[name], n, studies)


def _coverage(pool: Executor, studies: int, seeds: tuple[int, ...]) -> Table:
    covered = [name for name, world in ONE_SPLIT.items() if world.covered]
    tasks = [(name, n, studies) for name in covered for n in seeds]
    found = tables.all_of(pool, _one_coverage, tasks)
    rows, misses = [], []
    for name in covered:
        for kind in ("mean", "difference", "median"):
            shares = [found[name, n, studies][kind] for n in seeds]
            rows.append([name, kind, *("–" if math.isnan(share) else f"{share:.1%}" for share in shares)])
            low, high = (MEDIANS, 1.0) if kind == "median" else (tables.LEAST_COVERED, tables.MOST_COVERED)
            doubt = tables.doubt(low, studies)
            misses += [
                f"{name}, {n} seeds: the interval of a {kind} covers {share:.1%}"
                for n, share in zip(seeds, shares, strict=True)
                if share < low - doubt or share > high + doubt
            ]
    header = ["spread over seeds", "interval of a", *(f"{n} seeds" for n in seeds)]
    return Table("One split: coverage of the 95 % intervals", header, rows, misses)


def _one_coverage(name: str, n: int, studies: int) -> dict[str, float]:
    return coverage(tables.generator(2, [*ONE_SPLIT].index(name), n), ONE_SPLIT[name], n, studies)


def _power(pool: Executor, studies: int, seeds: tuple[int, ...]) -> Table:
    kinds = [(size, claims) for size in (1.0, 2.0, 3.0, 4.0) for claims in (1, CLAIMS)]
    tasks = [(size, claims, n, _fewer(studies, n) // 2) for size, claims in kinds for n in seeds]
    found = tables.all_of(pool, _one_power, tasks)
    shares = {task[:3]: f"{share:.0%}" for task, share in found.items()}
    rows = [[f"{size:g}", str(claims), *(shares[size, claims, n] for n in seeds)] for size, claims in kinds]
    header = ["standard deviations apart", "claims in the study", *(f"{n} seeds" for n in seeds)]
    return Table("One split: how often a true claim is supported", header, rows, [])


def _one_power(size: float, claims: int, n: int, studies: int) -> float:
    return power(tables.generator(3, int(size), claims, n), n, studies, size, claims)


def _fewer(studies: int, n: int) -> int:
    """A quarter of the studies for ten seeds: each of their claims has 92,378 ways to deal values out."""
    return studies if n < 10 else studies // 4
