"""A known population: all images that there are, of which teams draw their own."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

DATA = Path(__file__).parents[2] / "work" / "data"
PREPARE = "python -m experiments.data.prepare fashion_mnist"
LAST_CLASS = "Ankle boot"  # which no other prepared data set has
BLOCK = 2  # pixels: 28 × 28 become 14 × 14
COMPONENTS = 30
MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))  # pixels, each image as it is and mirrored: ten times as many


class MissingError(Exception):
    """The population cannot be had; the message says what to do."""


class Population(NamedTuple):
    """Features of all images, float32 (n, components), and their classes, int (n,) from 0."""

    features: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def of_images(images: np.ndarray, labels: np.ndarray, moves: Sequence[tuple[int, int]] = ()) -> Population:
    """Block means of images, uint8 (n, height, width) with even sides, and their principal components.

    moves: rows and columns by which each image is moved, as it is and mirrored; all of these are images of
    the population too, on the principal components of the images themselves.
    """
    means = _block_means(images)
    centre = means.mean(axis=0)
    values, vectors = np.linalg.eigh((means - centre).T @ (means - centre) / len(means))
    kept = np.argsort(values)[::-1][:COMPONENTS]
    axes = vectors[:, kept] / np.sqrt(values[kept].mean())
    parts = [(means - centre) @ axes]
    if moves:
        seen = (images, images[:, :, ::-1])
        further = [_moved(each, move) for each in seen for move in ((0, 0), *moves)][1:]
        parts += [(_block_means(each) - centre) @ axes for each in further]
    features = np.ascontiguousarray(np.concatenate(parts), np.float32)
    return Population(features, np.tile(np.asarray(labels).astype(np.int64), len(parts)))


def _block_means(images: np.ndarray) -> np.ndarray:
    """Float32 (n, blocks)."""
    count, height, width = images.shape
    block = BLOCK if height >= 7 * BLOCK else 1
    blocks = images.reshape(count, height // block, block, width // block, block)
    return blocks.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1)


def _moved(images: np.ndarray, move: tuple[int, int]) -> np.ndarray:
    """The images moved down and to the right, what comes in black."""
    moved = np.zeros_like(images)
    (to_rows, from_rows), (to_columns, from_columns) = (
        (slice(max(by, 0), size + min(by, 0)), slice(max(-by, 0), size - max(by, 0)))
        for by, size in zip(move, images.shape[1:], strict=True)
    )
    moved[:, to_rows, to_columns] = images[:, from_rows, from_columns]
    return moved


def fashion_mnist(folder: Path | None = None) -> Population:
    """The 70,000 images of Fashion-MNIST and their variants by MOVES, from where they lie prepared.

    So many that a team with 60,000 of them has a pool, and not the population.
    folder: of one prepared data set; None: that among those in work/data.

    Raises:
        MissingError: it is not there.
    """
    found = [folder] if folder else [path.parent for path in sorted(DATA.glob("*/dataset.json"))]
    found = [each for each in found if _is_fashion_mnist(each / "dataset.json")]
    if not found:
        raise MissingError(f"no prepared Fashion-MNIST in {folder or 'work/data'}: run {PREPARE}")
    images, labels = (np.load(found[0] / f"{name}.npy") for name in ("images", "labels"))
    return of_images(images[..., 0], labels, MOVES)


def digits() -> Population:
    """The 1,797 handwritten digits of scikit-learn: a small population, for tests."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    return of_images(loaded.images, loaded.target)


def _is_fashion_mnist(facts: Path) -> bool:
    try:
        return json.loads(facts.read_text())["classes"][-1] == LAST_CLASS
    except (OSError, ValueError, LookupError, TypeError):
        return False
