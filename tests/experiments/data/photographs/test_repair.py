"""Files that were cut off: the rows that are there are taken, and none but a few may be missing."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from experiments.data.photographs import repair

NOISE = np.random.default_rng(0).integers(0, 256, (100, 64, 3), np.uint8)


def encoded(pixels, kind, **options) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind, **options)
    return content.getvalue()


def opened(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@settings(max_examples=25, deadline=None)
@given(share=st.floats(0.5, 1.0))
def test_of_a_file_that_was_cut_off_the_rows_that_are_there_are_taken_if_few_are_missing(kind, share):
    whole = encoded(NOISE, kind)
    cut = whole[: int(share * len(whole))]
    found = repair.completed(cut)
    if share < 0.85:
        assert found is None
    elif share > 0.95:
        pixels = opened(found)
        assert pixels.shape == NOISE.shape
        kept = int(0.8 * len(NOISE))
        np.testing.assert_array_equal(pixels[:kept], opened(whole)[:kept])


# A white background at the bottom is no row that is missing.
def test_a_white_background_is_there():
    pixels = NOISE.copy()
    pixels[40:] = 255
    for kind in ("JPEG", "PNG"):
        whole = encoded(pixels, kind)
        np.testing.assert_array_equal(opened(repair.completed(whole[:-2])), opened(whole))


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1", "I;16"])
def test_every_kind_of_png_pixel(mode):
    image = Image.fromarray(NOISE)
    image = Image.new("I;16", (64, 100), 700) if mode == "I;16" else image.convert(mode)
    content = io.BytesIO()
    image.save(content, "PNG")
    found = repair.completed(content.getvalue()[:-16])  # the end, and the last checksum
    np.testing.assert_array_equal(opened(found)[:90], np.asarray(image)[:90])


def test_a_png_without_what_is_no_picture():
    chunk = b"no sensible content"
    whole = encoded(NOISE, "PNG")
    strange = whole[:33] + struct.pack(">I4s", len(chunk), b"iTXt") + chunk + bytes(4) + whole[33:]
    np.testing.assert_array_equal(opened(repair.bare(strange)), NOISE)
    assert repair.bare(whole) is None  # nothing to leave out
    assert repair.bare(encoded(NOISE, "JPEG")) is None


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_left_alone_or_completed(content):
    for head in (b"", repair.PNG, b"\xff\xd8"):
        for change in (repair.bare, repair.completed):
            assert change(head + content) is None or isinstance(change(head + content), bytes)
