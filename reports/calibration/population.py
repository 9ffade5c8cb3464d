"""A known population: all images that there are, of which teams draw their own."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

DATA = Path(__file__).parents[2] / "work" / "data"
PREPARE = "python -m experiments.data.prepare fashion_mnist"
LAST_CLASS = "Ankle boot"  # which no other prepared data set has
BLOCK = 2  # pixels: 28 × 28 become 14 × 14
COMPONENTS = 30


class MissingError(Exception):
    """The population cannot be had; the message says what to do."""


class Population(NamedTuple):
    """Features of all images, float32 (n, components), and their classes, int (n,) from 0."""

    features: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def of_images(images: np.ndarray, labels: np.ndarray) -> Population:
    """Block means of images, uint8 (n, height, width) with even sides, and their principal components."""
    count, height, width = images.shape
    block = BLOCK if height >= 7 * BLOCK else 1
    blocks = images.reshape(count, height // block, block, width // block, block)
    means = blocks.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1)
    means -= means.mean(axis=0)
    values, vectors = np.linalg.eigh(means.T @ means / count)
    kept = np.argsort(values)[::-1][:COMPONENTS]
    features = means @ vectors[:, kept] / np.sqrt(values[kept].mean())
    return Population(np.ascontiguousarray(features, np.float32), np.asarray(labels).astype(np.int64))


def fashion_mnist(folder: Path | None = None) -> Population:
    """The 60,000 training images of Fashion-MNIST, from where they lie prepared.

    folder: of one prepared data set; None: that among those in work/data.

    Raises:
        MissingError: it is not there.
    """
    found = [folder] if folder else [path.parent for path in sorted(DATA.glob("*/dataset.json"))]
    found = [each for each in found if _is_fashion_mnist(each / "dataset.json")]
    if not found:
        raise MissingError(f"no prepared Fashion-MNIST in {folder or 'work/data'}: run {PREPARE}")
    images, labels, in_test = (np.load(found[0] / f"{name}.npy") for name in ("images", "labels", "in_test"))
    return of_images(images[~in_test, ..., 0], labels[~in_test])


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
