"""Forecasts of learning curves: how often the interval at twice the images holds what is then measured.

Cheap learners train on nested subsets of a known population, a split for each seed as in a study. The curve
is fitted to all sizes but the largest, which is as far beyond them as a forecast may reach.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from reports.calibration import tables
from reports.calibration.learners import LEARNERS
from reports.calibration.population import Population
from reports.calibration.tables import Table
from reports.numbers import learning_curve


class Design(NamedTuple):
    """What each team trains: nested sizes, the last of which is forecast; images tested; a team's pool."""

    sizes: tuple[int, ...] = (250, 500, 1000, 2000, 4000)
    test: int = 2_000
    pool: int = 60_000
    seeds: int = 8


def chains(population: Population, design: Design, team: int) -> np.ndarray:
    """Test errors, float (learners, seeds, sizes), each of a seed's own split of the team's own images."""
    generator = tables.generator(9, design.pool, team)
    own = generator.choice(len(population), design.pool, replace=False)
    errors = np.empty((len(LEARNERS), design.seeds, len(design.sizes)))
    for seed in range(design.seeds):
        drawn = generator.choice(own, design.sizes[-1] + design.test, replace=False)
        train, test = drawn[: design.sizes[-1]], drawn[design.sizes[-1] :]
        features, labels = population.features, population.labels
        with threadpool_limits(1):
            for learner, learn in enumerate(LEARNERS.values()):
                for column, size in enumerate(design.sizes):
                    part = train[:size]
                    predicted = learn(generator, features[part], labels[part], features[test])
                    errors[learner, seed, column] = np.mean(predicted != labels[test])
    return errors


def train(
    executor: Executor,
    population: Population,
    design: Design,
    teams: int,
    tell: Callable[[str], None] = lambda _: None,
) -> np.ndarray:
    """What so many teams measure, float (teams, learners, seeds, sizes); tell: takes a line now and then."""
    began, last_line = time.perf_counter(), 0.0
    waiting = {executor.submit(chains, population, design, team): team for team in range(teams)}
    found = np.empty((teams, len(LEARNERS), design.seeds, len(design.sizes)))
    for done, future in enumerate(as_completed(waiting), 1):
        found[waiting[future]] = future.result()
        passed = time.perf_counter() - began
        if passed > last_line + 15:
            last_line = passed
            tell(f"trained {done} of {teams} teams, about {passed / done * (teams - done) / 60:.0f} min left")
    return found


def judged(errors: np.ndarray, sizes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Of each team: the interval at the last size (teams, 2) by all others, and what it measures (teams,).

    errors: float (teams, seeds, sizes) of one learner. NaN where a team has no curve.
    """
    sizes = np.asarray(sizes, float)
    ends = np.full((len(errors), 2), np.nan)
    for team, own in enumerate(errors):
        if curve := learning_curve.fit(sizes[:-1], own[:, :-1]):
            ends[team] = curve.between(sizes[-1])[1:]
    return ends, np.exp(np.log(errors[..., -1]).mean(axis=1))


def measure(errors: np.ndarray, design: Design) -> Iterator[Table]:
    """How often the intervals hold what the same seeds measure, and the mean of all teams."""
    rows, misses = [], []
    teams = len(errors)
    for place, learner in enumerate(LEARNERS):
        ends, measured = judged(errors[:, place], design.sizes)
        truth = np.exp(np.log(measured).mean())
        given = ~np.isnan(ends).any(axis=1)
        inside, of_truth = (
            float(np.mean(((ends[:, 0] <= each) & (each <= ends[:, 1]))[given])) for each in (measured, truth)
        )
        half = float(np.mean(np.log(ends[given, 1] / ends[given, 0]) / 2))
        rows.append(
            [
                learner,
                f"{truth:.4f}",
                f"{given.mean():.0%}",
                f"{half:.1%}",
                f"{inside:.1%}",
                f"{of_truth:.1%}",
            ]
        )
        for what, share in (("what is measured", inside), ("the mean of all teams", of_truth)):
            if share < learning_curve.LEVEL - tables.doubt(learning_curve.LEVEL, int(given.sum())):
                misses.append(f"forecast of {learner}: {share:.1%} of {teams} teams hold {what}")
    header = [
        "learner",
        f"error at {design.sizes[-1]:,}",
        "teams with a curve",
        "half width of the interval, of the error",
        "holds what is measured",
        "holds the mean of all teams",
    ]
    title = (
        f"Forecasts at {design.sizes[-1]:,} training images from {design.sizes[0]:,} to "
        f"{design.sizes[-2]:,}: {learning_curve.LEVEL:.0%} intervals"
    )
    yield Table(title, header, rows, misses)
