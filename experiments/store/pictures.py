"""Pictures for people of what a trial left, drawn when its run is projected: both follow from its files.

With Pillow alone: a picture takes 25 ms, of 100 classes 0.2 s, and the process that trains beside it needs no
`import matplotlib`, which takes half a second. Equal files give equal bytes.
"""

import bisect
import importlib.util
import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from experiments import names

INK, MUTED, PAPER, LINE = "#1a1a1a", "#8a8a8a", "#ffffff", "#d9d9d9"
DARKEST = (8, 69, 148)  # of a share of one; white is none
SWATCHES = (0, 0.01, 0.05, 0.1, 0.25, 0.5, 1)  # shares in the legend
MOST_WITH_COUNTS = 12  # classes
CELLS = ((MOST_WITH_COUNTS, 52), (30, 26), (100, 16))  # up to so many classes: pixels of a cell
WIDEST_MATRIX = 1600  # pixels, of more classes
LONGEST_NAME = 200  # pixels
TEXT, SMALLEST = 14, 8  # pixels of letters
COMPRESSION = 2  # of PNG: a matrix of 100 classes in a third of the time, and a third larger
TILE = 128  # pixels: smaller tiles are enlarged
MARGIN = 10


def draw(folder: Path, to: Path) -> None:
    """Write the pictures of a trial's folder; none of what is missing there or damaged."""
    report = _read(folder / names.TEST_REPORT_FILE)
    try:
        classes, counts = [*map(str, report["classes"])], np.array(report["confusion_matrix"], int)
        if counts.shape != (len(classes), len(classes)) or not classes:
            return
    except (KeyError, TypeError, ValueError):
        return
    (to / names.CONFUSION_PICTURE).write_bytes(confusion(classes, counts))
    mistakes = _read(folder / names.MISTAKES_FILE)
    try:
        answers = zip(mistakes["true"], mistakes["predicted"], strict=True)
        by_image = dict(zip(mistakes["image"], answers, strict=True))
        told = [tuple(classes[each] for each in by_image[image]) for image in mistakes["shown"]]
        content = (folder / names.MISTAKES_PICTURE).read_bytes()
        named = named_mistakes(content, told)
    except (KeyError, TypeError, ValueError, IndexError, OSError):
        return
    (to / names.NAMED_MISTAKES_PICTURE).write_bytes(named)


