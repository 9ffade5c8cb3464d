"""One image file → 8 bits of grey or RGB, upright, fitted to a size.

Images are turned as EXIF says. 1 bit of grey becomes 8, and 16 bits by the range of levels that the data set
has (`levels`); palettes become their colours; transparent pixels lie over white; CMYK, YCbCr and Lab become
RGB by Pillow's plain formulas, without a colour profile. Of several frames or pages the first is taken.
Floating-point pixels are refused. What a decoder refuses for its metadata or its last bytes is read all the
same (`repair`).
"""

import contextlib
import hashlib
import io
import time
import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from experiments import files, processes, words
from experiments.data.near_copies import search, versions
from experiments.data.photographs import levels, repair
from experiments.data.photographs.entries import Entry
from experiments.data.photographs.formats import FORMATS, UNREAD
from experiments.data.photographs.levels import ALL_LEVELS, Range
from experiments.errors import UserError

# A picture of so many pixels takes half a gigabyte; one of more than so many a byte is no photograph.
LARGEST_PIXELS, MOST_PIXELS_A_BYTE = 178_000_000, 1000
SMALL_ENOUGH = 2**24  # pixels, however well they are packed
BILINEAR = Image.Resampling.BILINEAR
TRANSPARENT = {"RGBA", "LA", "PA", "RGBa", "La"}


class UnreadableError(Exception):
    """A file is no usable image; says why in a few words."""


def upright(file: Path, grey: Range = ALL_LEVELS) -> tuple[Image.Image, str]:
    """The image of a file, of mode L or RGB, and a remark on what is wrong with the file, or none.

    grey: the levels of 16-bit grey that become 0 and 255.

    Raises:
        UnreadableError: it cannot be decoded, or not whole.
    """
    if file.suffix.lower() in UNREAD:
        raise UnreadableError("a format that is not read; save it as JPEG or PNG")
    size = file.stat().st_size
    if size == 0:
        raise UnreadableError("empty file")
    try:
        # Of a path Pillow maps plain TIFF files, and turns those wrongly that EXIF turns.
        with file.open("rb") as content:
            return _decoded(content, size, grey)
    except Image.DecompressionBombError:
        raise UnreadableError("far more pixels than bytes: a decompression bomb?") from None
    except Image.UnidentifiedImageError:
        raise UnreadableError("not an image") from None
    except PermissionError:
        raise UnreadableError("may not be read") from None
    except UnreadableError:
        raise
    except Exception as error:  # decoders raise whatever a damaged file leads them to
        if (repaired := _repaired(file, grey)) is not None:
            return repaired
        message = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableError(f"damaged ({message[:80]})") from None


