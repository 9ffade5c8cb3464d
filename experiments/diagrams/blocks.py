"""The picture of one block with each of its layers: what runs beside what, what comes out, what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras
from keras import layers

from experiments.diagrams.rows import LINES
from experiments.diagrams.sheet import GREY, INK, MUTED, Dash, Sheet, amount, dark, text_width, tint
from experiments.logs.network import Shortcut
from experiments.trial import macs
from experiments.trial.anatomy import graph
from experiments.trial.anatomy.labels import step

# Inches.
MARGIN, HEAD, CHIP, ARROW = 0.4, 1.35, 0.36, 0.32
THIN, THICK, BESIDE = 0.34, 0.78, 0.75
MAIN, WAY = 2.9, 2.4  # widths of a block's and a module's columns
FORK, TOP, PLUS = HEAD + CHIP + 0.17, HEAD + CHIP + ARROW + 0.1, 0.14
SIGNS: dict[Shortcut, str] = {"identity": "x", "projection": "P(x)", "zeros": "Z(x)"}
COLORS = {layers.Conv2D: "#56B4E9", layers.BatchNormalization: "#009E73", layers.ReLU: "#E69F00"}


@dataclass(frozen=True)
class Block:
    """One kind of block, what it computes, and the network and name of one that is drawn."""

    title: str
    formula: str
    model: str
    group: str
    arguments: dict[str, Any] = field(default_factory=dict)


BLOCKS = {
    "block_basic_identity": Block(
        "Basic block", "y = ReLU(F(x) + x): the shortcut is the identity", "resnet18", "stage1_block2"
    ),
    "block_basic_projection": Block(
        "Basic block where the shape changes",
        "y = ReLU(F(x) + P(x)): the shortcut is a projection, option B",
        "resnet18",
        "stage2_block1",
    ),
    "block_basic_zeros": Block(
        "Basic block with zero padding",
        "y = ReLU(F(x) + Z(x)): every second pixel, zeros as new channels, option A",
        "resnet20",
        "stage2_block1",
    ),
    "block_bottleneck_identity": Block(
        "Bottleneck block",
        "y = ReLU(F(x) + x): 1×1 down, 3×3 on a quarter of the channels, 1×1 up",
        "resnet50",
        "stage1_block2",
    ),
    "block_bottleneck_projection": Block(
        "Bottleneck block where the shape changes",
        "y = ReLU(F(x) + P(x)): stride 2 on both 1×1 convolutions at the input",
        "resnet50",
        "stage2_block1",
    ),
    "block_plain": Block(
        "Plain block",
        "y = ReLU(F(x)): the basic block without its shortcut, and nothing else changed",
        "resnet18",
        "stage1_block2",
        {"shortcuts": False},
    ),
    "block_inception": Block(
        "Inception module",
        "four ways side by side; their channels are stacked",
        "googlenet",
        "inception3a",
    ),
}


def draw(network: keras.Model, title: str, block: Block) -> Sheet:
    """Draw the network's block; `title` is the network's."""
    sheet = Sheet()
    before = graph.producers(network)
    group = graph.members(network, block.group)
    apart = graph.take_apart(group, before)
    entry = next(layer for way in apart.ways for layer in way)
    right = _heading(sheet, title, block, group)
    side_by_side = isinstance(apart.merge, layers.Concatenate)
    inside = _module(sheet, apart) if side_by_side else _residual(sheet, apart)
    _chip(sheet, inside.middle, HEAD, "x", before[entry.name][0].output.shape[1:])
    end = inside.bottom + ARROW
    sheet.line([(inside.middle, inside.bottom), (inside.middle, end)])
    _chip(sheet, inside.middle, end, "y", group[-1].output.shape[1:])
    return sheet.cut(max(right, inside.right) + MARGIN, end + CHIP + 0.35)


class Extent(NamedTuple):
    """Where a drawing ends, in inches."""

    middle: float  # of the way from input to output
    right: float
    bottom: float


def _heading(sheet: Sheet, title: str, block: Block, group: Sequence[keras.Layer]) -> float:
    """Draw title, formula and costs; returns where they end on the right."""
    position = f"{title.partition(':')[0]}, {block.group.replace('_', ' ')}"
    counted = amount(sum(map(macs.of_layer, group)))
    facts = f"{position} · {graph.parameters(group):,} parameters · {counted} multiply-accumulates"
    sheet.text(MARGIN, 0.5, block.title, 18, "bold", align="left")
    sheet.text(MARGIN, 0.84, block.formula, 11, align="left")
    sheet.text(MARGIN, 1.08, facts, 9.5, color=MUTED, align="left")
    widths = (text_width(block.title, 18, "bold"), text_width(block.formula, 11), text_width(facts, 9.5))
    return MARGIN + max(widths)


def _residual(sheet: Sheet, apart: graph.Anatomy) -> Extent:
    """Draw F(x) from top to bottom, the shortcut on its right, the addition and what follows it."""
    main, tail = apart.ways[-1], apart.tail
    if apart.merge is None:  # plain: its last ReLU stands where a residual block's does
        main, tail = main[:-1], main[-1:]
    main = _boxed(main)
    middle = MARGIN + 0.75 + MAIN / 2
    right = middle + MAIN / 2
    bottom = TOP + _height(main)
    sheet.line([(middle, HEAD + CHIP), (middle, TOP)])
    _way(sheet, main, middle, TOP, MAIN)
    _brace(sheet, middle - MAIN / 2 - 0.25, TOP, bottom)
    if apart.merge is not None:
        add = bottom + ARROW
        sheet.line([(middle, bottom), (middle, add - PLUS)])
        right = _shortcut(sheet, apart.ways[0], middle, add)
        sheet.plus(middle, add, PLUS)
        bottom = add + PLUS
    sheet.line([(middle, bottom), (middle, bottom + ARROW)])
    _way(sheet, tail, middle, bottom + ARROW, MAIN)
    return Extent(middle, right, bottom + ARROW + _height(tail))


def _shortcut(sheet: Sheet, way: list[keras.Layer], middle: float, add: float) -> float:
    """Draw it from below the input to the addition; returns where it ends on the right."""
    kind = graph.shortcut_of(way)
    dash = LINES[kind][0]
    boxed = _boxed(way)
    x = middle + MAIN / 2 + (BESIDE + MAIN / 2 if boxed else 0.55)
    y = (TOP + add - _height(boxed)) / 2
    into = [(x, add), (middle + PLUS, add)]
    if boxed:
        sheet.line([(middle, FORK), (x, FORK), (x, y)], dash, corner=0.15)
        _way(sheet, boxed, x, y, MAIN, dash)
        sheet.line([(x, y + _height(boxed)), *into], dash, corner=0.15)
    else:
        sheet.line([(middle, FORK), (x, FORK), *into], dash, corner=0.15)
    sheet.text(x + 0.12, add - 0.4, SIGNS[kind], 11, align="left")
    return x + max(MAIN / 2 if boxed else 0, 0.12 + text_width(SIGNS[kind], 11))


def _module(sheet: Sheet, apart: graph.Anatomy) -> Extent:
    """Draw the ways side by side between input and concatenation."""
    ways = [_boxed(way) for way in apart.ways]
    centers = [MARGIN + WAY / 2 + index * (WAY + 0.3) for index in range(len(ways))]
    middle, right = sum(centers) / len(centers), centers[-1] + WAY / 2
    bottom = TOP + max(map(_height, ways))
    for way, x in zip(ways, centers, strict=True):
        y = bottom - _height(way)
        sheet.line([(middle, HEAD + CHIP), (middle, FORK), (x, FORK), (x, y)], corner=0.15)
        _way(sheet, way, x, y, WAY)
        sheet.line([(x, bottom), (x, bottom + ARROW)])
    y = bottom + ARROW
    sheet.box(MARGIN, y, right - MARGIN, THIN, tint(GREY, 0.3), GREY)
    text = f"concatenate: {apart.merge.output.shape[-1]} channels"
    sheet.text(middle, y + THIN / 2, text, 10, "bold")
    return Extent(middle, right, y + THIN)


def _boxed(way: Sequence[keras.Layer]) -> list[keras.Layer]:
    """The layers that get a box; the padding of a convolution is part of the convolution's."""
    return [
        layer
        for layer in way
        if not (isinstance(layer, layers.ZeroPadding2D) and layer.name.endswith("_pad"))
    ]


