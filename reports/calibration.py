"""Calibration: how often verdicts are false and what intervals cover, in studies drawn from known truths.

The same functions judge here and in a report. Of studies in which neither what is claimed nor its contrary is
true, at most 5 % may have any verdict; an interval must cover the truth as often as it says.
"""

import argparse
import math
import os
import platform
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reports import files
from reports.answers import verdicts
from reports.numbers import survival
from reports.numbers.intervals import difference_interval, mean_interval, median_interval
from reports.tables import markdown

BUDGET = 12  # epochs
Draw = Callable[[np.random.Generator, int], np.ndarray]


class World(NamedTuple):
    """How the accuracies of two arms are spread over seeds, about one mean."""

    left: Draw
    right: Draw
    mean: float


def _skewed(generator: np.random.Generator, n: int) -> np.ndarray:
    """Most seeds near the top, some far below, as with accuracies; standard deviation 0.01."""
    scale = 0.01 * math.sqrt(6) / math.pi
    return 0.8 - scale * (generator.gumbel(size=n) - np.euler_gamma)


def _counted(generator: np.random.Generator, n: int) -> np.ndarray:
    """Right answers among 500 images, so that some seeds are equal."""
    return generator.binomial(500, np.clip(generator.normal(0.8, 0.01, n), 0, 1)) / 500


def normal(spread: float) -> Draw:
    """A normal distribution about 0.8."""
    return lambda generator, n: generator.normal(0.8, spread, n)


WORLDS = {
    "normal, equal spreads": World(normal(0.01), normal(0.01), 0.8),
    "normal, spreads 1 : 3": World(normal(0.01), normal(0.03), 0.8),
    "skewed": World(_skewed, _skewed, 0.8),
    "counted on 500 images": World(_counted, _counted, 0.8),
}


def simulated_times(generator: np.random.Generator, n: int, chance: float) -> survival.Times:
    """Epochs to a target that each epoch reaches with the same chance, within the budget."""
    epochs = generator.geometric(chance, n).astype(float)
    return survival.Times.of(np.where(epochs > BUDGET, math.nan, epochs), [BUDGET] * n)


EPILOG = """example:
  python -m reports calibrate --studies 200

exit status: 0 every bar is met; 1 one is missed"""
SEEDS = (3, 4, 5, 6, 8, 10)
CLAIMS = 6  # of each simulated study
MARGIN = 0.02
MOST_FALSE, MEANS, MEDIANS = 0.05, (0.93, 0.97), 0.93
FEWEST_FOR_MEDIANS = 5
DEFAULT_STUDIES, FEWEST_STUDIES = 2000, 20


def study_of_nothing(generator: np.random.Generator, world: World, n: int) -> list[verdicts.Evidence]:
    """Six claims about arms that are the same, each neither true nor its contrary.

    Two of accuracy, a margin that is met exactly, a time to a target, two settings of one network, whose
    seeds are pairs, and one for every of three settings.
    """

    def arms(shift: float = 0.0) -> verdicts.Sides:
        return verdicts.Sides.of_values(world.left(generator, n) + shift, world.right(generator, n))

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
        one, other = world.left(generator, n), world.right(generator, n)
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


class Table(NamedTuple):
    """Rows of a page, and a line for each number that misses its bar."""

    title: str
    header: list[str]
    rows: list[list[str]]
    misses: list[str]


