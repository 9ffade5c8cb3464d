"""A slide that compares blocks side by side: 16 to 9, and letters that are read from the last row.

The pictures of single blocks show every layer. Here a box is a convolution; what follows it stands at its
arrow, so that three blocks fit and letters stay large.
"""

from collections.abc import Sequence
from typing import NamedTuple

import keras
from keras import layers

from experiments.diagrams.blocks import COLORS, SIGNS, Block
from experiments.diagrams.rows import LINES
from experiments.diagrams.sheet import INK, MUTED, Sheet, amount, dark, text_width, tint
from experiments.trial import macs
from experiments.trial.anatomy import graph
from experiments.trial.anatomy.labels import step


class Shown(NamedTuple):
    """A block on a slide: its name among the blocks, what it is called there, and what to see."""

    block: str
    title: str
    remark: str


SLIDES = {
    "slide_blocks": (
        Shown("block_plain", "Plain block", "a residual block without its shortcut"),
        Shown("block_basic_identity", "Residual block", "the shortcut itself costs nothing"),
        Shown("block_bottleneck_identity", "Bottleneck block", "four times the channels at that cost"),
    )
}
SHORT = {layers.BatchNormalization: "BN", layers.ReLU: "ReLU"}
# Inches; a slide of 13.3 inches shows all of it 1.4 times as large.
WIDTH, HEIGHT = 9.5, 9.5 * 9 / 16
MARGIN, BOX, THICK, ARROW, CHIP, PLUS = 0.25, 2.15, 0.5, 0.3, 0.3, 0.12


class Column(NamedTuple):
    """What is shown, the block, and a built network that has it."""

    shown: Shown
    block: Block
    network: keras.Model


def draw(columns: Sequence[Column]) -> Sheet:
    """Draw the blocks from left to right."""
    sheet = Sheet()
    wide = (WIDTH - 2 * MARGIN) / len(columns)
    for number, column in enumerate(columns):
        if number:
            x = MARGIN + number * wide + 0.05
            sheet.line([(x, 0.3), (x, HEIGHT - 0.3)], arrow=False, color=tint(MUTED, 0.35), width=0.8)
        _column(sheet, column, MARGIN + number * wide + 0.2)
    return sheet.cut(WIDTH, HEIGHT)


def _column(sheet: Sheet, column: Column, left: float) -> None:
    """Draw a block from its input at the top to its output."""
    group = graph.members(column.network, column.block.group)
    before = graph.producers(column.network)
    apart = graph.take_apart(group, before)
    middle, y = left + BOX / 2, _heading(sheet, column, group, left)
    entry = next(layer for way in apart.ways for layer in way)
    y = _chip(sheet, middle, y, f"x   {_shape(before[entry.name][0])}")
    fork = y + 0.12  # where the shortcut leaves
    text = ""
    for layer, follows in _followed(apart.ways[-1]):
        y = _convolution(sheet, layer, middle, _arrow(sheet, middle, y, text))
        text = ", ".join(follows)
    y = _arrow(sheet, middle, y, text)
    if apart.merge:
        y = _addition(sheet, apart.ways[0], middle, fork, y)
        y = _arrow(sheet, middle, y, ", ".join(SHORT[type(layer)] for layer in apart.tail))
    _chip(sheet, middle, y, f"y   {_shape(group[-1])}")


def _followed(way: Sequence[keras.Layer]) -> list[tuple[layers.Conv2D, list[str]]]:
    """The convolutions of a way, each with what follows it, in short."""
    found: list[tuple[layers.Conv2D, list[str]]] = []
    for layer in way:
        if isinstance(layer, layers.Conv2D):
            found.append((layer, []))
        elif type(layer) in SHORT:
            found[-1][1].append(SHORT[type(layer)])
    return found


def _addition(sheet: Sheet, shortcut: list[keras.Layer], x: float, fork: float, y: float) -> float:
    """Draw the sum and the shortcut that leads to it; returns where it ends."""
    kind = graph.shortcut_of(shortcut)
    add, beside = y + PLUS, x + BOX / 2 + 0.22
    sheet.plus(x, add, PLUS)
    points = [(x, fork), (beside, fork), (beside, add), (x + PLUS, add)]
    sheet.line(points, LINES[kind][0], corner=0.15, width=2.0)
    sheet.text(beside + 0.08, (fork + add) / 2, SIGNS[kind], 13, "bold", align="left")
    return add + PLUS


def _heading(sheet: Sheet, column: Column, group: Sequence[keras.Layer], left: float) -> float:
    """Write title, formula, costs and remark; returns where the block begins."""
    formula = column.block.formula.partition(":")[0]
    cost = f"{graph.parameters(group):,} parameters, {amount(sum(map(macs.of_layer, group)))} MACs"
    sheet.text(left, 0.38, column.shown.title, 15, "bold", align="left")
    sheet.text(left, 0.67, formula, 11, align="left")
    sheet.text(left, 0.91, cost, 10, align="left")
    sheet.text(left, 1.13, column.shown.remark, 10, color=MUTED, align="left")
    return 1.36


def _arrow(sheet: Sheet, x: float, y: float, text: str) -> float:
    """Draw what follows a layer; returns where the arrow ends."""
    sheet.line([(x, y), (x, y + ARROW)])
    sheet.text(x + 0.1, y + ARROW / 2 - 0.02, text, 9, color=MUTED, align="left")
    return y + ARROW


def _convolution(sheet: Sheet, layer: layers.Conv2D, x: float, y: float) -> float:
    color = COLORS[layers.Conv2D]
    sheet.box(x - BOX / 2, y, BOX, THICK, tint(color, 0.4), dark(color))
    sheet.text(x, y + 0.16, f"{step(layer).title}, {layer.input.shape[-1]} → {layer.filters}", 10.5, "bold")
    cost = f"{amount(graph.parameters([layer]))} parameters, {amount(macs.of_layer(layer))} MACs"
    sheet.text(x, y + 0.36, cost, 8.5)
    return y + THICK


def _shape(layer: keras.Layer) -> str:
    return "×".join(map(str, layer.output.shape[1:]))


def _chip(sheet: Sheet, x: float, y: float, text: str) -> float:
    width = text_width(text, 10.5, "bold") + 0.36
    sheet.box(x - width / 2, y, width, CHIP, "white", INK, corner=0.14)
    sheet.text(x, y + CHIP / 2, text, 10.5, "bold")
    return y + CHIP