def _height(way: Sequence[keras.Layer]) -> float:
    return sum(map(_box_height, way)) + ARROW * max(0, len(way) - 1)


def _box_height(layer: keras.Layer) -> float:
    return THICK if isinstance(layer, layers.Conv2D) else THIN


def _way(
    sheet: Sheet, way: Sequence[keras.Layer], x: float, y: float, width: float, dash: Dash = "solid"
) -> None:
    """Draw boxes from `y` down, centred on `x`; behind each convolution the shape of its maps."""
    before = None
    for layer in way:
        if before is not None:
            sheet.line([(x, y), (x, y + ARROW)], dash)
            if isinstance(before, layers.Conv2D):
                shape = "×".join(map(str, before.output.shape[1:]))
                sheet.text(x + 0.1, y + ARROW / 2 - 0.01, shape, 8, color=MUTED, align="left")
            y += ARROW
        color = next((color for kind, color in COLORS.items() if isinstance(layer, kind)), GREY)
        sheet.box(x - width / 2, y, width, _box_height(layer), tint(color, 0.4), dark(color))
        if isinstance(layer, layers.Conv2D):
            _convolution(sheet, layer, x, y)
        else:
            sheet.text(x, y + THIN / 2, _words(layer), 9.5)
        y += _box_height(layer)
        before = layer


