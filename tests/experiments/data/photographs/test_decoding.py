"""Files of every kind that Pillow reads: what becomes of each, and why others are refused."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.data import dataset, kept
from experiments.data.facts import Wanted
from experiments.data.photographs import decoding, levels, listing, reading
from experiments.errors import UserError
from tests.support.animals import PIXELS, opened, prepare, write
from tests.support.odd_files import BAD, IGNORED, ODD, SIZE, sixteen_bits


@pytest.fixture
def folder(tmp_path):
    """Every kind in the class `odd`, one class of ordinary pictures beside it."""
    place = tmp_path / "photographs"
    write(place / "plain", PIXELS["cat"])
    (place / "odd").mkdir()
    for kind in ODD + BAD:
        kind.make(place / "odd" / kind.name)
    for name in IGNORED:
        (place / "odd" / name).write_text("no picture")
    return place


def bad_table(source, image_size, work):
    """The table of bad files of a source."""
    wanted = Wanted(source, image_size)
    return kept.bad_table(kept.index_file(wanted, listing.of_source(wanted), work))


def test_at_least_twenty_five_kinds():
    assert len(ODD) >= 25
    assert len(BAD) >= 15


def test_every_odd_file_becomes_its_colour_and_every_bad_one_is_told(folder, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = reading.read(listing.listing(folder), 8, scratch, levels.ALL_LEVELS)
    assert found.images.shape[1:] == (8, 8, 3)

    pictures = dict(zip(found.files.names, found.images[found.rows], strict=True))
    expected = {f"odd/{kind.name}" for kind in ODD} | {f"plain/{number}.png" for number in (1, 2, 3)}
    assert set(pictures) == expected
    for kind in ODD:
        centre = pictures[f"odd/{kind.name}"][2, 4].astype(int)  # in the upper half
        assert np.abs(centre - kind.becomes).max() <= kind.near, (kind.name, centre)

    reasons = {each.name: each.reason for each in found.files.bad}
    assert set(reasons) == {f"odd/{kind.name}" for kind in BAD}
    for kind in BAD:
        assert reasons[f"odd/{kind.name}"].startswith(kind.becomes), (kind.name, reasons[f"odd/{kind.name}"])
    assert found.files.other == {".txt": 1, ".db": 1}


def test_bad_files_stop_a_study_or_are_left_out(folder, tmp_path):
    work = tmp_path / "work"
    with pytest.raises(UserError) as caught:
        dataset.summary(Wanted(f"path:{folder}", 8), work)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(
        f"data source path:{folder}: {len(BAD)} files cannot be used, the first is odd/"
    )
    assert message.endswith(
        "mend or remove them, or leave them out by ON_BAD=skip (--on-bad skip, or on_bad: skip in the "
        "study's data)"
    )

    facts = dataset.summary(Wanted(f"path:{folder}", 8, on_bad="skip"), work)
    assert (facts.train_part, facts.bad) == (len(ODD) + 3, len(BAD))
    listed = bad_table(f"path:{folder}", 8, work)
    assert listed.read_text(encoding="utf-8").count("\n") == len(BAD) + 1
    assert str(listed) in message

    # Once they are gone, nobody stops.
    for kind in BAD:
        (folder / "odd" / kind.name).unlink()
    assert dataset.summary(Wanted(f"path:{folder}", 8), work).digest == facts.digest


# As EXIF numbers them: how the stored rows and columns are to be looked at.
LOOKED_AT = {
    1: lambda pixels: pixels,
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: np.swapaxes(pixels, 0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.flipud(np.rot90(pixels, -1)),
    8: np.rot90,
}


KINDS = [(kind, mode) for kind in ("tif", "png") for mode in ("RGB", "L", "RGBA", "I;16")]


@pytest.mark.parametrize(("kind", "mode"), [*KINDS, ("tif", "CMYK")])
@pytest.mark.parametrize("orientation", LOOKED_AT)
def test_every_orientation_of_every_kind(tmp_path, kind, mode, orientation):
    grey = np.random.default_rng(orientation).integers(0, 256, (6, 10), np.uint8)
    stored = Image.fromarray(grey.astype(np.uint16) << 8 if mode == "I;16" else grey)
    stored = stored if mode == "I;16" else stored.convert("RGB" if mode == "CMYK" else mode).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / f"1.{kind}", exif=exif)
    seen = np.asarray(decoding.upright(tmp_path / f"1.{kind}")[0].convert("L"))
    np.testing.assert_array_equal(seen, LOOKED_AT[orientation](grey))


def test_more_pixels_than_are_taken_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    file = tmp_path / "1.png"
    Image.new("RGB", (10, 10)).save(file)
    monkeypatch.setattr(decoding, "SMALL_ENOUGH", 10)
    monkeypatch.setattr(decoding, "LARGEST_PIXELS", 100)
    assert decoding.upright(file)[0].size == (10, 10)
    for limit, most in (("LARGEST_PIXELS", 99), ("MOST_PIXELS_A_BYTE", 1)):
        with monkeypatch.context() as narrower:
            narrower.setattr(decoding, limit, most)
            Image.new("RGB", (10, 10) if limit == "LARGEST_PIXELS" else (100, 1)).save(file)
            narrower.setattr(decoding, "LARGEST_PIXELS", 99 if limit == "LARGEST_PIXELS" else 1000)
            with pytest.raises(decoding.UnreadableError, match="far more pixels than bytes"):
                decoding.upright(file)


@pytest.mark.slow
def test_a_photograph_of_a_hundred_million_pixels_is_one(tmp_path):
    file = tmp_path / "1.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    Image.fromarray(noise).resize((12_000, 9_000)).save(file, quality=90)
    assert decoding.upright(file)[0].size == (12_000, 9_000)


def test_what_is_wrong_with_a_file_that_is_used_is_told_with_a_number(tmp_path):
    folder = tmp_path / "photographs"
    write(folder / "plain", PIXELS["cat"])
    (folder / "odd").mkdir()
    for kind in ODD:
        if kind.name in ("much_text.png", "without_its_end.jpg"):
            kind.make(folder / "odd" / kind.name)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    cut = folder / "odd" / "cut.png"
    Image.fromarray(noise).save(cut)
    cut.write_bytes(cut.read_bytes()[:-200])
    facts = prepare(folder, tmp_path / "work", 8)
    told = " ".join(facts.notices)
    assert (
        "1 file with metadata that cannot be read, which are left aside; the first is odd/much_text.png"
        in told
    )
    assert (
        "2 files cut off at the end, of which the last rows are left grey or black; the first is odd/" in told
    )


def test_a_file_that_may_not_be_read():
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        file = Path(place, "1.png")
        Image.new("RGB", SIZE).save(file)
        file.chmod(0)
        nobody = os.geteuid() == 0  # who may read everything
        try:
            if nobody:
                os.seteuid(65534)
            with pytest.raises(decoding.UnreadableError, match="may not be read"):
                decoding.upright(file)
        finally:
            if nobody:
                os.seteuid(0)


def test_a_class_of_bad_files_alone_is_told(tmp_path):
    place = tmp_path / "photographs"
    write(place / "cat", PIXELS["cat"])
    (place / "dog").mkdir()
    (place / "dog" / "1.png").write_bytes(b"no picture")
    with pytest.raises(UserError) as caught:
        prepare(place, tmp_path)
    listed = bad_table(f"path:{place}", None, tmp_path)
    assert str(caught.value) == (
        f"data source path:{place}: no image of class 'dog' can be used; the first of 1 file: "
        f"dog/1.png: not an image; {listed} lists them all"
    )
    assert listed.read_text(encoding="utf-8").splitlines()[1:] == ["dog/1.png,not an image,dog"]


# Two classes of grey files stay grey; of the whole range 0x1234 keeps its upper eight bits, 0x12.
@pytest.mark.parametrize(("grey_range", "becomes"), [(None, [0, 0xFF]), ((0, 0xFFFF), [0x12, 0xFF])])
def test_sixteen_bits_of_grey_stay_grey(tmp_path, grey_range, becomes):
    for name, value in {"cat": 0x1234, "dog": 0xFFFF}.items():
        (tmp_path / "deep" / name).mkdir(parents=True)
        sixteen_bits(value)(tmp_path / "deep" / name / "1.png")
    wanted = Wanted(f"path:{tmp_path / 'deep'}", grey_range=grey_range)
    kept = opened(dataset.summary(wanted, tmp_path), tmp_path)
    assert kept.images.shape == (2, 12, 16, 1)
    assert [int(image.max()) for image in kept.images] == becomes


# Detectors fill a part of the levels: 33,069 to 36,863 were 15 shades once.
def test_a_part_of_the_levels_becomes_all_of_the_shades(tmp_path):
    generator = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "deep" / name).mkdir(parents=True)
        for number in range(3):
            levels_ = generator.integers(33_069, 36_864, (96, 96)).astype(np.uint16)
            levels_[0, number] = 0xFFFF if name == "dog" else 0  # a hot pixel, a dead one
            Image.fromarray(levels_).save(tmp_path / "deep" / name / f"{number}.png")
    facts = prepare(tmp_path / "deep", tmp_path)
    low, high = facts.grey_range
    assert 33_069 <= low < 33_200
    assert 36_700 < high <= 36_863
    assert len(np.unique(opened(facts, tmp_path).images)) > 250
    (told,) = [notice for notice in facts.notices if "16 bits" in notice]
    assert f"levels {low:,} to {high:,} become 0 to 255" in told
    # Another range is another data set, and one's own is told as such.
    wanted = Wanted(f"path:{tmp_path / 'deep'}", grey_range=(0, 0xFFFF))
    whole = dataset.summary(wanted, tmp_path)
    assert whole.digest != facts.digest
    assert any("as data.range says" in notice for notice in whole.notices)
