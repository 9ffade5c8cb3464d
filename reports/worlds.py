"""Arms whose truth is known: what `reports.calibration` draws whole studies from."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from reports import survival

BUDGET = 12  # epochs
Draw = Callable[[np.random.Generator, int], np.ndarray]


class World(NamedTuple):
    """How the accuracies of two arms are spread over seeds, about one mean."""

    left: Draw
    right: Draw
    mean: float


def _skewed(generator: np.random.Generator, n: int) -> np.ndarray:
    """Most seeds near the top, some far below, as accuracies are; standard deviation 0.01."""
    scale = 0.01 * math.sqrt(6) / math.pi
    return 0.8 - scale * (generator.gumbel(size=n) - np.euler_gamma)


def _counted(generator: np.random.Generator, n: int) -> np.ndarray:
    """Right answers among 500 images, so that seeds are equal now and then."""
    return generator.binomial(500, np.clip(generator.normal(0.8, 0.01, n), 0, 1)) / 500


def normal(spread: float) -> Draw:
    """About 0.8."""
    return lambda generator, n: generator.normal(0.8, spread, n)


WORLDS = {
    "normal, equal spreads": World(normal(0.01), normal(0.01), 0.8),
    "normal, spreads 1 : 3": World(normal(0.01), normal(0.03), 0.8),
    "skewed": World(_skewed, _skewed, 0.8),
    "counted on 500 images": World(_counted, _counted, 0.8),
}


def times(generator: np.random.Generator, n: int, chance: float) -> survival.Times:
    """Epochs until a target that each epoch reaches by the same chance, within the budget."""
    epochs = generator.geometric(chance, n).astype(float)
    return survival.Times.of(np.where(epochs > BUDGET, math.nan, epochs), [BUDGET] * n)
