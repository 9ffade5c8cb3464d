"""Small grey versions of an image: one to compare, and a larger one to make copies of and learn from."""

import numpy as np
from PIL import Image

SIZE = 64  # pixels a side, of the version that is compared
REFERENCE = 2 * SIZE  # of the longer side of the larger one, at most


def version(image: Image.Image) -> np.ndarray:
    """uint8 (64, 64): the whole image in grey, its sides scaled to one length."""
    return np.asarray(_grey(image).resize((SIZE, SIZE), Image.Resampling.BILINEAR, reducing_gap=3.0))


def reference(image: Image.Image) -> np.ndarray:
    """uint8 (height, width): the image in grey, no side longer than 128 pixels."""
    grey = _grey(image)
    grey.thumbnail((REFERENCE, REFERENCE), Image.Resampling.BILINEAR)
    return np.array(grey)


def _grey(image: Image.Image) -> Image.Image:
    # Of a large picture a part of the pixels will do, and reducing is cheaper than making all of it grey.
    factor = min(image.size) // (2 * REFERENCE)
    return (image.reduce(factor) if factor > 1 else image).convert("L")
