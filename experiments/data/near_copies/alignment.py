"""How well one picture is another's, once stretched, shifted and brightened to fit.

A copy that was cropped by some percent is the picture stretched and shifted; these four numbers are found by
Gauss and Newton's method on the pixels (Lucas and Kanade 1981), with a gain and an offset of the brightness.
What is left over tells a copy from a look-alike by its spectrum: encoding and scaling leave fine grain,
another object leaves coarse shapes.
"""

import numpy as np
from scipy.fft import dctn

MOST_MOVED = 0.09  # of half a side: what cropping by 5 % asks for, and a little more
SATURATED = 250  # grey levels that may have been brighter before
AT_A_TIME = 2**20  # pixels
FLAT = 1.0  # grey levels of deviation, below which a picture shows nothing to compare
LEAST_GAIN = 0.2
ROUNDS = 4
EDGES = (0, 1.5, 3, 4.5, 6.5, 9, 12, 16, 23, 32, 46, 91)  # of the bands, in half waves a side


def normalised(pictures: np.ndarray) -> np.ndarray:
    """float32 (n, pixels): each picture without its mean, of length 1."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def warped(pictures: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """The pictures (n, size, size) seen through moved windows, linearly between pixels.

    moves: float (n, 4): stretch and shift across, stretch and shift down, of half a side.
    """
    size = pictures.shape[1]
    return _weights(size, moves[:, 2:]) @ pictures @ _weights(size, moves[:, :2]).transpose(0, 2, 1)


def _weights(size: int, moves: np.ndarray) -> np.ndarray:
    """float32 (n, size, size): what each pixel of a moved row takes of the pixels of the row."""
    places = _places(size) * (1 + moves[:, :1]) + moves[:, 1:]
    places = ((places + 1) / 2 * size - 0.5).clip(0, size - 1)
    return np.maximum(0, 1 - np.abs(places[:, :, None] - np.arange(size))).astype(np.float32)


def _places(size: int) -> np.ndarray:
    return ((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float32)


def misfits(
    pictures: np.ndarray, others: np.ndarray, moves: np.ndarray | None = None, rounds: int = ROUNDS
) -> tuple[np.ndarray, np.ndarray]:
    """What is left of pictures when the others, moved and brightened to fit, are taken away.

    Args:
        pictures: float32 (n, size, size), grey levels; others: likewise.
        moves: where to begin, (n, 4).

    Returns:
        float32 (n, size, size), and the moves (n, 4).
    """
    count = max(1, AT_A_TIME // pictures[0].size)
    begun = np.zeros((len(pictures), 4), np.float32) if moves is None else moves
    parts = [
        _misfits(*(each[start : start + count] for each in (pictures, others, begun)), rounds)
        for start in range(0, len(pictures), count)
    ]
    left, moved = (np.concatenate(each) for each in zip(*parts, strict=True))
    return left, moved


def _misfits(
    pictures: np.ndarray, others: np.ndarray, moves: np.ndarray, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    size = pictures.shape[1]
    target = pictures.reshape(len(pictures), -1, 1)
    # Where either is saturated its brightness says nothing; a little weight keeps all of it solvable.
    seen = ((pictures < SATURATED) & (others < SATURATED)).astype(np.float32) + 1e-3
    seen = seen.reshape(len(pictures), 1, -1)
    least = np.full(len(pictures), np.inf, np.float32)
    left, found = np.zeros_like(pictures), moves
    across = _places(size)
    for number in range(rounds):
        moved = warped(others, moves)
        slope = np.gradient(moved, axis=2) * (size / 2)
        fall = np.gradient(moved, axis=1) * (size / 2)
        columns = [moved, np.ones_like(moved), slope * across, slope, fall * across[:, None], fall]
        columns = np.stack([each.reshape(len(moved), -1) for each in columns], axis=1)
        weighted = columns * seen
        products = weighted @ columns.transpose(0, 2, 1)
        aims = weighted @ target
        level = _solved(products[:, :2, :2], aims[:, :2])
        # A copy is no negative, and keeps some contrast.
        level[:, 0] = np.maximum(level[:, 0], LEAST_GAIN)
        level[:, 1] = (aims[:, 1] - products[:, 1, :1] * level[:, 0]) / products[:, 1, 1:2]
        misfit = target - (columns[:, :2].transpose(0, 2, 1) @ level).clip(0, 255)
        energy = (misfit**2).sum(axis=(1, 2))
        better = energy < least
        left[better] = misfit.reshape(pictures.shape)[better]
        found = np.where(better[:, None], moves, found)
        least = np.minimum(least, energy)
        if number < rounds - 1:
            step = _solved(products, aims)[:, :, 0]
            gain = np.maximum(step[:, :1], LEAST_GAIN)
            moves = (moves + step[:, 2:] / gain).clip(-MOST_MOVED, MOST_MOVED)
    return left, found


def _solved(products: np.ndarray, aims: np.ndarray) -> np.ndarray:
    """The least squares, held a little: a flat picture has no slope to go by."""
    held = np.array([1e-3, 1e-3, 10, 10, 10, 10], np.float32)[: products.shape[1]]
    return np.linalg.solve(products + np.diag(held), aims)


def bands(misfit: np.ndarray) -> np.ndarray:
    """float32 (n, bands): the energy of (n, size, size), from the coarsest shapes to the finest grain."""
    size = misfit.shape[1]
    edges = [edge for edge in EDGES if edge < size] + [2 * size]
    radius = np.hypot(*np.meshgrid(np.arange(size), np.arange(size))).ravel()
    member = (np.digitize(radius, edges)[:, None] == np.arange(1, len(edges))).astype(np.float32)
    return dctn(misfit, axes=(1, 2), norm="ortho").reshape(len(misfit), -1) ** 2 @ member


def own(pictures: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """float32 (n, size, size): what each picture has beyond the mean one, fitted to it."""
    background = np.stack([mean.ravel(), np.ones(mean.size)], axis=1).astype(np.float32)
    flat = pictures.reshape(len(pictures), -1)
    shares = np.linalg.lstsq(background, flat.T, rcond=None)[0]
    return (flat - (background @ shares).T).reshape(pictures.shape)


def contrast(pictures: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """float32 (n,): the energy of what is each picture's own."""
    return (own(pictures, mean) ** 2).sum(axis=(1, 2))