def measure(studies: int, seeds: tuple[int, ...] = SEEDS) -> Iterator[Table]:
    """Every table, one after another, on all cores; the same numbers each time, on any number of cores."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield _false_verdicts(pool, studies, seeds)
        yield _coverage(pool, studies, seeds)
        yield _power(pool, studies, seeds)


def _false_verdicts(pool: Executor, studies: int, seeds: tuple[int, ...]) -> Table:
    tasks = [(name, n, _fewer(studies, n)) for name in WORLDS for n in seeds]
    found = dict(zip(tasks, pool.map(_one_of_nothing, *zip(*tasks, strict=True)), strict=True))
    misses = [
        f"{name}, {n} seeds: {families:.1%} of studies have a false verdict"
        for (name, n, drawn), (families, _) in found.items()
        if families > MOST_FALSE + _doubt(MOST_FALSE, drawn)
    ]
    cells = {
        (name, n): f"{families:.1%} ({claims:.1%})" for (name, n, _), (families, claims) in found.items()
    }
    rows = [[name, *(cells[name, n] for n in seeds)] for name in WORLDS]
    header = ["arms that are the same", *(f"{n} seeds" for n in seeds)]
    return Table("False verdicts: share of studies with any of six (of all claims)", header, rows, misses)


def _one_of_nothing(name: str, n: int, studies: int) -> tuple[float, float]:
    return false_verdicts(_generator(1, [*WORLDS].index(name), n), WORLDS[name], n, studies)


def _coverage(pool: Executor, studies: int, seeds: tuple[int, ...]) -> Table:
    tasks = [(name, n, 2 * studies) for name in WORLDS for n in seeds]
    found = dict(zip(tasks, pool.map(_one_coverage, *zip(*tasks, strict=True)), strict=True))
    rows, misses = [], []
    for name in WORLDS:
        for kind in ("mean", "difference", "median"):
            shares = [found[name, n, 2 * studies][kind] for n in seeds]
            rows.append([name, kind, *("–" if math.isnan(share) else f"{share:.1%}" for share in shares)])
            low, high = (MEDIANS, 1.0) if kind == "median" else MEANS
            doubt = _doubt(low, 2 * studies)
            misses += [
                f"{name}, {n} seeds: the interval of a {kind} covers {share:.1%}"
                for n, share in zip(seeds, shares, strict=True)
                if share < low - doubt or share > high + doubt
            ]
    header = ["spread over seeds", "interval of a", *(f"{n} seeds" for n in seeds)]
    return Table("Coverage of the 95 % intervals", header, rows, misses)


def _one_coverage(name: str, n: int, studies: int) -> dict[str, float]:
    return coverage(_generator(2, [*WORLDS].index(name), n), WORLDS[name], n, studies)


def _power(pool: Executor, studies: int, seeds: tuple[int, ...]) -> Table:
    kinds = [(size, claims) for size in (1.0, 2.0, 3.0, 4.0) for claims in (1, CLAIMS)]
    tasks = [(size, claims, n, _fewer(studies, n) // 2) for size, claims in kinds for n in seeds]
    found = dict(zip(tasks, pool.map(_one_power, *zip(*tasks, strict=True)), strict=True))
    shares = {task[:3]: f"{share:.0%}" for task, share in found.items()}
    rows = [[f"{size:g}", str(claims), *(shares[size, claims, n] for n in seeds)] for size, claims in kinds]
    header = ["standard deviations apart", "claims in the study", *(f"{n} seeds" for n in seeds)]
    return Table("Power: how often a true claim is supported", header, rows, [])


def _one_power(size: float, claims: int, n: int, studies: int) -> float:
    return power(_generator(3, int(size), claims, n), n, studies, size, claims)


def _generator(*key: int) -> np.random.Generator:
    """A generator for each cell of a table, the same in whichever process."""
    return np.random.default_rng([20151210, *key])


def _fewer(studies: int, n: int) -> int:
    """A quarter of the studies for ten seeds: each of their claims has 92,378 ways to deal values out."""
    return studies if n < 10 else studies // 4


def _doubt(share: float, studies: int) -> float:
    """What chance may add to a share of so many studies: two and a half standard errors."""
    return 2.5 * math.sqrt(share * (1 - share) / studies)


INTRODUCTION = """# Calibration of the verdicts

`make calibrate` draws whole studies from known truths and judges them by the functions that judge a real
one. In the first table nothing that is claimed is true, nor is its contrary: six claims about arms that
are the same (two of accuracy, a margin that is met exactly, a time to a target, two settings of one network,
whose seeds are pairs, one for every of three settings). At most 5 % of such studies may have a verdict. The
intervals of means and differences must cover the truth in 93 to 97 % of cases, those of medians in at least
93 %, from five seeds on; below, none is given. "Skewed": a Gumbel distribution with its tail towards low
accuracies; "counted": right answers among 500 images. A bar counts as missed where it is by more than two
and a half standard errors of the simulation, and the command then fails."""


def page(tables: list[Table], footer: str) -> str:
    """All tables as Markdown."""
    parts = [INTRODUCTION]
    for table in tables:
        parts += [f"## {table.title}", markdown.table([table.header, *table.rows])]
    return "\n\n".join([*parts, footer]) + "\n"


def _several(text: str) -> int:
    """A number of studies, for argparse."""
    if not text.isdigit() or int(text) < FEWEST_STUDIES:
        raise argparse.ArgumentTypeError(f"{text}: a whole number of at least {FEWEST_STUDIES} is needed")
    return int(text)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "--studies", type=_several, default=DEFAULT_STUDIES, help="of each kind (default: %(default)s)"
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="also write the tables there, as Markdown")


def main(options: argparse.Namespace) -> int:
    """Simulate, print, and write the page; 1 where a bar is missed."""
    began = time.perf_counter()
    tables = []
    for table in measure(options.studies):
        tables.append(table)
        print(f"{table.title} ({time.perf_counter() - began:.0f} s)")
        for row in [table.header, *table.rows]:
            print("  " + " | ".join(row))
    footer = (
        f"{options.studies:,} studies of each kind (a quarter of them with ten seeds; twice as many for "
        f"coverage, half for power), in {time.perf_counter() - began:.0f} s: `make calibrate`, "
        f"{os.cpu_count()} {platform.machine()} cores, {datetime.now(UTC):%Y-%m-%d}."
    )
    if options.to:
        files.write(options.to, page(tables, footer).encode())
    misses = [miss for table in tables for miss in table.misses]
    print("\n".join(misses) if misses else "every bar is met")
    return 1 if misses else 0
