"""The picture of a whole network: a row a stage, from left to right, and beside it what the stage costs."""

import math
import re
from typing import NamedTuple

from experiments.diagrams.rows import LINES, lane, lane_width, row_height
from experiments.diagrams.sheet import (
    GREY,
    INK,
    MUTED,
    STAGES,
    Color,
    Point,
    Sheet,
    amount,
    dark,
    text_width,
    tint,
)
from experiments.logs.network import HEAD, Row, Shortcut, Structure

# Inches.
MARGIN, TITLE, IMAGE, GAP, CROSSING, FOOT = 0.4, 1.2, 0.42, 0.3, 0.5, 0.24
LABEL, TURN, BETWEEN_LANES = 0.55, 0.2, 0.85
OUTPUT, COST = 2.0, 1.5  # columns
LEGEND: dict[Shortcut, str] = {
    "identity": "shortcut: the input itself",
    "projection": "shortcut: a projection, where the shape changes",
    "zeros": "shortcut: every second pixel, and zeros as new channels (option A)",
}


class Frame(NamedTuple):
    """Where everything begins, from left to right, in inches."""

    lanes: tuple[float, float]
    costs: float
    width: float


def draw(network: Structure) -> Sheet:
    """Draw the picture."""
    sheet, frame = Sheet(), _frame(network)
    y = _top(sheet, network, frame)
    taps = {re.sub(r"^\D+", "", row.source): row.title for row in network.rows if row.source}
    ends: list[Point] = []  # of the lanes before, on the main way
    for order, row in enumerate(network.rows):
        gap = CROSSING if row.crosses else GAP
        y += gap
        height, center = row_height(row, taps)
        color = _row_color(row, order)
        _band(sheet, row, frame, y, height, color)
        begins = [(x, y + center) for x in frame.lanes[: len(row.lanes)]]
        _connect(sheet, row, ends, begins, y - gap / 2, network.input)
        done = [
            (lane(sheet, parts, x, middle, color, taps), middle)
            for parts, (x, middle) in zip(row.lanes, begins, strict=True)
        ]
        ends = ends if row.source else done
        if row.output:
            _costs(sheet, row, network, frame.costs, y + height / 2, color)
        y += height
    bottom = _foot(sheet, network, frame, y + GAP)
    return sheet.cut(frame.width, bottom)


def _frame(network: Structure) -> Frame:
    left = MARGIN + max(text_width(row.title, 12, "bold") for row in network.rows) + LABEL
    towers = [lane_width(row.lanes[0]) for row in network.rows if len(row.lanes) > 1]
    lanes = (left, left + max(towers, default=0) + BETWEEN_LANES)
    chains = max(lanes[len(row.lanes) - 1] + lane_width(row.lanes[-1]) for row in network.rows)
    heading = MARGIN + max(_title_width(network), text_width(facts(network), 11))
    if not network.parameters:
        return Frame(lanes, 0.0, max(chains, heading) + MARGIN)
    costs = max(chains + TURN + 0.3, heading - OUTPUT - 2 * COST)
    return Frame(lanes, costs, costs + OUTPUT + 2 * COST + MARGIN)


def _top(sheet: Sheet, network: Structure, frame: Frame) -> float:
    """Draw heading, titles of columns, and the image; returns where the rows begin."""
    sheet.text(MARGIN, 0.5, network.title, 20, "bold", align="left")
    beside = _title_width(network) - text_width(_departures(network), 12)
    sheet.text(MARGIN + beside, 0.52, _departures(network), 12, color=MUTED, align="left")
    sheet.text(MARGIN, 0.86, facts(network), 11, color=MUTED, align="left")
    if network.parameters:
        for offset, text in ((0.0, "output"), (OUTPUT, "parameters"), (OUTPUT + COST, "MACs")):
            sheet.text(frame.costs + offset, TITLE + 0.2, text, 10.5, "bold", align="left")
    text = _image_text(network.input)
    left, width = frame.lanes[0], _image_width(network.input)
    sheet.box(left - 0.35, TITLE + 0.04, width, IMAGE - 0.08, "white", INK, corner=0.15)
    sheet.text(left - 0.2, TITLE + IMAGE / 2, text, 9.5, align="left")
    if len(network.rows[0].lanes) > 1:
        for x, tower in zip(frame.lanes, ("tower 1", "tower 2"), strict=True):
            sheet.text(x, TITLE + IMAGE + GAP - 0.13, tower, 9.5, color=MUTED, align="left")
    return TITLE + IMAGE


