"""Teams that draw a pool of images from a known population and compare real learners on it.

A team's study has a split for each seed, drawn from its pool. What is true of a pair of learners is known:
the mean difference over splits of the whole population, from thousands of them. It is the margin of the
claim, so that every verdict is false.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from experiments import names
from reports.answers import verdicts
from reports.calibration import tables
from reports.calibration.learners import LEARNERS, PAIRS
from reports.calibration.own_splits import looked, named
from reports.calibration.population import Population
from reports.calibration.tables import Table
from reports.numbers import pairs

AT_ONCE = 5  # teams of one task
PLANS = ((6,), (8,), (10,), (20,), names.LOOKS)
SEEDS = max(counts[-1] for counts in PLANS)


class Pool(NamedTuple):
    """How many images a team has, and how many of them each seed trains on and tests."""

    images: int
    train: int
    test: int

    @property
    def sharing(self) -> pairs.Sharing:
        """What seeds have in common."""
        return pairs.Sharing(self.test / self.images)


POOLS = (Pool(1_600, 1_000, 400), Pool(60_000, 1_000, 2_000))


def accuracies(population: Population, pool: Pool, teams: Sequence[int]) -> np.ndarray:
    """Float (teams, SEEDS, learners): each seed draws its split from the team's pool, and trains anew."""
    found = np.empty((len(teams), SEEDS, len(LEARNERS)))
    for position, team in enumerate(teams):
        generator = tables.generator(8, pool.images, team)
        own = generator.choice(len(population), pool.images, replace=False)
        for seed in range(SEEDS):
            drawn = generator.choice(own, pool.train + pool.test, replace=False)
            train, test = drawn[: pool.train], drawn[pool.train :]
            features, labels = population.features, population.labels
            with threadpool_limits(1):  # several threads would wait for each other longer than they work
                found[position, seed] = [
                    np.mean(learn(generator, features[train], labels[train], features[test]) == labels[test])
                    for learn in LEARNERS.values()
                ]
    return found


def train(
    executor: Executor,
    population: Population,
    pools: Sequence[Pool],
    teams: int,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[Pool, np.ndarray]:
    """The accuracies of so many teams with each pool; tell: takes a line now and then, with the time left."""
    began, last_line = time.perf_counter(), 0.0
    found = {pool: np.full((teams, SEEDS, len(LEARNERS)), np.nan) for pool in pools}
    waiting = {
        executor.submit(accuracies, population, pool, range(first, min(teams, first + AT_ONCE))): (
            pool,
            first,
        )
        for first in range(0, teams, AT_ONCE)
        for pool in pools
    }
    for done, future in enumerate(as_completed(waiting), 1):
        pool, first = waiting[future]
        found[pool][first : first + AT_ONCE] = future.result()
        passed = time.perf_counter() - began
        if passed > last_line + 15:
            last_line = passed
            left = passed / done * (len(waiting) - done)
            tell(f"trained {done} of {len(waiting)} parts, about {left / 60:.0f} min left")
    return found


class Shares(NamedTuple):
    """Of teams: with a false verdict, whose interval holds the truth, and that of t without the factor."""

    false: float
    covered: float
    plain: float


def margins(population_wide: np.ndarray, own: bool) -> np.ndarray:
    """The true difference as each team is judged by, from the teams (teams, seeds) with the largest pool.

    own: they are the same teams: each is judged by the others' mean, which its own seeds do not move.
    """
    means = population_wide.mean(axis=1)
    return (means.sum() - means) / (len(means) - 1) if own else np.full(len(means), means.mean())


def judged(
    left: np.ndarray, right: np.ndarray, margins: np.ndarray, pool: Pool, counts: tuple[int, ...]
) -> Shares:
    """Judge each team (a row) once it has so many seeds, or at looks; margins: the truth for each."""
    found = []
    for one, other, margin in zip(left, right, margins, strict=True):
        (seen,) = looked([(one, other)], counts, [margin], pool.sharing)
        last = counts[-1] if seen.decision.look is None else counts[seen.decision.look]
        plain = pairs.interval((one - other)[:last])
        found.append(
            (
                seen.decision.verdict != verdicts.UNDECIDED,
                seen.low <= margin <= seen.high,
                plain.low <= margin <= plain.high,
            )
        )
    return Shares(*map(float, np.mean(found, axis=0)))


def measure(executor: Executor, trained: dict[Pool, np.ndarray]) -> Iterator[Table]:
    """False verdicts, and coverage, of each pair of learners and pool."""
    widest = max(trained)
    teams = len(trained[widest])
    column = {name: index for index, name in enumerate(LEARNERS)}
    tasks = {}
    for pool, accuracy in trained.items():
        for pair in PAIRS:
            left, right = (accuracy[:, :, column[name]] for name in pair)
            wide = np.subtract(*(trained[widest][:, :, column[name]] for name in pair))
            truth = margins(wide, pool == widest)
            for counts in PLANS:
                tasks[pool, pair, counts] = executor.submit(judged, left, right, truth, pool, counts)
    found = {key: task.result() for key, task in tasks.items()}
    header = ["images of a team", "learners", *map(named, PLANS)]
    false, coverage, misses, missed = [], [], [], []
    for pool in trained:
        for pair in PAIRS:
            shares = [found[pool, pair, counts] for counts in PLANS]
            row = [f"{pool.images:,}", ", ".join(pair)]
            false.append([*row, *(f"{each.false:.1%}" for each in shares)])
            coverage.append([*row, *(f"{each.covered:.1%} ({each.plain:.1%})" for each in shares)])
            for counts, each in zip(PLANS, shares, strict=True):
                which = f"{pool.images:,} images, {', '.join(pair)}, {named(counts)}"
                if tables.too_often(each.false, teams):
                    misses.append(f"{which}: {each.false:.1%} of teams have a false verdict")
                least = tables.LEAST_COVERED
                if each.covered < least - tables.doubt(least, teams):
                    missed.append(f"{which}: the interval covers {each.covered:.1%}")
    yield Table("Real learners: share of teams with a false verdict", header, false, misses)
    title = "Real learners: coverage of the interval (of plain t at 95 %, without the factor)"
    yield Table(title, header, coverage, missed)
    yield _differences(trained, widest, column)


def _differences(trained: dict[Pool, np.ndarray], widest: Pool, column: dict[str, int]) -> Table:
    """What the true differences are, how well they are known, and how much seeds vary."""
    rows = []
    for pair in PAIRS:
        wide = np.subtract(*(trained[widest][:, :, column[name]] for name in pair))
        spread = wide.std(ddof=1)
        error = spread / math.sqrt(wide.size)
        among = f"{error / (spread / math.sqrt(SEEDS)):.1%}"
        rows.append([", ".join(pair), f"{wide.mean():+.4f}", f"{error:.5f}", f"{spread:.4f}", among])
    header = ["learners", "true difference", "its standard error", "spread of a split", "of a team's error"]
    return Table("Real learners: what is true", header, rows, [])