def _convolution(sheet: Sheet, layer: layers.Conv2D, x: float, y: float) -> None:
    stride = f", stride {layer.strides[0]}" if layer.strides[0] > 1 else ""
    activation = "" if layer.activation.__name__ == "linear" else ", ReLU"
    channels = f"{layer.input.shape[-1]} → {layer.filters} channels"
    sheet.text(x, y + 0.17, f"{step(layer).title}{stride}{activation}", 10.5, "bold")
    sheet.text(x, y + 0.38, channels, 9.5)
    cost = f"{graph.parameters([layer]):,} parameters, {amount(macs.of_layer(layer))} MACs"
    sheet.text(x, y + 0.59, cost, 8.5, color=MUTED)


def _words(layer: keras.Layer) -> str:
    match layer:
        case layers.BatchNormalization():
            return f"batch normalisation, {graph.parameters([layer]):,} parameters"
        case layers.ReLU():
            return "ReLU"
        case layers.ZeroPadding2D():
            return f"zeros: {layer.output.shape[-1] - layer.input.shape[-1]} new channels"
        case layers.AveragePooling2D() if layer.pool_size == (1, 1):
            return "every second pixel"
    words = step(layer)
    return f"{words.detail} {words.title}" if words else type(layer).__name__


def _chip(sheet: Sheet, x: float, y: float, sign: str, shape: tuple[int, ...]) -> None:
    text = f"{sign}   {'×'.join(map(str, shape))}"
    width = text_width(text, 10.5, "bold") + 0.36
    sheet.box(x - width / 2, y, width, CHIP, "white", INK, corner=0.16)
    sheet.text(x, y + CHIP / 2, text, 10.5, "bold")


def _brace(sheet: Sheet, x: float, top: float, bottom: float) -> None:
    """Draw the brace beside F(x), which the shortcut passes by."""
    points = [(x + 0.1, top), (x, top), (x, bottom), (x + 0.1, bottom)]
    sheet.line(points, arrow=False, color=MUTED, width=1.0, corner=0.08)
    sheet.text(x - 0.09, (top + bottom) / 2, "F(x)", 11, align="right")
