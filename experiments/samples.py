"""A picture of the training images as the network sees them: after crop, shift and flip."""

from pathlib import Path

import numpy as np
from PIL import Image

from experiments.learners import TrainingData, recipe_batches
from experiments.specification import Recipe

COLUMNS, ROWS, GAP = 8, 4, 2


def save_grid(path: Path, data: TrainingData, recipe: Recipe, seed: int) -> None:
    """Write the first batches of the trial's own stream as one PNG of rows and columns."""
    needed = COLUMNS * ROWS
    seen: list[np.ndarray] = []
    for images, _ in recipe_batches(data, recipe, seed):
        seen.extend(np.asarray(images))
        if len(seen) >= needed:
            break
    height, width, channels = seen[0].shape
    canvas = np.full((ROWS * (height + GAP) - GAP, COLUMNS * (width + GAP) - GAP, channels), 255, np.uint8)
    for position, image in enumerate(seen[:needed]):
        top, left = position // COLUMNS * (height + GAP), position % COLUMNS * (width + GAP)
        canvas[top : top + height, left : left + width] = image
    scale = max(1, 64 // max(height, width))
    picture = Image.fromarray(canvas.squeeze(-1) if channels == 1 else canvas)
    picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST).save(path)
