"""Pictures of images as a network sees them: in training, in evaluation, and the ones it gets wrong."""

import io
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from experiments import files, names

COLUMNS, ROWS, GAP = 8, 4, 2
LARGEST_TILE = 64  # pixels


def save_grid(path: Path, batches: Iterable[np.ndarray]) -> None:
    """Write the first images of the batches as one PNG of rows and columns."""
    files.replace(path, _encoded(grid(batches), "PNG"))


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
    scale = max(1, LARGEST_TILE // max(height, width))
    drawn = picture(canvas)
    return drawn.resize((drawn.width * scale, drawn.height * scale), Image.Resampling.NEAREST)


def save_tiles(path: Path, images: np.ndarray) -> None:
    """Write uint8 (n, height, width, channels) as one JPEG of square tiles; no file where n is 0."""
    if not len(images):
        return
    side = min(LARGEST_TILE, max(images.shape[1:3]))
    columns = names.MISTAKES_COLUMNS
    canvas = Image.new(picture(images[0]).mode, (columns * side, math.ceil(len(images) / columns) * side))
    for position, pixels in enumerate(images):
        tile = picture(pixels)
        tile.thumbnail((side, side))
        canvas.paste(tile, (position % columns * side, position // columns * side))
    files.replace(path, _encoded(canvas, "JPEG", quality=90))


def picture(pixels: np.ndarray) -> Image.Image:
    """uint8 (height, width, channels) for Pillow."""
    return Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()
