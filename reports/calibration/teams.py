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
from reports.numbers import images, pairs

AT_ONCE = 5  # teams of one task
PLANS = ((6,), (8,), (10,), (20,), names.LOOKS)
COUNTS = tuple(sorted({count for counts in PLANS for count in counts}))
SEEDS = COUNTS[-1]


class Pool(NamedTuple):
    """How many images a team has, and how many of them each seed trains on and tests."""

    images: int
    train: int
    test: int


POOLS = (Pool(1_600, 1_000, 400), Pool(60_000, 1_000, 2_000))


class Trained(NamedTuple):
    """What teams with one pool measured.

    accuracies: float (teams, SEEDS, learners); shared: float (teams, pairs of learners, COUNTS, 2), what
    images in common add to the variance of the mean difference, as it is measured with so many seeds, and
    its degrees of freedom.
    """

    accuracies: np.ndarray
    shared: np.ndarray

    @classmethod
    def empty(cls, teams: int) -> "Trained":
        """Nothing measured yet: NaN."""
        return cls(
            np.full((teams, SEEDS, len(LEARNERS)), np.nan),
            np.full((teams, len(PAIRS), len(COUNTS), 2), np.nan),
        )

    def differences(self, pair: tuple[str, str]) -> np.ndarray:
        """Float (teams, SEEDS): the accuracy of the one learner less that of the other."""
        return np.subtract(*self.of_pair(pair))

    def of_pair(self, pair: tuple[str, str]) -> tuple[np.ndarray, np.ndarray]:
        """The accuracies of two learners, each float (teams, SEEDS)."""
        one, other = (self.accuracies[:, :, [*LEARNERS].index(name)] for name in pair)
        return one, other

    def sharing(self, team: int, pair: tuple[str, str], counts: Sequence[int]) -> list[pairs.Sharing]:
        """What the seeds of a team have in common, as it is measured with each number of them."""
        of_pair = self.shared[team, PAIRS.index(pair)]
        found = [of_pair[COUNTS.index(count)].tolist() for count in counts]
        return [pairs.Sharing(images=added, freedom=freedom) for added, freedom in found]


def measured(population: Population, pool: Pool, teams: Sequence[int]) -> Trained:
    """What some teams measure: each seed draws its split from the team's pool, and trains anew."""
    found = Trained.empty(len(teams))
    for position, team in enumerate(teams):
        generator = tables.generator(8, pool.images, team)
        own = generator.choice(len(population), pool.images, replace=False)
        right, tested = np.empty((len(LEARNERS), SEEDS, pool.test)), []
        for seed in range(SEEDS):
            drawn = generator.choice(own, pool.train + pool.test, replace=False)
            train, test = drawn[: pool.train], drawn[pool.train :]
            features, labels = population.features, population.labels
            with threadpool_limits(1):  # several threads would wait for each other longer than they work
                right[:, seed] = [
                    learn(generator, features[train], labels[train], features[test]) == labels[test]
                    for learn in LEARNERS.values()
                ]
            tested.append(test)
        found.accuracies[position] = right.mean(axis=2).T
        for index, pair in enumerate(PAIRS):
            one, other = (right[[*LEARNERS].index(name)] for name in pair)
            found.shared[position, index] = [
                images.pool_variance([*(one - other)[:count]], tested[:count], pool.images)
                for count in COUNTS
            ]
    return found