def _band(sheet: Sheet, row: Row, frame: Frame, y: float, height: float, color: Color) -> None:
    """Draw the ground of a row, and write its name."""
    left = MARGIN - 0.12
    sheet.box(left, y, frame.width - 2 * left, height, tint(color, 0.1), "none", above=0)
    sheet.box(left, y, 0.07, height, color, "none", corner=0.02, above=1)
    _row_label(sheet, row, y + height / 2)


def _row_color(row: Row, order: int) -> Color:
    """The colour of a row: one a stage, grey for the head and for heads beside the main way."""
    return GREY if row.title == HEAD or row.source else STAGES[order % len(STAGES)]


def _title_width(network: Structure) -> float:
    departures = _departures(network)
    gap = 0.2 if departures else 0.0
    return text_width(network.title, 20, "bold") + gap + text_width(departures, 12)


def _departures(network: Structure) -> str:
    return ", ".join(network.departures)


def facts(network: Structure) -> str:
    """Its depth, the image it sees, and what it costs, in a line."""
    size = "×".join(map(str, network.input))
    if not network.parameters:
        return f"nothing is trained by gradient · image {size}"
    return (
        f"{network.depth} layers · image {size} · {network.parameters:,} parameters · "
        f"{amount(network.macs)} multiply-accumulates an image"
    )


def _connect(
    sheet: Sheet, row: Row, ends: list[Point], begins: list[Point], between: float, image: tuple[int, ...]
) -> None:
    """Draw arrows to the beginning of each lane: from the end of the same lane before, or from all ends."""
    if row.source:
        for x, y in begins:
            sheet.line([(x - TURN, y), (x, y)])
        return
    if not ends:
        right = begins[0][0] - 0.35 + _image_width(image)
        level = between - GAP / 2 - IMAGE / 2
        for index, (x, y) in enumerate(begins):
            turns = [(right, level), (x - TURN, level)] if index else [(x - TURN, level + IMAGE / 2 - 0.04)]
            sheet.line([*turns, (x - TURN, y), (x, y)])
        return
    pairwise = len(ends) == len(begins) and not row.crosses
    for index, (end_x, end_y) in enumerate(ends):
        for x, y in [begins[index]] if pairwise else begins:
            out = [(end_x, end_y), (end_x + TURN, end_y), (end_x + TURN, between)]
            sheet.line([*out, (x - TURN, between), (x - TURN, y), (x, y)])
    if row.crosses:
        x, text = begins[1][0], "each tower sees the maps of both"
        sheet.text(x, between - 0.13, text, 8.5, color=MUTED, align="left")


def _image_width(image: tuple[int, ...]) -> float:
    return text_width(_image_text(image), 9.5) + 0.3


def _image_text(image: tuple[int, ...]) -> str:
    return f"image  {'×'.join(map(str, image))}"


def _row_label(sheet: Sheet, row: Row, middle: float) -> None:
    parts = [part for lane in row.lanes[:1] for part in lane if part.kind != "layer"]
    note = f"from {re.sub(r'^inception', '', row.source)}" if row.source else ""
    if parts:
        count, kind = sum(part.repeats for part in parts), parts[0].kind
        note = f"{count} {kind}{'s' if count > 1 else ''}"
    if len(row.lanes) > 1:
        note = f"{len(row.lanes)} towers"
    sheet.text(MARGIN + 0.08, middle - (0.1 if note else 0), row.title, 12, "bold", align="left")
    sheet.text(MARGIN + 0.08, middle + 0.13, note, 9.5, color=MUTED, align="left")


