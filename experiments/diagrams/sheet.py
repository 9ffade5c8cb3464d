"""Strokes of the pictures: boxes, arrows, text, in inches from the top left; equal strokes, equal bytes."""

import io
import itertools
import math
from functools import cache
from typing import Literal

import matplotlib
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path as Curve
from matplotlib.textpath import TextPath

Point = tuple[float, float]
Color = str | tuple[float, float, float]
Letters = Literal["shapes", "text"]
Dash = Literal["solid", "dashed", "dotted"]
# Okabe and Ito's colours, neighbours far apart for colour-blind readers too; the head is grey.
STAGES = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#0072B2", "#D55E00", "#F0E442")
GREY, INK, MUTED = "#8C8C8C", "#1A1A1A", "#595959"
DASHES = {"solid": "solid", "dashed": (0, (4, 2)), "dotted": (0, (1, 1.5))}
RC = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "svg.hashsalt": "diagrams",
    "text.parse_math": False,
}
DPI = 130


def tint(color: Color, share: float) -> Color:
    """Mix a colour with white; `share` is the colour's part."""
    return tuple(1 - share * (1 - part) for part in to_rgb(color))


def dark(color: Color) -> Color:
    """A colour of the same hue, for lines on white."""
    return tuple(0.72 * part for part in to_rgb(color))


@cache
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """The width of a text in inches."""
    if not text:
        return 0.0
    font = FontProperties(family=RC["font.family"], weight=weight)
    return TextPath((0, 0), text, size=size, prop=font, usetex=False).get_extents().width / 72


def amount(number: float) -> str:
    """`11.7 M`: three digits, and k, M or G."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= 0.9995 * size:
            value = number / size
            return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f} {unit}"
    return f"{number:.0f}"


class Sheet:
    """A page that is drawn on first, and cut to its size at the end."""

    def __init__(self) -> None:
        self._figure = Figure(facecolor="white")
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9.5,
        weight: str = "normal",
        color: Color = INK,
        align: str = "center",
        above: float = 10,
    ) -> None:
        """Write a text whose small letters are centred on `y`."""
        # Centred by hand: matplotlib centres each text by the letters it has, and lines would dance.
        y += 0.36 * size / 72
        self._axes.text(
            x, y, text, size=size, weight=weight, color=color, ha=align, va="baseline", zorder=above
        )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: Color = "white",
        edge: Color = INK,
        line: float = 1.0,
        corner: float = 0.06,
        above: float = 3,
    ) -> None:
        """Draw a rectangle with round corners; `x`, `y` is its top left."""
        style = f"round,pad=0,rounding_size={min(corner, width / 2, height / 2)}"
        patch = FancyBboxPatch((x, y), width, height, style, fc=fill, ec=edge, lw=line, zorder=above)
        self._axes.add_patch(patch)

    def shape(self, points: list[Point], fill: Color, edge: Color, line: float = 0.7) -> None:
        """Draw a polygon."""
        self._axes.add_patch(Polygon(points, fc=fill, ec=edge, lw=line, joinstyle="round", zorder=4))

    def line(
        self,
        points: list[Point],
        dash: Dash = "solid",
        arrow: bool = True,
        color: Color = INK,
        width: float = 1.3,
        corner: float = 0.1,
        above: float = 5,
    ) -> None:
        """Draw straight from point to point with round corners, an arrowhead at the end."""
        points = [point for point, _ in itertools.groupby(points)]
        (fore_x, fore_y), (x, y) = points[-2:]
        length = math.dist(points[-2], points[-1])
        along = ((x - fore_x) / length, (y - fore_y) / length)
        if arrow:
            head, half = 0.095, 0.042
            foot = (x - head * along[0], y - head * along[1])
            wing = (-half * along[1], half * along[0])
            tips = [(foot[0] + side * wing[0], foot[1] + side * wing[1]) for side in (1, -1)]
            triangle = Polygon([(x, y), *tips], fc=color, ec=color, lw=0.5, zorder=above)
            self._axes.add_patch(triangle)
            points = [*points[:-1], foot]
        patch = PathPatch(
            _rounded(points, corner),
            fill=False,
            ec=color,
            lw=width,
            ls=DASHES[dash],
            capstyle="round" if dash == "dotted" else "butt",
            zorder=above,
        )
        self._axes.add_patch(patch)

    def plus(self, x: float, y: float, radius: float = 0.12) -> None:
        """Draw the sign of an addition."""
        self._axes.add_patch(Circle((x, y), radius, fc="white", ec=INK, lw=1.2, zorder=6))
        arm = 0.55 * radius
        for ends in ([(x - arm, y), (x + arm, y)], [(x, y - arm), (x, y + arm)]):
            self.line(ends, arrow=False, above=7)

    def cut(self, width: float, height: float) -> "Sheet":
        """Cut the page to this size; returns it."""
        self._figure.set_size_inches(width, height)
        self._axes.set(xlim=(0, width), ylim=(height, 0))
        return self

    @property
    def width(self) -> float:
        """In inches."""
        return float(self._figure.get_figwidth())

    def svg(self, letters: Letters = "shapes") -> bytes:
        """The page as the content of an SVG file.

        letters: shapes look the same everywhere; text is half as large, and in a font of the reader's.
        """
        return self._content("svg", {"Date": None, "Creator": None}, letters)

    def png(self) -> bytes:
        """The page as the content of a PNG file."""
        return self._content("png", {"Software": None})

    def _content(self, suffix: str, metadata: dict[str, None], letters: Letters = "shapes") -> bytes:
        content, fonts = io.BytesIO(), "path" if letters == "shapes" else "none"
        with matplotlib.rc_context(RC | {"svg.fonttype": fonts}):
            self._figure.savefig(content, format=suffix, dpi=DPI, metadata=metadata)
        return content.getvalue()


def _rounded(points: list[Point], corner: float) -> Curve:
    vertices, codes = [points[0]], [Curve.MOVETO]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        for end, code in ((before, Curve.LINETO), (after, Curve.CURVE3)):
            length = math.dist(here, end)
            share = min(corner, length / 2) / length
            point = (here[0] + share * (end[0] - here[0]), here[1] + share * (end[1] - here[1]))
            vertices += [point] if code == Curve.LINETO else [here, point]
            codes += [code] if code == Curve.LINETO else [code, code]
    return Curve([*vertices, points[-1]], [*codes, Curve.LINETO])
