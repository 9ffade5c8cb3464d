"""What can be had of a file that a decoder refuses: pixels count, and metadata that cannot be read do not.

A PNG is read again without what is no picture in it. Of a JPEG or PNG that was cut off at its end, the rows
that are there are taken, if few are missing. What was done is said in a remark, which a data set counts.
"""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

MOST_MISSING = 0.1  # of the rows of a picture
METADATA = "with metadata that cannot be read, which are left aside"
LAST_ROWS = "cut off at the end, of which the last rows are left grey or black"
PNG, END = b"\x89PNG\r\n\x1a\n", b"\xff\xd9"
PICTURE = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"}  # the chunks of a PNG that make its pixels
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a pixel, by the colour type of a PNG
ORIENTATION = 0x0112
METHODS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def turned(image: Image.Image) -> tuple[Image.Image, str]:
    """The image upright, as EXIF or XMP say, and a remark; what cannot be read there turns nothing.

    Only the orientation is looked at: the rest of EXIF may hold what its own standard forbids.
    """
    try:
        orientation = image.getexif().get(ORIENTATION)
    except Exception:  # parsers raise whatever strange bytes lead them to
        return image, METADATA
    orientation = orientation[0] if isinstance(orientation, tuple) and orientation else orientation
    method = METHODS.get(orientation) if isinstance(orientation, int | float) else None
    return (image if method is None else image.transpose(method)), ""


def bare(content: bytes) -> bytes | None:
    """A PNG with nothing in it but its picture; None: it is none, or has nothing else.

    Of the metadata the orientation is lost: it stands among what could not be read.
    """
    if not content.startswith(PNG):
        return None
    parts = list(_chunks(content))
    kept = [(kind, body) for kind, body in parts if kind in PICTURE]
    return None if len(kept) == len(parts) else PNG + b"".join(_chunk(*part) for part in kept)


def completed(content: bytes) -> bytes | None:
    """A file that was cut off, with an end; None: no such format, or more than MOST_MISSING is missing."""
    if content.startswith(PNG):
        return _completed_png(content)
    if content.startswith(b"\xff\xd8") and _jpeg_is_nearly_whole(content):
        return content + END
    return None


def _jpeg_is_nearly_whole(content: bytes) -> bool:
    """Whether rows beyond MOST_MISSING are there.

    Bytes after a scan that is whole change nothing; of one that is cut off they become blocks where it ends.
    """
    try:
        one, other = (_pixels(content + filler + END) for filler in (b"", bytes(range(1, 65))))
    except Exception:  # not even the beginning can be decoded
        return False
    rows = np.flatnonzero((one != other).reshape(len(one), -1).any(axis=1))
    return len(rows) == 0 or rows[0] >= (1 - MOST_MISSING) * len(one)


def _pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as opened:
        return np.asarray(opened)


def _completed_png(content: bytes) -> bytes | None:
    """With black rows for those that are missing; of an interlaced one rows do not come in order."""
    parts = list(_chunks(content))
    head = next((body for kind, body in parts if kind == b"IHDR"), b"")
    if len(head) != 13:
        return None
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    stride = 1 + (width * SAMPLES.get(colour, 4) * depth + 7) // 8
    packed = b"".join(body for kind, body in parts if kind == b"IDAT")
    try:
        raw = zlib.decompressobj().decompress(packed, stride * height)
    except zlib.error:
        return None
    rows = len(raw) // stride
    if interlaced or rows < (1 - MOST_MISSING) * height:
        return None
    raw = raw[: rows * stride] + bytes((height - rows) * stride)
    palette = [(kind, body) for kind, body in parts if kind in (b"PLTE", b"tRNS")]
    whole = [(b"IHDR", head), *palette, (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return PNG + b"".join(_chunk(*part) for part in whole)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each chunk of a PNG; of the last one as much as is there."""
    at = len(PNG)
    while at + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        yield kind, content[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
