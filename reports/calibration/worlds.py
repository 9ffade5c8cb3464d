"""Simulated worlds: how accuracies of two arms are spread over seeds, and the truth about their difference.

All draws are about 0.8 with a standard deviation of 0.01 unless their name says otherwise; none of what is
claimed of these arms is true, nor is its contrary.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

Size = int | tuple[int, ...]
Draw = Callable[[np.random.Generator, Size], np.ndarray]
Pairs = tuple[np.ndarray, np.ndarray]

MEAN, SPREAD = 0.8, 0.01


def normal(spread: float) -> Draw:
    """A normal distribution about the mean."""
    return lambda generator, size: generator.normal(MEAN, spread, size)


def skewed(side: int) -> Draw:
    """A Gumbel distribution with its tail up (side 1) or down (−1)."""
    scale = SPREAD * math.sqrt(6) / math.pi
    return lambda generator, size: MEAN + side * scale * (generator.gumbel(size=size) - np.euler_gamma)


def exponential(side: int) -> Draw:
    """An exponential distribution with its tail up (side 1) or down (−1)."""
    return lambda generator, size: MEAN + side * SPREAD * (generator.exponential(size=size) - 1)


def heavy(generator: np.random.Generator, size: Size) -> np.ndarray:
    """Student's t with three degrees of freedom."""
    return MEAN + SPREAD / math.sqrt(3) * generator.standard_t(3, size)


def counted(generator: np.random.Generator, size: Size) -> np.ndarray:
    """Right answers among 500 images, so that some seeds are equal."""
    return generator.binomial(500, np.clip(generator.normal(MEAN, SPREAD, size), 0, 1)) / 500


def constant(value: float) -> Draw:
    """An arm without a seed on images that stay the same: one number."""
    return lambda _, size: np.full(size, value)


class World(NamedTuple):
    """Two arms of a study with one split: their numbers are independent.

    more: seeds of the right arm for each of the left; covered: whether the intervals of means must cover it
    (of exponential means no interval does that from a few seeds).
    """

    left: Draw
    right: Draw
    mean: float = MEAN
    more: int = 1
    covered: bool = True


ONE_SPLIT = {
    "normal, equal spreads": World(normal(SPREAD), normal(SPREAD)),
    "normal, spreads 1 : 3": World(normal(SPREAD), normal(3 * SPREAD)),
    "normal, spreads 1 : 10": World(normal(SPREAD), normal(10 * SPREAD)),
    "skewed": World(skewed(-1), skewed(-1)),
    "skewed, mirrored": World(skewed(-1), skewed(1)),
    "exponential": World(exponential(-1), exponential(-1), covered=False),
    "counted on 500 images": World(counted, counted),
    "twice as many seeds, a third of the spread": World(normal(3 * SPREAD), normal(SPREAD), more=2),
    "twice as many seeds, three times the spread": World(normal(SPREAD), normal(3 * SPREAD), more=2),
}


class PairedWorld(NamedTuple):
    """Two arms of a study in which each seed has a split of its own.

    draw: (generator, (studies, seeds)) to both arms, −∞ where one failed; margin: the true mean difference
    left − right, or the true median of the pairs where seeds fail; covered: whether t intervals must cover it
    in 93 % of cases (few exponential numbers tell too little of their mean).
    """

    draw: Callable[[np.random.Generator, Size], Pairs]
    margin: float = 0.0
    covered: bool = True


def apart(left: Draw, right: Draw) -> Callable[[np.random.Generator, Size], Pairs]:
    """Both arms on their own."""
    return lambda generator, size: (left(generator, size), right(generator, size))


def together(correlation: float) -> Callable[[np.random.Generator, Size], Pairs]:
    """Normal arms that a seed moves alike, or against each other."""

    def draw(generator: np.random.Generator, size: Size) -> Pairs:
        common, left, right = generator.normal(0, SPREAD, (3, *np.atleast_1d(size)))
        shared, own = math.sqrt(abs(correlation)), math.sqrt(1 - abs(correlation))
        return MEAN + shared * common + own * left, MEAN + math.copysign(shared, correlation) * common + (
            own * right
        )

    return draw


def failing(left: float, right: float) -> PairedWorld:
    """Normal arms whose seeds fail with these chances; the truth is the median of the pairs."""
    spread = SPREAD * math.sqrt(2)

    def below(difference: float) -> float:
        trained = (1 - left) * (1 - right) * stats.norm.cdf(difference / spread)
        both = left * right * (difference >= 0)
        return float(left * (1 - right) + both + trained - 0.5)

    def draw(generator: np.random.Generator, size: Size) -> Pairs:
        arms = [generator.normal(MEAN, SPREAD, size) for _ in range(2)]
        failed = [generator.random(size) < chance for chance in (left, right)]
        one, other = (np.where(lost, -np.inf, arm) for lost, arm in zip(failed, arms, strict=True))
        return one, other

    margin = 0.0 if left == right else optimize.brentq(below, -5 * spread, 5 * spread)
    return PairedWorld(draw, margin)


PAIRED = {
    "normal, equal spreads": PairedWorld(apart(normal(SPREAD), normal(SPREAD))),
    "normal, spreads 1 : 10": PairedWorld(apart(normal(SPREAD), normal(10 * SPREAD))),
    "heavy tails": PairedWorld(apart(heavy, heavy)),
    "counted on 500 images": PairedWorld(apart(counted, counted)),
    "seeds move both alike, 0.8": PairedWorld(together(0.8)),
    "seeds move them apart, −0.8": PairedWorld(together(-0.8)),
    "skewed, both down": PairedWorld(apart(skewed(-1), skewed(-1))),
    "skewed, one of them": PairedWorld(apart(skewed(-1), normal(SPREAD))),
    "skewed, mirrored": PairedWorld(apart(skewed(-1), skewed(1))),
    "exponential, both down": PairedWorld(apart(exponential(-1), exponential(-1))),
    "exponential, one of them": PairedWorld(apart(exponential(-1), normal(SPREAD))),
    "exponential, mirrored": PairedWorld(apart(exponential(-1), exponential(1)), covered=False),
    "one arm without spread": PairedWorld(apart(constant(MEAN), normal(SPREAD))),
    "no spread, 0.0005 apart": PairedWorld(apart(constant(MEAN + 0.0005), constant(MEAN)), covered=False),
    "both fail in 5 %": failing(0.05, 0.05),
    "both fail in 10 %": failing(0.1, 0.1),
    "both fail in 20 %": failing(0.2, 0.2),
    "one fails in 10 %": failing(0.1, 0.0),
    "fail in 5 and 20 %": failing(0.05, 0.2),
}
# Where the rule's promise ends: nearly all of the difference's spread is the tail of one arm.
BEYOND = {
    "exponential, against a tenth of its spread": PairedWorld(
        apart(exponential(-1), normal(SPREAD / 10)), covered=False
    )
}
