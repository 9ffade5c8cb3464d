"""Tables and texts as Markdown that is readable as plain text too, and on a terminal fitted to its width."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

BETWEEN = 2  # spaces between columns


class Block(NamedTuple):
    """A part of a text: a paragraph, one that defines the columns, notes (a line each), or rows of a table.

    The first row of a table is its header.
    """

    kind: Literal["text", "definitions", "notes", "table"]
    content: str | Sequence[str] | Sequence[Sequence[str]]


def write(blocks: Iterable[Block]) -> str:
    """The blocks as Markdown."""
    return "\n\n".join(map(_written, blocks)) + "\n"


def _written(block: Block) -> str:
    if block.kind == "table":
        header, *rows = block.content
        return table([header, *([plain(cell) for cell in row] for row in rows)])
    if block.kind == "notes":
        return "\n".join(f"- {plain(note)}" for note in block.content)
    return block.content


def table(rows: Sequence[Sequence[str]]) -> str:
    """Aligned rows, the first of them the header; the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [
        [
            row[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        for row in rows
    ]
    lines = ["| " + " | ".join(row) + " |" for row in padded]
    rule = [":" + "-" * (widths[0] + 1), *("-" * (width + 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]])


def plain(text: str) -> str:
    """Markdown's own signs escaped."""
    return re.sub(r"([|*<`\\])", r"\\\1", text)


def show(blocks: Iterable[Block]) -> None:
    """Print the blocks, but for definitions, on a terminal, tables fitted to its width."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for block in blocks:
        if block.kind == "table":
            for rows in fitted([list(row) for row in block.content], console.width - 2):
                shown = Table(box=SIMPLE_HEAD, padding=(0, BETWEEN - 1, 0, 0))
                for index, width in enumerate(column_widths(rows, console.width - 2)):
                    shown.add_column(Text(rows[0][index]), justify="right" if index else "left", width=width)
                for row in rows[1:]:
                    shown.add_row(*map(Text, row))
                console.print(shown)
        elif block.kind != "definitions":
            console.print(Text(f"{_written(block)}\n"))


def fitted(rows: list[list[str]], width: int) -> list[list[list[str]]]:
    """The one table of these rows, or where that would cut words, tables on their side: a column an arm."""
    if _fits(rows, width):
        return [rows]
    header, *arms = rows
    tables = [[header]]
    for arm in arms:
        if len(tables[-1]) > 1 and not _fits(_on_its_side([*tables[-1], arm]), width):
            tables.append([header])
        tables[-1].append(arm)
    return list(map(_on_its_side, tables))


def _on_its_side(rows: list[list[str]]) -> list[list[str]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _fits(rows: list[list[str]], width: int) -> bool:
    return sum(column_widths(rows, width)) + BETWEEN * len(rows[0]) <= width


def column_widths(rows: list[list[str]], width: int) -> list[int]:
    """Widths in characters: the widest columns wrap between words until the table fits, if it can.

    rich alone shortens the longest names; given the least widths of columns, it cuts off the last columns.
    """
    columns = list(zip(*rows, strict=True))
    least = [max(len(word) for cell in column for word in cell.split()) for column in columns]
    widths = [max(map(len, column)) for column in columns]
    while sum(widths) + BETWEEN * len(widths) > width and widths != least:
        widest = max((i for i in range(len(widths)) if widths[i] > least[i]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths
