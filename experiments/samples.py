"""A picture of the training images as the network sees them: after crop, shift and flip."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from experiments.learners import TrainingData, recipe_batches
from experiments.specification import Recipe

COLUMNS, ROWS, GAP = 8, 4, 2


def save_grid(path: Path, data: TrainingData, recipe: Recipe, seed: int) -> None:
    """Write the first batches of the trial's own stream as one PNG of rows and columns."""
    grid(np.asarray(images) for images, _ in recipe_batches(data, recipe, seed)).save(path)


def grid(batches: Iterable[np.ndarray]) -> Image.Image:
    """The first images of uint8 (n, height, width, channels) batches in rows and columns."""
    needed = COLUMNS * ROWS
    seen: list[np.ndarray] = []
    for images in batches:
        seen.extend(images)
        if len(seen) >= needed:
            break
    height, width, channels = seen[0].shape
    canvas = np.full((ROWS * (height + GAP) - GAP, COLUMNS * (width + GAP) - GAP, channels), 255, np.uint8)
    for position, image in enumerate(seen[:needed]):
        top, left = position // COLUMNS * (height + GAP), position % COLUMNS * (width + GAP)
        canvas[top : top + height, left : left + width] = image
    scale = max(1, 64 // max(height, width))
    made = picture(canvas)
    return made.resize((made.width * scale, made.height * scale), Image.Resampling.NEAREST)


def picture(pixels: np.ndarray) -> Image.Image:
    """uint8 (height, width, channels) for Pillow."""
    return Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