def train(
    executor: Executor,
    population: Population,
    pools: Sequence[Pool],
    teams: int,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[Pool, Trained]:
    """What so many teams with each pool measure; tell: takes a line now and then, with the time left."""
    began, last_line = time.perf_counter(), 0.0
    found = {pool: Trained.empty(teams) for pool in pools}
    waiting = {
        executor.submit(measured, population, pool, range(first, min(teams, first + AT_ONCE))): (pool, first)
        for first in range(0, teams, AT_ONCE)
        for pool in pools
    }
    for done, future in enumerate(as_completed(waiting), 1):
        pool, first = waiting[future]
        for whole, part in zip(found[pool], future.result(), strict=True):
            whole[first : first + AT_ONCE] = part
        passed = time.perf_counter() - began
        if passed > last_line + 15:
            last_line = passed
            left = passed / done * (len(waiting) - done)
            tell(f"trained {done} of {len(waiting)} parts, about {left / 60:.0f} min left")
    return found


class Shares(NamedTuple):
    """Of teams: with a false verdict, whose interval holds the truth, and that of t of the seeds alone."""

    false: float
    covered: float
    plain: float


def margins(population_wide: np.ndarray, own: bool) -> np.ndarray:
    """The true difference as each team is judged by, from the teams (teams, seeds) with the largest pool.

    own: they are the same teams: each is judged by the others' mean, which its own seeds do not move.
    """
    means = population_wide.mean(axis=1)
    return (means.sum() - means) / (len(means) - 1) if own else np.full(len(means), means.mean())


def judged(trained: Trained, pair: tuple[str, str], margins: np.ndarray, counts: tuple[int, ...]) -> Shares:
    """Judge each team once it has so many seeds, or at looks; margins: the truth for each."""
    found = []
    for team, (one, other, margin) in enumerate(zip(*trained.of_pair(pair), margins, strict=True)):
        (seen,) = looked([(one, other)], counts, [margin], trained.sharing(team, pair, counts))
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


def measure(executor: Executor, trained: dict[Pool, Trained]) -> Iterator[Table]:
    """False verdicts, and coverage, of each pair of learners and pool."""
    widest = max(trained)
    teams = len(trained[widest].accuracies)
    tasks = {}
    for pool, of_pool in trained.items():
        for pair in PAIRS:
            truth = margins(trained[widest].differences(pair), pool == widest)
            for counts in PLANS:
                tasks[pool, pair, counts] = executor.submit(judged, of_pool, pair, truth, counts)
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
                least, most = tables.LEAST_COVERED, tables.MOST_COVERED
                too_little = each.covered < least - tables.doubt(least, teams)
                # At looks the interval is at the look's level, above 95 %, and may cover more.
                too_much = len(counts) == 1 and each.covered > most + tables.doubt(most, teams)
                if too_little or too_much:
                    missed.append(f"{which}: the interval covers {each.covered:.1%}")
    yield Table("Real learners: share of teams with a false verdict", header, false, misses)
    title = "Real learners: coverage of the interval (of t of the seeds alone, at 95 %)"
    yield Table(title, header, coverage, missed)
    yield _differences(trained, widest)


def _differences(trained: dict[Pool, Trained], widest: Pool) -> Table:
    """What the true differences are, how well they are known, and how much seeds vary and share."""
    rows = []
    for pair in PAIRS:
        wide = trained[widest].differences(pair)
        spread = wide.std(axis=1, ddof=1).mean()
        error = wide.mean(axis=1).std(ddof=1) / math.sqrt(len(wide))
        among = f"{error / (spread / math.sqrt(SEEDS)):.1%}"
        shared = [_shared(each, pair) for each in trained.values()]
        rows.append([", ".join(pair), f"{wide.mean():+.4f}", f"{error:.5f}", f"{spread:.4f}", among, *shared])
    header = ["learners", "true difference", "its standard error", "spread of a split", "of a team's error"]
    header += [f"what seeds share of {pool.images:,}, in spreads² (as measured)" for pool in trained]
    return Table("Real learners: what is true", header, rows, [])


def _shared(trained: Trained, pair: tuple[str, str]) -> str:
    """The variance between teams' means beyond what the seeds' spread gives, in squares of that spread.

    In parentheses, as teams measure it from images that their seeds have in common.
    """
    differences = trained.differences(pair)
    squared = differences.var(axis=1, ddof=1).mean()
    true = differences.mean(axis=1).var(ddof=1) / squared - 1 / SEEDS
    measured = trained.shared[:, PAIRS.index(pair), -1, 0].mean() / squared
    return f"{true:.3f} ({measured:.3f})"
