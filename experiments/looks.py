"""Levels of a study that is looked at more than once, pure: flat over the looks, adjusted over claims.

A claim may be decided at each look; looking five times at 0.05 would decide 14 % of claims about nothing. At
each look p is held against one level, low enough that all looks together are wrong in `alpha` of studies
(Pocock 1977; looks at unequal numbers of seeds by Armitage, McPherson and Rowe 1969). Claims that are
undecided share alpha equally, and a decided claim leaves its share to them (Maurer and Bretz 2013).
"""

import functools
import math
from collections.abc import Sequence

import numpy as np
from scipy import optimize, special

from experiments import names

NODES = 40  # of the integration up to the bound; 30 give the same four digits


@functools.cache
def flat_level(alpha: float, looks: tuple[int, ...] = names.LOOKS) -> float:
    """The two-sided p that each look requires, so that all of them are wrong in alpha of studies.

    alpha: between 0 and 1. looks: the numbers of seeds, ascending; one look gives alpha itself.
    """
    if len(looks) == 1:
        return alpha

    def excess(bound: float) -> float:
        return _crossed(bound, looks) - alpha

    single = -special.ndtri(alpha / 2)
    several = -special.ndtri(alpha / len(looks) / 2)  # Bonferroni: never higher
    bound = optimize.brentq(excess, single, several + 1e-9, xtol=1e-10)
    return float(2 * special.ndtr(-bound))


def level(undecided: int, looks: Sequence[int], alpha: float = 0.05) -> float:
    """The level of each look for one of so many claims that are still undecided."""
    return flat_level(alpha / max(1, undecided), tuple(looks))


def overall(p: float, looks: tuple[int, ...]) -> float:
    """The chance, where nothing is true, that some look has a p this small: p, adjusted for all looks."""
    if len(looks) == 1 or p >= 1:
        return p
    bound = -special.ndtri(p / 2)
    return min(1.0, _crossed(bound, looks)) if np.isfinite(bound) else 0.0


def _crossed(bound: float, looks: tuple[int, ...]) -> float:
    """The chance that a sum of independent normal numbers, over the root of its count, crosses ± bound.

    The density of the distances from 0 that have not crossed yet is carried from look to look.
    """
    nodes, weights = _rule()
    ends = bound * np.sqrt(np.asarray(looks, float))
    crossed = 2 * special.ndtr(-bound)
    at = ends[0] * nodes
    density = np.exp(-(at**2) / (2 * looks[0])) * math.sqrt(2 / math.pi / looks[0]) * ends[0] * weights
    for before, now, end in zip(looks, looks[1:], ends[1:], strict=False):
        scale = math.sqrt(now - before)
        beyond = special.ndtr(-(end - at) / scale) + special.ndtr(-(end + at) / scale)
        crossed += float(density @ beyond)
        new = end * nodes
        steps = np.exp(-(((new[:, None] - at) / scale) ** 2) / 2)
        steps += np.exp(-(((new[:, None] + at) / scale) ** 2) / 2)
        density, at = (steps @ density) / (scale * math.sqrt(2 * math.pi)) * end * weights, new
    return float(crossed)


@functools.cache
def _rule() -> tuple[np.ndarray, np.ndarray]:
    """Gauss and Legendre's nodes and weights on 0 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return (nodes + 1) / 2, weights / 2
