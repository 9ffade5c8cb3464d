"""Pictures as the network sees them: of training images, after crop, shift and flip; of mistakes."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from experiments import files, names
from experiments.studies.specification import Recipe

if TYPE_CHECKING:
    from experiments.trial.learners import TrainingData

COLUMNS, ROWS, GAP = 8, 4, 2
LARGEST_TILE = 64  # pixels


def save_grid(path: Path, data: "TrainingData", recipe: Recipe, seed: int) -> None:
    """Write the first batches of the trial's own stream as one PNG of rows and columns."""
    from experiments.trial.learners import recipe_batches  # keras takes seconds

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


def save_tiles(path: Path, images: np.ndarray) -> None:
    """Write uint8 (n, height, width, channels) as one JPEG of square tiles, without a picture of none."""
    if not len(images):
        return
    side = min(LARGEST_TILE, max(images.shape[1:3]))
    columns = names.MISTAKES_COLUMNS
    canvas = Image.new(picture(images[0]).mode, (columns * side, math.ceil(len(images) / columns) * side))
    for position, pixels in enumerate(images):
        tile = picture(pixels)
        tile.thumbnail((side, side))
        canvas.paste(tile, (position % columns * side, position // columns * side))
    made = path.with_name(f"{path.name}.part")
    canvas.save(made, "JPEG", quality=90)
    files.publish(made, path)


def picture(pixels: np.ndarray) -> Image.Image:
    """uint8 (height, width, channels) for Pillow."""
    return Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
