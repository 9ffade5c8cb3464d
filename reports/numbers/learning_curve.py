"""Learning curves, pure: error by training size as a power law with a floor, and a little beyond.

error(n) = a n^-b + c (Cortes et al. 1993; Hestness et al. 2017, arXiv 1712.00409), a > 0, b > 0, c ≥ 0,
fitted to the logarithm of the error: seeds scatter by a share of the error, not by a number of images.

A chain is the errors of one seed at every size. What moves a chain as a whole (its test images, its split)
says nothing about the shape, so level and shape have intervals of their own:

- the shape's from its profile: every (b, c) whose squares are as close to the least as chance allows, chance
  being what chains scatter about their common shape, or how far their means lie from the curve, if that is
  more;
- the level's from the chains' means, Student's t.

On simulated fresh chains the 90 % interval at twice the largest size held the true error in 90 to 99 % of
them (four to six sizes, three to eight chains: tests/reports/numbers/test_learning_curve.py); a bootstrap of
five chains would be too narrow.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from reports.numbers.intervals import Interval

LEVEL = 0.9
# Smaller subsets are parts of larger ones, so that neighbouring errors of a chain go together: at a
# correlation of 0.5 the interval without this factor of the variance held the true error in 87 % of studies.
TOGETHER = 2.0
REACH = 2.0  # times the largest size: no farther
LEAST_SIZES = 4  # three parameters, and something that could contradict them
LEAST_CHAINS = 3
EXPONENTS = np.concatenate([np.linspace(0.02, 1.5, 75), np.linspace(1.55, 3, 30)])
FLOORS = np.linspace(0, 0.995, 80)  # as shares of the error at the largest size
ZOOMS, FINER = 6, 21  # times that a search narrows to the neighbours of its best point, and points between
STEPS = 60  # between the largest size and REACH times it


@dataclass(frozen=True, eq=False)
class Curve:
    """A fitted curve: error(n) = a n^-b + c. sizes: ascending; errors: chains × sizes, above 0."""

    a: float
    b: float
    c: float
    sizes: np.ndarray
    errors: np.ndarray

    def at(self, size: float) -> float:
        """The error at a size: the geometric mean over chains.

        Raises:
            ValueError: the size lies beyond what the curve says anything of.
        """
        self._check(size)
        return self.a * size**-self.b + self.c

    def between(self, size: float) -> Interval:
        """The error at a size with its interval of LEVEL. Raises ValueError, as `at`."""
        (low,), (high,) = self.bounds([size])
        return Interval(self.at(size), float(low), float(high))

    def bounds(self, sizes: list[float]) -> tuple[np.ndarray, np.ndarray]:
        """The ends of that interval at each of several sizes. Raises ValueError, as `at`."""
        for size in sizes:
            self._check(size)
        logs = np.log(self.errors)
        means = logs.mean(axis=0)
        valley, squares, levels = _valley(self.sizes, means, FLOORS)
        grid = np.meshgrid(EXPONENTS, FLOORS, indexing="ij")
        of_grid, levels_of_grid = _squares(self.sizes, means, *grid)
        b = np.concatenate([valley, grid[0].ravel()])
        floor = np.concatenate([FLOORS, grid[1].ravel()])
        squares = np.concatenate([squares, of_grid.ravel()])
        levels = np.concatenate([levels, levels_of_grid.ravel()])
        least = squares.min()
        threshold = stats.t.ppf((1 + LEVEL) / 2, self._freedom) ** 2
        inside = len(logs) * (squares - least) <= TOGETHER * self._scatter(least) * threshold
        shares = np.asarray(sizes, float) / self.sizes[-1]
        shape = levels[inside][:, None] + _shape(shares, b[inside], floor[inside])
        centre = np.log([self.at(size) for size in sizes])
        of_level = stats.t.ppf((1 + LEVEL) / 2, len(logs) - 1) * stats.sem(logs.mean(axis=1))
        below = np.maximum(centre - shape.min(axis=0), 0)
        above = np.maximum(shape.max(axis=0) - centre, 0)
        return np.exp(centre - np.hypot(below, of_level)), np.exp(centre + np.hypot(above, of_level))

    def at_least(self, error: float) -> float:
        """The fewest training images that could reach an error, by the low end of the interval.

        Infinite where not even REACH times the largest size could: then it takes more than those.
        """
        sizes = np.linspace(self.sizes[-1], REACH * self.sizes[-1], STEPS + 1)
        low, _ = self.bounds(list(sizes))
        reached = np.nonzero(low <= error)[0]
        return float(sizes[reached[0]]) if len(reached) else np.inf

    @property
    def _freedom(self) -> int:
        chains, sizes = self.errors.shape
        return (chains - 1) * (sizes - 1)

    def _scatter(self, least: float) -> float:
        """The variance of a chain about the common shape; that of the means about the curve, if more."""
        logs = np.log(self.errors)
        about = logs - logs.mean(axis=0) - logs.mean(axis=1, keepdims=True) + logs.mean()
        chains, sizes = logs.shape
        return max(float((about**2).sum()) / self._freedom, chains * float(least) / (sizes - 3))

    def reaches(self, size: float) -> bool:
        """Whether the curve says anything of a size; halves of an odd number are a whole image short."""
        return 0 < size <= REACH * (self.sizes[-1] + 1)

    def _check(self, size: float) -> None:
        if not self.reaches(size):
            raise ValueError(
                f"{size:,.0f} is more than {REACH:g} times the largest size, {self.sizes[-1]:,.0f}"
            )


def fit(sizes: np.ndarray, errors: np.ndarray) -> Curve | None:
    """The curve of least squares in log error.

    Args:
        sizes: training images, ascending.
        errors: a row a chain, a column a size.

    Returns:
        None below LEAST_SIZES or LEAST_CHAINS, and where an error is 0 or was not measured.
    """
    sizes, errors = np.asarray(sizes, float), np.asarray(errors, float)
    if len(sizes) < LEAST_SIZES or len(errors) < LEAST_CHAINS or not (errors > 0).all():
        return None
    means = np.log(errors).mean(axis=0)
    floors = FLOORS
    for _ in range(ZOOMS):
        exponents, squares, levels = _valley(sizes, means, floors)
        best = squares.argmin()
        b, floor, level = exponents[best], floors[best], levels[best]
        floors = np.linspace(floors[max(0, best - 1)], floors[min(len(floors) - 1, best + 1)], FINER)
    largest = float(np.exp(level))  # error of the curve at the largest size
    return Curve(
        float(largest * (1 - floor) * sizes[-1] ** b), float(b), float(largest * floor), sizes, errors
    )


@dataclass(frozen=True)
class Check:
    """A forecast of the largest size by the fit to the others, and what was measured there.

    expected: with its interval of LEVEL; measured: the geometric mean over chains, as a curve has it.
    """

    size: float
    expected: Interval
    measured: float

    @property
    def held(self) -> bool:
        """Whether what was measured lies within the interval."""
        return self.expected.low <= self.measured <= self.expected.high


def check(sizes: np.ndarray, errors: np.ndarray) -> Check | None:
    """What the same fit would have said of the largest size before it was trained.

    Arguments as of `fit`. None where a curve without that size has too little to stand on, or would not reach
    it.
    """
    sizes, errors = np.asarray(sizes, float), np.asarray(errors, float)
    before = fit(sizes[:-1], errors[:, :-1]) if (errors[:, -1:] > 0).all() else None
    if before is None or not before.reaches(sizes[-1]):
        return None
    return Check(float(sizes[-1]), before.between(sizes[-1]), float(np.exp(np.log(errors[:, -1]).mean())))


def crossing(one: Curve, other: Curve) -> float | None:
    """Beyond the largest size of both, the fewest images at which the order of two curves changes.

    None where it does not within REACH times that size.
    """
    largest = max(one.sizes[-1], other.sizes[-1])
    end = REACH * min(one.sizes[-1], other.sizes[-1])
    if largest >= end:
        return None
    sizes = np.geomspace(largest, end, STEPS + 1)
    ahead = np.sign([one.at(size) - other.at(size) for size in sizes])
    changed = np.nonzero(ahead != ahead[0])[0]
    return float(sizes[changed[0]]) if len(changed) else None


def _valley(
    sizes: np.ndarray, means: np.ndarray, floors: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By floor the exponent of least squares, those squares and the level: a valley, narrow and bent."""
    tried = np.tile(EXPONENTS, (len(floors), 1))
    rows = np.arange(len(floors))
    for _ in range(ZOOMS):
        squares, levels = _squares(sizes, means, tried, np.broadcast_to(floors[:, None], tried.shape))
        best = squares.argmin(axis=1)
        found = tried[rows, best], squares[rows, best], levels[rows, best]
        ends = (tried[rows, np.clip(best + side, 0, tried.shape[1] - 1)] for side in (-1, 1))
        tried = np.linspace(*ends, FINER, axis=1)
    return found


def _shape(shares: np.ndarray, b: np.ndarray, floor: np.ndarray) -> np.ndarray:
    """Log error, 0 at the largest size: parameters × sizes. shares: sizes by the largest one."""
    return np.log((1 - floor[..., None]) * shares ** -b[..., None] + floor[..., None])


def _squares(
    sizes: np.ndarray, means: np.ndarray, b: np.ndarray, floor: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The sum of squares at the best level, and that level, for each exponent and floor."""
    rest = means - _shape(sizes / sizes[-1], b, floor)
    levels = rest.mean(axis=-1)
    return ((rest - levels[..., None]) ** 2).sum(axis=-1), levels
