"""Copies as people and their programs make them, which the search has to find: made of the images."""

import io
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from experiments.data.near_copies import versions

Change = Callable[[Image.Image, np.random.Generator], Image.Image]
MOST_CUT = 0.05  # of each side, by cropping


def encoded(image: Image.Image, quality: int) -> Image.Image:
    """The image after JPEG has had it."""
    written = io.BytesIO()
    image.save(written, "JPEG", quality=quality)
    return Image.open(io.BytesIO(written.getvalue())).convert(image.mode)


def scaled(image: Image.Image, factor: float) -> Image.Image:
    """The image with sides of another length."""
    size = (max(1, round(factor * image.width)), max(1, round(factor * image.height)))
    return image.resize(size, Image.Resampling.BICUBIC)


def cropped(image: Image.Image, generator: np.random.Generator) -> Image.Image:
    """A window of the image that lacks up to 5 % of each side, whole pixels of it where it has so many."""
    left, top = (round(side * MOST_CUT * generator.random()) for side in image.size)
    cut = [round(side * MOST_CUT * generator.random()) for side in image.size]
    wide, high = (
        image.width - min(left + cut[0], round(MOST_CUT * image.width)),
        image.height - min(top + cut[1], round(MOST_CUT * image.height)),
    )
    left, top = min(left, image.width - wide), min(top, image.height - high)
    return image.crop((left, top, left + wide, top + high))


KINDS: dict[str, Change] = {
    "re-encoded": lambda image, _: encoded(image, 75),
    "re-encoded badly": lambda image, _: encoded(image, 40),
    "enlarged": lambda image, _: scaled(image, 2),
    "reduced": lambda image, _: scaled(image, 0.75),
    "mirrored": lambda image, _: ImageOps.mirror(image),
    "mirrored and re-encoded": lambda image, _: encoded(ImageOps.mirror(image), 60),
    "brightened": lambda image, _: ImageEnhance.Brightness(image).enhance(1.3),
    "darkened": lambda image, _: ImageEnhance.Brightness(image).enhance(0.7),
    "of more contrast": lambda image, _: ImageEnhance.Contrast(image).enhance(1.3),
    "cropped": cropped,
    "cropped and re-encoded": lambda image, generator: encoded(cropped(image, generator), 75),
}


class Planted(NamedTuple):
    """Copies of k kinds of m images: uint8 (m × k, 64, 64).

    of: int (m × k,), of which image each is; mirrored: bool (m × k,).
    """

    originals: np.ndarray
    copies: np.ndarray
    of: np.ndarray
    mirrored: np.ndarray


def planted(references: list[np.ndarray], seed: int) -> Planted:
    """One copy of each kind of each image, by its larger version."""
    originals, copies = [], []
    for number, pixels in enumerate(references):
        generator = np.random.default_rng([seed, number])
        image = Image.fromarray(pixels)
        originals += [versions.version(image)] * len(KINDS)
        copies += [versions.version(change(image, generator)) for change in KINDS.values()]
    count = len(references)
    mirrored = np.tile([kind.startswith("mirrored") for kind in KINDS], count)
    return Planted(np.stack(originals), np.stack(copies), np.repeat(np.arange(count), len(KINDS)), mirrored)
