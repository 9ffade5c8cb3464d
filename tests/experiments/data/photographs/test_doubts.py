"""Near duplicates: planted copies are found, different pictures are not, groups stay together; notices."""

import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps
from sklearn.datasets import load_sample_images

from experiments.data import dataset, prepare
from experiments.data.facts import Wanted
from experiments.data.photographs import doubts, listing, reading
from tests.support.tiles import tiles as cut_out

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


def test_near_copies_of_two_classes_are_told_and_stay_together(photographs, tmp_path):
    facts = dataset.summary(Wanted(f"path:{photographs}", 16, on_bad="skip"), tmp_path)
    assert facts.notices == (
        "2 images are nearly the same as one of another class, the first are leaf/20.png and "
        "wall/bright.png; look whether their labels are right",
    )
    assert facts.all_notices[0].startswith(
        "2 files cannot be used and are left out, the first is leaf/3.png: shows"
    )


# Versions may be of the kind of picture; equal pixels are one picture whatever the study says.
def test_only_near_duplicates_may_stand_apart(photographs, tmp_path):
    for number in (0, 1):
        shutil.copy(photographs / "leaf" / f"{number}.png", photographs / "leaf" / f"copy of {number}.png")
    apart, together = (
        dataset.summary(Wanted(f"path:{photographs}", 16, each, "skip"), tmp_path)
        for each in ("apart", "together")
    )
    assert (apart.grouped, together.grouped) == (4, 6)
    assert apart.digest == together.digest
    assert apart.partition != together.partition  # each is kept in a folder of its own
    (told,) = apart.notices
    assert told.startswith("near duplicates are not looked for (near_duplicates: apart)")


# A camera's 12 bits lie in the lower ones of 16, of which the upper eight are kept: 0 to 15.
def test_images_that_are_nearly_black_are_told(photographs, tmp_path):
    deep = (np.asarray(Image.fromarray(cut_out(50, 1)[0]).convert("L")).astype(np.uint16) + 1) * 16 - 1
    Image.fromarray(deep).save(photographs / "leaf" / "deep.tif")
    facts = dataset.summary(Wanted(f"path:{photographs}", 16, on_bad="skip"), tmp_path)
    (told,) = [each for each in facts.notices if "black" in each]
    assert told == (
        "1 of 61 images is nearly black, the first is leaf/deep.tif (12 bits of grey in a file of 16 become "
        "so)"
    )
    Image.fromarray(deep * 16).save(photographs / "leaf" / "deep.tif")
    facts = dataset.summary(Wanted(f"path:{photographs}", 16, on_bad="skip"), tmp_path)
    assert not any("black" in each for each in facts.notices)


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
