"""One row of a structure picture: boxes, blocks with their shortcuts, modules."""

from collections.abc import Sequence

from experiments.diagrams.sheet import INK, Color, Dash, Sheet, dark, text_width, tint
from experiments.logs.network import Part, Row, Shortcut, Step

# Inches.
ARROW, BOX, SMALL, LINE = 0.28, 0.56, 0.42, 0.195
INSIDE, ARC = 0.13, 0.4  # of a block's frame: around its boxes, and above them where a shortcut passes
LINES: dict[Shortcut, tuple[Dash, str]] = {
    "identity": ("solid", "identity"),
    "projection": ("dashed", "1×1 conv"),
    "zeros": ("dotted", "zero-padded"),
}


def _step_width(step: Step) -> float:
    texts = max(text_width(step.title, 9.5, "bold"), text_width(step.detail, 9.5))
    return max(texts + 0.14, SMALL) if step.kind == "small" else max(texts + 0.2, 0.9)


def _way_text(way: Sequence[Step]) -> str:
    return " → ".join(
        "pool" if step.kind == "pool" else f"{step.title.removesuffix(' conv')}, {step.detail}"
        for step in way
    )


def _part_width(part: Part) -> float:
    if part.kind == "module":
        return max(text_width(_way_text(way), 8.5) for way in part.ways) + 0.22
    boxes = sum(map(_step_width, part.ways[0])) + ARROW * (len(part.ways[0]) - 1)
    if part.kind == "layer":
        return boxes
    return boxes + (2 * ARROW + 0.5 if part.shortcut else 2 * INSIDE)


def lane_width(parts: Sequence[Part]) -> float:
    """The width of the parts, one beside the other, in inches."""
    return sum(map(_part_width, parts)) + ARROW * (len(parts) - 1)


def row_height(row: Row, taps: dict[str, str]) -> tuple[float, float]:
    """The height of a row, and how far below its top the middle of the boxes is."""
    parts = [part for lane in row.lanes for part in lane]
    if any(part.kind == "module" for part in parts):
        height = 0.58 + LINE * max(len(part.ways) for part in parts)
        return height + (0.16 if any(part.name in taps for part in parts) else 0), height / 2
    if any(part.shortcut for part in parts):
        return 2 * INSIDE + ARC + BOX + 0.24, INSIDE + ARC + BOX / 2 + 0.14
    if any(part.kind == "block" for part in parts):
        return 2 * INSIDE + BOX + 0.3, INSIDE + BOX / 2 + 0.17
    return BOX + 0.3, BOX / 2 + 0.15


def lane(
    sheet: Sheet, parts: Sequence[Part], x: float, middle: float, color: Color, taps: dict[str, str]
) -> float:
    """Draw the parts from `x` on; returns where the last one ends."""
    for index, part in enumerate(parts):
        if index:
            sheet.line([(x, middle), (x + ARROW, middle)])
            x += ARROW
        width = _part_width(part)
        if part.kind == "module":
            _module(sheet, part, x, middle, width, color, taps.get(part.name, ""))
        elif part.kind == "block":
            _block(sheet, part, x, middle, width, color)
        else:
            _boxes(sheet, part.ways[0], x, middle, color, part.repeats)
            _badge(sheet, part.repeats, x + width, middle - BOX / 2, color)
        x += width
    return x


def _boxes(
    sheet: Sheet, steps: Sequence[Step], x: float, middle: float, color: Color, repeats: int = 1
) -> None:
    for index, step in enumerate(steps):
        if index:
            sheet.line([(x, middle), (x + ARROW, middle)])
            x += ARROW
        width = _step_width(step)
        fill = "white" if step.kind in ("pool", "small") else tint(color, 0.45)
        _stack(sheet, repeats, x, middle - BOX / 2, width, BOX, fill, color)
        sheet.box(x, middle - BOX / 2, width, BOX, fill, dark(color))
        size = 8.5 if step.kind == "small" else 9.5
        shift = 0.115 if step.detail else 0
        weight = "normal" if step.kind == "small" else "bold"
        sheet.text(x + width / 2, middle - shift, step.title, size, weight)
        sheet.text(x + width / 2, middle + shift, step.detail, size)
        x += width


def _block(sheet: Sheet, part: Part, x: float, middle: float, width: float, color: Color) -> None:
    arc = ARC if part.shortcut else 0
    top = middle - BOX / 2 - INSIDE - arc
    height = BOX + 2 * INSIDE + arc
    _stack(sheet, part.repeats, x, top, width, height, "white", color)
    sheet.box(x, top, width, height, "white", color, 1.2, 0.1, above=2)
    _badge(sheet, part.repeats, x + width, top, color)
    if not part.shortcut:
        _boxes(sheet, part.ways[0], x + INSIDE, middle, color)
        return
    first, add = x + ARROW + 0.1, x + width - 0.28
    sheet.line([(x, middle), (first, middle)])
    _boxes(sheet, part.ways[0], first, middle, color)
    sheet.line([(add - 0.12 - ARROW, middle), (add - 0.12, middle)])
    sheet.plus(add, middle)
    sheet.line([(add + 0.12, middle), (x + width, middle)], arrow=False)
    dash, kind = LINES[part.shortcut]
    over, fork = middle - BOX / 2 - 0.27, x + 0.15
    sheet.line([(fork, middle), (fork, over), (add, over), (add, middle - 0.12)], dash, corner=0.2, width=1.5)
    label = f"{kind}, {part.shortcut_detail}" if part.shortcut_detail else kind
    center, half = (fork + add) / 2, text_width(label, 8.5) / 2 + 0.06
    sheet.box(center - half, over - 0.09, 2 * half, 0.18, "white", "none", above=6)
    sheet.text(center, over, label, 8.5, color=INK)


def _module(sheet: Sheet, part: Part, x: float, middle: float, width: float, color: Color, tap: str) -> None:
    height = 0.34 + LINE * len(part.ways)
    top = middle - height / 2
    sheet.box(x, top, width, height, tint(color, 0.45), dark(color))
    sheet.text(x + 0.11, top + 0.16, part.name, 9.5, "bold", align="left")
    sheet.text(x + width - 0.11, top + 0.16, f"{part.channels} out", 8.5, align="right")
    for index, way in enumerate(part.ways):
        y = top + 0.28 + LINE * index
        sheet.box(x + 0.05, y + 0.01, width - 0.1, LINE - 0.03, "white", "none", corner=0.03, above=4)
        sheet.text(x + 0.11, y + LINE / 2 - 0.005, _way_text(way), 8.5, align="left")
    if tap:
        below = top + height
        sheet.line([(x + 0.25, below), (x + 0.25, below + 0.2)], width=1.1)
        sheet.text(x + 0.34, below + 0.11, tap, 8.5, align="left")


def _stack(
    sheet: Sheet,
    repeats: int,
    x: float,
    y: float,
    width: float,
    height: float,
    fill: Color,
    color: Color,
) -> None:
    """Draw one or two more of a repeated part behind it."""
    for offset in {1: (), 2: (0.05,)}.get(repeats, (0.1, 0.05)):
        sheet.box(x + offset, y - offset, width, height, fill, color, 0.8, 0.08, above=1.5)


def _badge(sheet: Sheet, repeats: int, right: float, top: float, color: Color) -> None:
    if repeats > 1:
        text = f"× {repeats}"
        width = text_width(text, 10, "bold") + 0.2
        sheet.box(right - width + 0.12, top - 0.17, width, 0.25, "white", dark(color), 1.2, 0.12, above=8)
        sheet.text(right - width / 2 + 0.12, top - 0.045, text, 10, "bold", above=9)
