"""Two looks at a pair of images: a first at 16 pixels, and a second at all that the versions hold."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from experiments.data.near_copies import alignment

COARSE = 16  # pixels a side, of the first look
SECOND_ROUNDS = 3  # of alignment, begun where the first look ended
AT_A_TIME = 4096  # pairs
GRAIN = 1.0  # grey levels², of a band: less is rounding
LEAST = 1e-5  # of the contrast, that rounding to whole grey levels leaves

Pictures = Callable[[np.ndarray], np.ndarray]  # positions (k,) → uint8 (k, 64, 64)


class First(NamedTuple):
    """What the first look found, of k pairs.

    left: float (k,), the logarithm of the share of the contrast that is left over; moves: float (k, 4);
    swapped: bool (k,), true where the first image, moved, fits the second better than the other way.
    """

    left: np.ndarray
    moves: np.ndarray
    swapped: np.ndarray

    def only(self, chosen: np.ndarray) -> "First":
        """Those of a mask or of positions."""
        return First(*(each[chosen] for each in self))


def reduced(versions: np.ndarray, size: int) -> np.ndarray:
    """float32 (n, size, size): the means of squares of pixels."""
    count, whole, _ = versions.shape
    factor = whole // size
    return versions.reshape(count, size, factor, size, factor).mean(axis=(2, 4), dtype=np.float32)


def first(
    ones: Pictures, others: Pictures, count: int, mean: np.ndarray, tell: Callable[[int], None]
) -> First:
    """Align pairs in both directions.

    ones, others: the images of pairs by their number; mean: of all images; tell: gets how many are done.
    """
    parts = [First(np.empty(0, np.float32), np.empty((0, 4), np.float32), np.empty(0, bool))]
    for start in range(0, count, AT_A_TIME):
        chosen = np.arange(start, min(start + AT_A_TIME, count))
        a, b = reduced(ones(chosen), COARSE), reduced(others(chosen), COARSE)
        own = _own(a, b, reduced(mean[None], COARSE)[0])
        found = [alignment.misfits(*both) for both in ((a, b), (b, a))]
        left = np.stack([(misfit**2).sum(axis=(1, 2)) for misfit, _ in found]) / own
        swapped = left[1] < left[0]
        moves = np.where(swapped[:, None], found[1][1], found[0][1])
        parts.append(First(np.log(left.min(axis=0) + LEAST), moves, swapped))
        tell(int(chosen[-1]) + 1)
    return First(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def second(
    ones: Pictures, others: Pictures, begun: First, mean: np.ndarray, size: int, tell: Callable[[int], None]
) -> np.ndarray:
    """How each pair was moved, and what is left over: float (k, features), the last of which is all that is.

    First how far it was stretched and shifted, of half a side; then logarithms of shares, by bands, in all.

    tell: gets the number of pairs that are done.
    """
    if not len(begun.left):
        return np.empty((0, 1))
    parts = []
    count = AT_A_TIME * COARSE**2 // size**2
    for start in range(0, len(begun.left), count):
        chosen = np.arange(start, min(start + count, len(begun.left)))
        a, b = reduced(ones(chosen), size), reduced(others(chosen), size)
        shared = reduced(mean[None], size)[0]
        swapped = begun.swapped[chosen, None, None]
        a, b = np.where(swapped, b, a), np.where(swapped, a, b)
        misfit, moves = alignment.misfits(a, b, begun.moves[chosen], SECOND_ROUNDS)
        left = alignment.bands(misfit)
        own = np.minimum(*(alignment.bands(alignment.own(each, shared)) for each in (a, b)))
        whole = np.maximum(own.sum(axis=1, keepdims=True), size**2 * alignment.FLAT**2)
        shares = (left / whole, left / (own + GRAIN * size), left.sum(axis=1, keepdims=True) / whole)
        stretch, shift = (np.abs(moves[:, at::2]).max(axis=1, keepdims=True) for at in (0, 1))
        features = np.concatenate([stretch, shift, np.log(np.concatenate(shares, axis=1) + LEAST)], axis=1)
        # Rounded, so that the last bits of a product of matrices, which are the machine's, decide nothing.
        parts.append(np.round(features, 3))
        tell(int(chosen[-1]) + 1)
    return np.concatenate(parts)


def _own(ones: np.ndarray, others: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The contrast of the plainer of two pictures, and at least what shows something."""
    least = mean.size * alignment.FLAT**2
    return np.maximum(np.minimum(*(alignment.contrast(each, mean) for each in (ones, others))), least)
