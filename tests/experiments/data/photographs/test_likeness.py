"""Near duplicates: copies that were planted are found, different pictures are not; groups stay together."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps
from sklearn.datasets import load_sample_images

from experiments.data import prepare
from experiments.data.photographs import doubts, listing, reading

TILE = 64


def encoded(image: Image.Image, quality: int) -> Image.Image:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=quality)
    return Image.open(io.BytesIO(written.getvalue())).convert("RGB")


def scaled(image: Image.Image, factor: float) -> Image.Image:
    size = (round(factor * image.width), round(factor * image.height))
    return image.resize(size, Image.Resampling.BICUBIC)


COPIES = {
    "re-encoded": lambda image: encoded(image, 75),
    "re-encoded badly": lambda image: encoded(image, 40),
    "enlarged": lambda image: scaled(image, 2),
    "reduced": lambda image: scaled(image, 0.75),
    "mirrored": ImageOps.mirror,
    "mirrored and re-encoded": lambda image: encoded(ImageOps.mirror(image), 60),
    "brightened": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "darkened": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "of more contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.3),
}


def found(images: list[Image.Image]) -> set[tuple[int, int]]:
    return pairs_of(np.array([doubts.fingerprint(image) for image in images]))


def pairs_of(fingerprints: np.ndarray) -> set[tuple[int, int]]:
    return {tuple(pair) for part in doubts.pairs(fingerprints) for pair in part.tolist()}


@pytest.fixture(scope="module")
def tiles() -> list[Image.Image]:
    """The tiles of two photographs that show something; sky and blur look alike everywhere."""
    cut = [
        picture[top : top + TILE, left : left + TILE]
        for picture in load_sample_images().images
        for top in range(0, picture.shape[0] - TILE, TILE)
        for left in range(0, picture.shape[1] - TILE, TILE)
    ]
    return [Image.fromarray(tile) for tile in cut if tile.std() > 40]


@pytest.mark.parametrize("kind", COPIES)
def test_copies_are_found(tiles, kind):
    pairs = found([*tiles, *map(COPIES[kind], tiles)])
    hits = [(place, place + len(tiles)) in pairs for place in range(len(tiles))]
    assert len(tiles) > 40
    assert np.mean(hits) >= 0.95


def test_different_pictures_are_not(tiles):
    assert len(found(tiles)) <= 0.01 * len(tiles)


def test_pictures_of_one_colour_are_no_copies_of_each_other():
    assert found([Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "grey")]) == set()


def test_more_images_than_are_compared_at_a_time(tiles, monkeypatch):
    copies = [COPIES[kind](tile) for tile in tiles[:40] for kind in ("mirrored", "brightened")]
    pictures = [*tiles[:40], *copies]
    whole = found(pictures)
    assert len(whole) > 80
    monkeypatch.setattr(doubts, "ROWS", 7)
    monkeypatch.setattr(doubts, "CANDIDATES", 3)
    assert found(pictures) == whole


# 0 and 3 by their name, 3 and 4 by their pixels, 4 and 1 by likeness; 2 and 5 stand alone.
def test_groups_hold_what_belongs_together_through_others():
    named = ["burst", None, None, "burst", None, "other"]
    digests = np.array([b"a", b"b", b"c", b"d", b"d", b"e"])
    labels = np.array([0, 0, 0, 0, 1, 0])
    groups, doubtful = doubts.groups(named, digests, [np.array([[1, 4]])], labels)
    assert groups[0] == groups[1] == groups[3] == groups[4]
    assert len(set(groups.tolist())) == 3
    apart, nothing = doubts.groups(named, digests, [], labels)
    assert len(set(apart.tolist())) == 4
    # 4 is of another class than 1, which it is like.
    assert (doubtful, nothing) == (doubts.Doubtful(2, (1, 4)), None)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_numbers_count_groups_as_they_come(groups):
    numbers = prepare.numbered(np.array(groups)).tolist()
    assert [numbers.index(number) for number in dict.fromkeys(numbers)] == [
        groups.index(group) for group in dict.fromkeys(groups)
    ]
    assert list(dict.fromkeys(numbers)) == list(range(len(set(groups))))


# `PHOTOGRAPHS=folder make test-slow` measures it on photographs of one's own.
@pytest.mark.slow
@pytest.mark.skipif("PHOTOGRAPHS" not in os.environ, reason="PHOTOGRAPHS names no folder of class folders")
def test_copies_planted_among_photographs(tmp_path, capsys):
    listed = listing.listing(Path(os.environ["PHOTOGRAPHS"]))
    whole = reading.read(listed, None, tmp_path)
    generator = np.random.default_rng(0)
    chosen = generator.choice(len(whole.files.names), min(500, len(whole.files.names)), replace=False)
    kinds = list(COPIES)
    planted = []
    for number, place in enumerate(chosen):
        pixels = whole.images[whole.rows[place]]
        image = Image.fromarray(pixels if pixels.shape[-1] == 3 else pixels[..., 0])
        planted.append(doubts.fingerprint(COPIES[kinds[number % len(kinds)]](image)))
    pairs = pairs_of(np.concatenate([whole.fingerprints, planted]))
    own = [pair for pair in pairs if pair[1] < len(whole.files.names)]
    copies = dict(enumerate(chosen.tolist(), start=len(whole.files.names)))
    hits = {one for one, other in pairs if copies.get(other) == one}
    flagged = {place for pair in own for place in pair}
    with capsys.disabled():
        print(
            f"\n{len(hits)} of {len(chosen)} planted copies found; of {len(whole.files.names):,} photographs "
            f"{len(flagged)} are flagged that nobody planted"
        )
    assert len(hits) >= 0.95 * len(chosen)
    assert len(flagged) <= 0.01 * len(whole.files.names)