def _costs(sheet: Sheet, row: Row, network: Structure, x: float, middle: float, color: Color) -> None:
    _maps(sheet, row.output, x, middle, color)
    sheet.text(x + 0.85, middle, "×".join(map(str, row.output)), 10.5, align="left")
    x += OUTPUT
    for value, total in ((row.parameters, network.parameters), (row.macs, network.macs)):
        share = value / total if total else 0.0
        percent = f"{100 * share:.0f} %" if share >= 0.005 else "< 1 %"
        sheet.text(x, middle - 0.08, amount(value), 10.5, align="left")
        sheet.text(x + 1.2, middle - 0.08, percent, 9, color=MUTED, align="right")
        sheet.box(x, middle + 0.06, 1.2, 0.07, tint(GREY, 0.25), "none", corner=0.02, above=2)
        sheet.box(x, middle + 0.06, max(1.2 * share, 0.012), 0.07, dark(color), "none", corner=0.02)
        x += COST


def _maps(sheet: Sheet, output: tuple[int, ...], x: float, middle: float, color: Color) -> None:
    """Draw the output as a solid: face height by width, depth the channels, both on a log scale."""
    *size, channels = output
    face = 0.05 * math.log2(size[0]) + 0.03 if size else 0.05
    depth = 0.026 * math.log2(channels)
    slope = 0.55 * depth
    left, top = x + (0.62 - face - depth) / 2, middle - face / 2 + slope / 2
    edge = dark(color)
    right, bottom = left + face, top + face
    sheet.shape([(left, top), (right, top), (right, bottom), (left, bottom)], tint(color, 0.45), edge)
    back = [(left + depth, top - slope), (right + depth, top - slope), (right + depth, bottom - slope)]
    sheet.shape([(left, top), back[0], back[1], (right, top)], tint(color, 0.2), edge)
    sheet.shape([(right, top), back[1], back[2], (right, bottom)], tint(color, 0.75), edge)


def _foot(sheet: Sheet, network: Structure, frame: Frame, y: float) -> float:
    """Write totals, and what lines and signs mean; returns where the page ends."""
    if network.parameters:
        sheet.text(frame.costs + 0.85, y, "total", 10.5, "bold", align="left")
        for offset, value in ((OUTPUT, network.parameters), (OUTPUT + COST, network.macs)):
            sheet.text(frame.costs + offset, y, amount(value), 10.5, "bold", align="left")
    y += 0.05
    parts = [part for row in network.rows for lane in row.lanes for part in lane]
    for kind in LINES:
        if any(part.shortcut == kind for part in parts):
            sheet.line([(MARGIN, y), (MARGIN + 0.55, y)], LINES[kind][0], width=1.5)
            sheet.text(MARGIN + 0.65, y, LEGEND[kind], 9, color=MUTED, align="left")
            y += FOOT
    notes = list(network.notes)
    if any(re.search(r"/\d", step.detail) for part in parts for way in part.ways for step in way):
        notes.insert(0, "/2: stride 2")
    if any(part.repeats > 1 for part in parts):
        notes.insert(0, "× n: n alike, one behind the other")
    for line in _lines(notes, frame.costs - MARGIN):
        sheet.text(MARGIN, y, line, 9, color=MUTED, align="left")
        y += FOOT
    return y + 0.15


def _lines(notes: list[str], width: float) -> list[str]:
    """As many notes on a line as fit."""
    lines = notes[:1]
    for note in notes[1:]:
        longer = f"{lines[-1]} · {note}"
        lines[-1:] = [longer] if text_width(longer, 9) < width else [lines[-1], note]
    return lines
