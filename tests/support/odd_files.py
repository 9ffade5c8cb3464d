"""Kinds of odd and bad image files, each written for real, and what becomes of it."""

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

WHITE, RED, BLUE, GREY = (255, 255, 255), (255, 0, 0), (0, 0, 255), (128, 128, 128)
SIZE = (16, 12)


class Kind(NamedTuple):
    """A file: its name, how it is made, and the colour that its picture has or the reason of its refusal."""

    name: str
    make: Callable[[Path], None]
    becomes: tuple[int, int, int] | str
    near: int = 0  # how far a lossy format may be from the colour


def plain(mode: str, colour: object, **options: object) -> Callable[[Path], None]:
    return lambda file: Image.new(mode, SIZE, colour).save(file, **options)


def sixteen_bits(value: int, kind: type = np.uint16, **options: object) -> Callable[[Path], None]:
    return lambda file: Image.fromarray(np.full(SIZE[::-1], value, kind)).save(file, **options)


def frames(file: Path) -> None:
    first, second = Image.new("RGB", SIZE, RED), Image.new("RGB", SIZE, BLUE)
    first.save(file, save_all=True, append_images=[second])


def upside_down(file: Path) -> None:
    """Red above, blue below; orientation 3 says to turn it by half a circle."""
    halves = Image.new("RGB", SIZE, BLUE)
    halves.paste(RED, (0, 0, SIZE[0], SIZE[1] // 2))
    exif = Image.Exif()
    exif[0x0112] = 3
    halves.save(file, exif=exif)


def palette_with_a_hole(file: Path) -> None:
    picture = Image.new("P", SIZE, 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.save(file, transparency=0)


def half(suffix: str) -> Callable[[Path], None]:
    def make(file: Path) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        whole = file.with_name(f".whole{suffix}")
        Image.fromarray(noise).save(whole)
        file.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        whole.unlink()

    return make


def bomb(file: Path) -> None:
    """A PNG that says it has 30,000 × 30,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(1000))
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def strange_exif(file: Path) -> None:
    """Blue above once orientation 3 has turned it; YCbCrPositioning is text, which no standard allows."""
    upside_down(file)
    content = file.read_bytes()
    entries = b"II" + struct.pack("<HI", 42, 8) + struct.pack("<H", 2)
    entries += struct.pack("<HHI4s", 0x0112, 3, 1, struct.pack("<HH", 3, 0))
    entries += struct.pack("<HHI4s", 0x0213, 2, 4, b"abc\0") + bytes(4)
    block = b"Exif\0\0" + entries
    start = content.index(b"\xff\xe1")
    length = struct.unpack(">H", content[start + 2 : start + 4])[0]
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    file.write_bytes(content[:start] + segment + content[start + 2 + length :])


def much_text(file: Path) -> None:
    """A comment of two million letters."""
    info = PngInfo()
    info.add_text("Comment", "x" * 2_000_000, zip=True)
    Image.new("RGB", SIZE, RED).save(file, pnginfo=info)


def cut(missing: int, **options: object) -> Callable[[Path], None]:
    """Without its last bytes."""

    def make(file: Path) -> None:
        Image.new("RGB", SIZE, RED).save(file, **options)
        file.write_bytes(file.read_bytes()[:-missing])

    return make


def link(target: str) -> Callable[[Path], None]:
    return lambda file: file.symlink_to(target)


def link_outside(file: Path) -> None:
    outside = file.parents[2] / "outside.png"
    Image.new("RGB", SIZE, RED).save(outside)
    file.symlink_to(outside)


ODD = [
    Kind("jpeg.jpg", plain("RGB", RED, quality=95), RED, near=2),
    Kind("capitals.JPEG", plain("RGB", RED, quality=95), RED, near=2),
    Kind("png.png", plain("RGB", RED), RED),
    Kind("webp.webp", plain("RGB", RED, lossless=True), RED),
    Kind("bmp.bmp", plain("RGB", RED), RED),
    Kind("tiff.tiff", plain("RGB", RED), RED),
    Kind("tiff_of_pages.tif", frames, RED),
    Kind("gif_of_frames.gif", frames, RED),
    Kind("webp_of_frames.webp", frames, RED, near=6),
    Kind("portable.ppm", plain("RGB", RED), RED),
    Kind("grey.png", plain("L", 128), GREY),
    Kind("grey.jpg", plain("L", 128), GREY, near=1),
    Kind("black_and_white.png", plain("1", 1), WHITE),
    Kind("palette.png", lambda file: Image.new("RGB", SIZE, RED).convert("P").save(file), RED),
    Kind("palette_with_a_hole.png", palette_with_a_hole, WHITE),
    Kind("alpha_none.png", plain("RGBA", (*RED, 0)), WHITE),
    Kind("alpha_full.png", plain("RGBA", (*RED, 255)), RED),
    Kind("alpha_half.png", plain("RGBA", (0, 0, 0, 128)), (127, 127, 127)),
    Kind("grey_alpha.png", plain("LA", (0, 0)), WHITE),
    Kind("cmyk.jpg", plain("CMYK", (0, 255, 255, 0), quality=95), RED, near=3),
    Kind("sixteen_bits.png", sixteen_bits(0x8034), GREY),
    Kind("sixteen_bits.tif", sixteen_bits(0x8034), GREY),
    Kind("sixteen_bits_almost_black.png", sixteen_bits(0x00FF), (0, 0, 0)),
    Kind("sixteen_bits_with_a_hole.png", sixteen_bits(0x8034, transparency=0x8034), WHITE),
    Kind("turned.jpg", upside_down, BLUE, near=3),
    Kind("png_named.jpg", lambda file: Image.new("RGB", SIZE, RED).save(file, format="PNG"), RED),
    Kind("strange_exif.jpg", strange_exif, BLUE, near=3),
    Kind("much_text.png", much_text, RED),
    Kind("without_its_end.jpg", cut(2, quality=95), RED, near=2),
    Kind("without_its_end.png", cut(14), RED),
    Kind("a link.png", link("png.png"), RED),
    Kind("名前 ü.png", plain("RGB", RED), RED),
]  # fmt: skip
UNREAD = "a format that is not read; save it as JPEG or PNG"
BAD = [
    Kind("empty.jpg", lambda file: file.write_bytes(b""), "empty file"),
    Kind("half.jpg", half(".jpg"), "damaged (image file is truncated"),
    Kind("half.png", half(".png"), "damaged ("),
    Kind("half.webp", half(".webp"), "damaged ("),
    Kind("text.png", lambda file: file.write_text("not a picture"), "not an image"),
    Kind("page.jpg", lambda file: file.write_text("<html><body>404</body></html>"), "not an image"),
    Kind("pdf.jpg", lambda file: file.write_bytes(b"%PDF-1.4\n" + bytes(100)), "not an image"),
    Kind("vector.png", lambda file: file.write_text("<svg/>"), "not an image"),
    Kind("bomb.png", bomb, "far more pixels than bytes: a decompression bomb?"),
    Kind("floats.tif", sixteen_bits(1, np.float32), "floating-point pixels; save it with 8 or 16 bits"),
    Kind("deep.tif", sixteen_bits(2**24, np.int32), "grey of more than 16 bits"),
    Kind("phone.heic", lambda file: file.write_bytes(b"ftypheic"), UNREAD),
    Kind("camera.nef", lambda file: file.write_bytes(b"raw"), UNREAD),
    Kind("to nothing.png", link("nothing.png"), "a link to nothing"),
    Kind("to itself.png", link("to itself.png"), "a link to nothing"),
    Kind("outside.png", link_outside, "a link that leaves the folder"),
    Kind("pipe.png", lambda file: os.mkfifo(file), "no file"),
]  # fmt: skip
IGNORED = ["notes.txt", ".DS_Store", "Thumbs.db"]