def hush() -> None:
    """Let Pillow warn of nothing in this process: what is wrong with a file, we say ourselves."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def _decoded(content: BinaryIO, size: int, grey: Range) -> tuple[Image.Image, str]:
    with Image.open(content, formats=tuple(FORMATS)) as opened:
        pixels = opened.width * opened.height
        if pixels > SMALL_ENOUGH and (pixels > LARGEST_PIXELS or pixels > MOST_PIXELS_A_BYTE * size):
            raise Image.DecompressionBombError
        opened.load()
        image, remark = repair.turned(opened)
        return in_eight_bits(image, grey), remark


def _repaired(file: Path, grey: Range) -> tuple[Image.Image, str] | None:
    """The image that a decoder refused, without its metadata or its last rows; None: nothing helps."""
    content = file.read_bytes()
    for remark, change in ((repair.METADATA, repair.bare), (repair.LAST_ROWS, repair.completed)):
        changed = change(content)
        if changed is None:
            continue
        with contextlib.suppress(Exception):
            image, _ = _decoded(io.BytesIO(changed), len(content), grey)
            return image, remark
    return None


def fitted(image: Image.Image, image_size: int | None) -> Image.Image:
    """The image at N × N pixels, its short side scaled, the long one cut about its centre; None: as it is."""
    if image_size is None or image.size == (image_size, image_size):
        return image
    return ImageOps.fit(image, (image_size, image_size), BILINEAR)


def in_eight_bits(image: Image.Image, grey: Range = ALL_LEVELS) -> Image.Image:
    """The image in mode L or RGB. grey: the levels of 16-bit grey that become 0 and 255.

    Raises:
        UnreadableError: its pixels have no such form.
    """
    if image.mode in {"L", "RGB"} and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise UnreadableError("grey of more than 16 bits")
        eight = levels.in_eight_bits(values, grey)
        if isinstance(image.info.get("transparency"), int):
            eight[values == image.info["transparency"]] = 255
        return Image.fromarray(eight)
    if image.mode == "F":
        raise UnreadableError("floating-point pixels; save it with 8 or 16 bits")
    if image.mode in TRANSPARENT or "transparency" in image.info:
        grey = image.mode in {"L", "LA", "La", "1"}
        layer = image.convert("RGBA")
        over = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
        return over.convert("L" if grey else "RGB")
    return image.convert("L" if image.mode == "1" else "RGB")


AHEAD, AHEAD_BYTES = 64, 2**28  # images a core, and their size, that may wait to be written
PROGRESS_SECONDS = 0.5  # between two lines of progress


class Decoded(NamedTuple):
    """One image: its pixels, uint8 (height, width, 3), and facts about it.

    size: width and height of the file's own picture; digest: SHA-256 of the pixels; grey_digest: the same of
    one channel, for an image without colours: a wholly grey data set keeps one; version: see `near_copies`,
    and reference, of the images that copies are planted of; remark: what is wrong with the file, which is
    used all the same.
    """

    pixels: np.ndarray
    size: tuple[int, int]
    digest: bytes
    grey_digest: bytes | None
    version: np.ndarray
    reference: np.ndarray | None
    remark: str = ""


def _decode(file: Path, image_size: int | None, grey: Range, images: int) -> Decoded | UnreadableError:
    try:
        whole, remark = upright(file, grey)
    except UnreadableError as reason:
        return reason
    except OSError as error:
        return UnreadableError(error.strerror or str(error))
    image = fitted(whole, image_size)
    of_grey = hashlib.sha256(image.tobytes()).digest() if image.mode == "L" else None
    pixels = np.asarray(image.convert("RGB"))
    digest = hashlib.sha256(pixels.tobytes()).digest()
    reference = versions.reference(whole) if search.is_chosen(digest, images) else None
    return Decoded(pixels, whole.size, digest, of_grey, versions.version(whole), reference, remark)


def in_order(
    listed: list[Entry], image_size: int | None, grey: Range = ALL_LEVELS
) -> Iterator[tuple[Entry, Decoded | UnreadableError]]:
    """Each entry, in order, with its image or why there is none; on all cores, as Pillow releases the GIL."""
    hush()
    cores = processes.available_cores()
    ahead = cores
    with ThreadPoolExecutor(cores) as pool:
        coming: deque[Future] = deque()
        progress = _Progress(len(listed))
        for number, entry in enumerate(listed):
            while len(coming) < ahead and number + len(coming) < len(listed):
                coming.append(
                    pool.submit(_decode, listed[number + len(coming)].file, image_size, grey, len(listed))
                )
            image = coming.popleft().result()
            if isinstance(image, Decoded):
                ahead = max(cores, min(cores * AHEAD, AHEAD_BYTES // image.pixels.nbytes))
            yield entry, image
            progress.one_more()


class _Progress:
    """Tells the parent now and then how far the decoding is."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._began = self._last = time.monotonic()

    def one_more(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._last < PROGRESS_SECONDS:
            return
        self._last = now
        rate = self._done / (now - self._began)
        left = words.duration((self._total - self._done) / rate)
        words.tell(f"{self._done:,} of {self._total:,} images, {rate:,.0f} a second, about {left} left")


class ImageWriter:
    """Writes decoded images one after another to a file: a data set may be larger than memory."""

    def __init__(self, path: Path, most: int, root: Path) -> None:
        self._path, self._most, self._root = path, most, root
        self._map: np.memmap | None = None
        self._first: Path | None = None
        self._grey: list[bytes | None] = []
        self._rgb: list[bytes] = []
        self._versions: np.memmap | None = None
        self._references: dict[int, np.ndarray] = {}
        self.sizes: list[tuple[int, int]] = []
        self.remarks: dict[str, list[Path]] = {}  # the files that each is about

    def add(self, file: Path, image: Decoded) -> None:
        """Write the image of a file.

        Raises:
            UserError: it has another size than those before.
        """
        if self._map is None:
            self._first = file
            self._map = files.create_array(self._path, (self._most, *image.pixels.shape))
            beside = self._path.with_suffix(".versions.npy")
            self._versions = files.create_array(beside, (self._most, *image.version.shape))
        if image.pixels.shape != self._map.shape[1:]:
            raise self._several_sizes(file, image.pixels.shape)
        number = len(self._rgb)
        self._map[number], self._versions[number] = image.pixels, image.version
        if image.reference is not None:
            self._references[number] = image.reference
        self._rgb.append(image.digest)
        self.sizes.append(image.size)
        if image.remark:
            self.remarks.setdefault(image.remark, []).append(file)
        self._grey.append(image.grey_digest)

    def images(self) -> np.ndarray:
        """uint8 (n, height, width, channels)."""
        return self._map[: len(self._rgb), ..., : 1 if self._is_grey else 3]

    def versions(self) -> np.ndarray:
        """uint8 (n, 64, 64): see `near_copies`."""
        return self._versions[: len(self._rgb)]

    def references(self) -> dict[int, np.ndarray]:
        """The larger versions of some images, by position."""
        return self._references

    def digests(self) -> np.ndarray:
        """SHA-256 of each image's pixels, 32 bytes each (n,)."""
        return np.array(self._grey if self._is_grey else self._rgb, "S32")

    @property
    def _is_grey(self) -> bool:
        return None not in self._grey

    def _several_sizes(self, file: Path, shape: tuple[int, ...]) -> UserError:
        height, width = self._map.shape[1:3]
        return UserError(
            f"data source path:{self._root}: images of several sizes ({self._first.name} has "
            f"{width}×{height} pixels, {file.name} {shape[1]}×{shape[0]}); set data.image_size"
        )