def _read(file: Path) -> dict:
    """The JSON of a file; empty where it is none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def confusion(classes: Sequence[str], counts: np.ndarray) -> bytes:
    """A confusion matrix as PNG.

    counts: int (true, predicted); a cell is coloured by its share of the images of its true class, and says
    its count while there are at most MOST_WITH_COUNTS classes.
    """
    side = next((cell for most, cell in CELLS if len(classes) <= most), WIDEST_MATRIX // len(classes) or 1)
    font = _font(min(TEXT, max(SMALLEST, side - 3)))
    shown = [_cut(name, font, LONGEST_NAME) for name in classes]
    longest = round(max(map(font.getlength, shown)))
    left = top = 2 * MARGIN + 2 * TEXT + longest
    top += 2 * TEXT
    matrix = side * len(classes)
    legend = 2 * MARGIN + 4 * TEXT
    width = max(left + matrix + MARGIN, 560)
    canvas = Image.new("RGB", (width, top + matrix + legend), PAPER)
    pen = ImageDraw.Draw(canvas)
    right, images = int(np.trace(counts)), int(counts.sum())
    share = f" ({right / images:.1%})" if images else ""
    pen.text((MARGIN, MARGIN), f"{right:,} of {images:,} test images right{share}", INK, _font(TEXT))
    pen.text((left, MARGIN + 2 * TEXT), "predicted class", INK, _font(TEXT))
    _upright(canvas, (MARGIN, top), "true class", _font(TEXT), matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    cells = Image.fromarray(_colors(shares)).resize((matrix, matrix), Image.Resampling.NEAREST)
    canvas.paste(cells, (left, top))
    _lines(pen, left, top, side, len(classes))
    every = -(-(font.size + 2) // side)  # of more classes than there is room for, some are named
    for place in range(0, len(classes), every):
        middle = place * side + side // 2
        pen.text((left - 5, top + middle), shown[place], INK, font, anchor="rm")
        _upright(canvas, (left + middle - font.size // 2 - 2, top - 5), shown[place], font)
    if len(classes) <= MOST_WITH_COUNTS:
        _counts(pen, (left, top), side, counts, shares)
    _legend(pen, top + matrix + MARGIN)
    return _encoded(canvas, "PNG", compress_level=COMPRESSION)


def _colors(shares: np.ndarray) -> np.ndarray:
    """uint8 (…, 3) of shares: by their roots, for a few of a hundred are to be seen."""
    part = np.sqrt(shares)[..., None]
    return np.round(255 * (1 - part) + np.array(DARKEST) * part).astype(np.uint8)


def _lines(pen: ImageDraw.ImageDraw, left: int, top: int, side: int, classes: int) -> None:
    """Between cells, where these are large enough; around the matrix always."""
    end = side * classes
    for place in range(0, classes + 1) if side >= CELLS[-1][1] else (0, classes):
        pen.line((left + place * side, top, left + place * side, top + end), LINE)
        pen.line((left, top + place * side, left + end, top + place * side), LINE)


def _counts(
    pen: ImageDraw.ImageDraw, corner: tuple[int, int], side: int, counts: np.ndarray, shares: np.ndarray
) -> None:
    largest = f"{counts.max():,}"
    sizes = range(TEXT, SMALLEST, -1)
    fitting = (font for font in map(_font, sizes) if font.getlength(largest) < side - 4)
    font = next(fitting, _font(SMALLEST))
    for (row, column), count in np.ndenumerate(counts):
        middle = (corner[0] + column * side + side // 2, corner[1] + row * side + side // 2)
        ink = PAPER if shares[row, column] > 0.25 else INK if count else MUTED
        pen.text(middle, f"{count:,}", ink, font, anchor="mm")


def _legend(pen: ImageDraw.ImageDraw, top: int) -> None:
    """What rows, columns and colours are."""
    font = _font(TEXT)
    pen.text((MARGIN, top), "a row is a true class; the colour is the share of its images", INK, font)
    for place, share in enumerate(SWATCHES):
        left, middle = MARGIN + 62 * place, top + 2 * TEXT + 4
        color = tuple(int(each) for each in _colors(np.array(share)))
        pen.rectangle((left, middle - 8, left + 16, middle + 8), color, MUTED)
        pen.text((left + 22, middle), f"{share:g}", INK, font, anchor="lm")


def named_mistakes(tiles: bytes, told: Sequence[tuple[str, str]]) -> bytes:
    """The tiles of names.MISTAKES_PICTURE as JPEG, each above its true and predicted class.

    Raises:
        OSError: they are no picture.
    """
    whole = Image.open(io.BytesIO(tiles)).convert("RGB")
    columns = names.MISTAKES_COLUMNS
    side = whole.width // columns
    scale = max(1, TILE // side)
    enlarged, font = side * scale, _font(TEXT - 2)
    step_x, step_y = max(enlarged, TILE) + MARGIN, enlarged + 3 * TEXT + MARGIN
    title = 2 * TEXT + MARGIN
    canvas = Image.new(
        "RGB", (columns * step_x + MARGIN, title + -(-len(told) // columns) * step_y + MARGIN), PAPER
    )
    pen = ImageDraw.Draw(canvas)
    pen.text(
        (MARGIN, MARGIN), "test images that were misclassified: true → predicted class", INK, _font(TEXT)
    )
    for place, (true, predicted) in enumerate(told):
        row, column = divmod(place, columns)
        left, top = MARGIN + column * step_x, title + row * step_y
        tile = whole.crop((column * side, row * side, (column + 1) * side, (row + 1) * side))
        canvas.paste(tile.resize((enlarged, enlarged), Image.Resampling.NEAREST), (left, top))
        room = step_x - MARGIN
        pen.text((left, top + enlarged + 3), _cut(true, font, room), INK, font)
        answer = _cut(predicted, font, room - round(font.getlength("→ ")))
        pen.text((left, top + enlarged + 3 + TEXT + 2), f"→ {answer}", INK, font)
    return _encoded(canvas, "JPEG", quality=90, subsampling=0)  # letters blur where colours are halved


def _cut(text: str, font: ImageFont.FreeTypeFont, room: int) -> str:
    """The text on one line, in letters of the font; its middle gives way to an ellipsis, for names of one
    beginning differ at their ends."""
    line = names.spelled(" ".join(text.split()), _has)
    if font.getlength(line) <= room:
        return line
    lengths = range(2, len(line))
    kept = bisect.bisect_right(lengths, room, key=lambda kept: font.getlength(_shortened(line, kept)))
    return _shortened(line, max(2, kept + 1))


def _shortened(text: str, kept: int) -> str:
    return f"{text[: kept - kept // 2]}…{text[-(kept // 2) :]}"


def _upright(
    canvas: Image.Image, at: tuple[int, int], text: str, font: ImageFont.FreeTypeFont, room: int = 0
) -> None:
    """Text that is read from below; at: its left lower corner, or left upper of `room` to be centred in."""
    width, height = round(font.getlength(text)) + 2, round(font.size * 1.4)
    line = Image.new("L", (width, height))
    ImageDraw.Draw(line).text((1, height // 2), text, 255, font, anchor="lm")
    turned = line.rotate(90, expand=True)
    top = at[1] + max(0, room - width) // 2 if room else at[1] - width
    canvas.paste(INK, (at[0], top), turned)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # DejaVu Sans comes with matplotlib, which need not be imported for it; the simple layout is the same
    # whatever libraries Pillow was built with.
    place = Path(importlib.util.find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(place / "DejaVuSans.ttf", size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _has(letter: str) -> bool:
    """True if the font has the letter: what it lacks is drawn as what is no letter."""
    mask, none = (_font(TEXT).getmask(each) for each in (letter, "\uffff"))
    return (mask.size, bytes(mask)) != (none.size, bytes(none))


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()
