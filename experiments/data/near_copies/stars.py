"""Groups about a centre: copies of copies belong together only as far as their centres are copies too.

Look-alikes make chains, the first like the second, the second like the third, and a chain may hold half of
the images. A star holds what was found to be a copy of its centre itself.
"""

from collections.abc import Callable

import numpy as np

MOST_ROUNDS = 5

Judge = Callable[[np.ndarray], np.ndarray]  # pairs (k, 2) → bool (k,), true for copies


def joined(pairs: np.ndarray, count: int, are_copies: Judge) -> np.ndarray:
    """int (count,): the centre of each image, which is the image itself where it is no copy.

    Centres that pairs lead to are looked at in turn: they join if they are copies of each other.

    Args:
        pairs: int (k, 2), of copies; are_copies: looks at pairs of centres.
    """
    centre = _centres(pairs, count)
    for _ in range(MOST_ROUNDS):
        between = np.unique(np.sort(centre[pairs], axis=1), axis=0)
        between = between[between[:, 0] != between[:, 1]]
        between = between[are_copies(between)] if len(between) else between
        if not len(between):
            break
        centre = _centres(between, count)[centre]
    return centre


def _centres(pairs: np.ndarray, count: int) -> np.ndarray:
    """Stars of pairs, those of most copies first; of two of as many, the lower."""
    centre = np.arange(count)
    beside: dict[int, list[int]] = {}
    for one, other in pairs.tolist():
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    taken = np.zeros(count, bool)
    for position in sorted(beside, key=lambda each: (-len(beside[each]), each)):
        if taken[position]:
            continue
        members = [each for each in (position, *beside[position]) if not taken[each]]
        centre[members] = position
        taken[members] = True
    return centre
