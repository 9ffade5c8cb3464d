"""One image file → 8 bits of grey or RGB, upright, fitted to a size.

How other kinds are taken: turned as EXIF says; 1 bit and 16 bits of grey become 8 (the upper ones); palettes
become their colours; transparent pixels lie over white; CMYK, YCbCr and Lab become RGB by Pillow's plain
formulas, without a colour profile; of several frames or pages the first. Floating-point pixels are refused.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from experiments.entries import FORMATS, UNREAD

LARGEST_PIXELS = 89_478_485  # from here on Pillow warns of a decompression bomb
BILINEAR = Image.Resampling.BILINEAR
TRANSPARENT = {"RGBA", "LA", "PA", "RGBa", "La"}


class Unreadable(Exception):  # noqa: N818 - a finding about a file, not a failure of the program
    """A file that is no usable image; says why in a few words."""


def upright(file: Path) -> Image.Image:
    """The image of a file, of mode L or RGB.

    Raises:
        Unreadable: it cannot be decoded, or not whole.
    """
    if file.suffix.lower() in UNREAD:
        raise Unreadable("a format that is not read; save it as JPEG or PNG")
    if file.stat().st_size == 0:
        raise Unreadable("empty file")
    try:
        # Of a path Pillow maps plain TIFF files, and turns those wrongly that EXIF turns.
        with file.open("rb") as content, Image.open(content, formats=FORMATS) as opened:
            if opened.width * opened.height > LARGEST_PIXELS:
                raise Image.DecompressionBombError
            opened.load()
            ImageOps.exif_transpose(opened, in_place=True)  # else each image is copied, upright or not
            return in_eight_bits(opened)
    except Image.DecompressionBombError:
        raise Unreadable(f"more than {LARGEST_PIXELS:,} pixels: a decompression bomb?") from None
    except Image.UnidentifiedImageError:
        raise Unreadable("not an image") from None
    except PermissionError:
        raise Unreadable("may not be read") from None
    except Unreadable:
        raise
    except Exception as error:  # decoders raise whatever a damaged file leads them to
        told = " ".join(str(error).split()) or type(error).__name__
        raise Unreadable(f"damaged ({told[:80]})") from None


def fitted(image: Image.Image, image_size: int | None) -> Image.Image:
    """N × N pixels, the short side scaled, the long one cut about its centre; None: as it is."""
    if image_size is None or image.size == (image_size, image_size):
        return image
    return ImageOps.fit(image, (image_size, image_size), BILINEAR)


def in_eight_bits(image: Image.Image) -> Image.Image:
    """The image in mode L or RGB.

    Raises:
        Unreadable: pixels that have no such form.
    """
    if image.mode in {"L", "RGB"} and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise Unreadable("grey of more than 16 bits")
        eight = (values >> 8).astype(np.uint8)
        if isinstance(image.info.get("transparency"), int):
            eight[values == image.info["transparency"]] = 255
        return Image.fromarray(eight)
    if image.mode == "F":
        raise Unreadable("floating-point pixels; save it with 8 or 16 bits")
    if image.mode in TRANSPARENT or "transparency" in image.info:
        grey = image.mode in {"L", "LA", "La", "1"}
        layer = image.convert("RGBA")
        over = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
        return over.convert("L" if grey else "RGB")
    return image.convert("L" if image.mode == "1" else "RGB")
