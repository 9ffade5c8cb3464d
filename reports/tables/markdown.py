"""Tables and texts as Markdown that is readable as plain text too, and on a terminal fitted to its width.

GitHub shows a page PAGE pixels wide and hides what a table has beyond that behind a scroll bar; `pixels`
estimates how much of it a table needs.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

BETWEEN = 2  # spaces between columns
PAGE = 830  # pixels of a page on GitHub
CHARACTER = 8.4  # pixels of a character there, as a rule
PADDING = 27  # pixels of a column's padding and rule
NAME = 24  # characters of a line of the first column, in which names and sentences are still read with ease
REMARK = re.compile(r"( ?\([^)]*[^\W\d]{3}[^)]*\))")  # words in brackets; no interval and no count
# A blank beside a number or a sign of one; not where the line may end: after a comma, before a bracket.
INSIDE_A_NUMBER = re.compile(r"(?<=[\d%…±≤<]) (?!\()|(?<!,) (?=[\d%…±≤+−])")


class Block(NamedTuple):
    """A part of a text: a title, a paragraph, one that defines the columns, notes, or rows of a table.

    Notes are a line each; a title names the table below it; the first row of a table is its header.
    """

    kind: Literal["title", "text", "definitions", "notes", "table"]
    content: str | Sequence[str] | Sequence[Sequence[str]]


def write(blocks: Iterable[Block]) -> str:
    """The blocks as Markdown."""
    return "\n\n".join(map(_written, blocks)) + "\n"


def _written(block: Block) -> str:
    if block.kind == "table":
        header, *rows = ([plain(cell) for cell in row] for row in block.content)
        return table([header, *([row[0], *map(unbroken, row[1:])] for row in rows)])
    if block.kind == "title":
        return f"**{block.content}**"
    if block.kind == "notes":
        return "\n".join(f"- {plain(note)}" for note in block.content)
    return block.content


def unbroken(cell: str) -> str:
    """The cell with blanks inside its numbers that do not end a line: `0.811 ± 0.007` stays in one."""
    parts = REMARK.split(cell)  # a remark is every second
    parts[::2] = [INSIDE_A_NUMBER.sub("\N{NO-BREAK SPACE}", part) for part in parts[::2]]
    return "".join(parts)


def pixels(rows: Sequence[Sequence[str]]) -> float:
    """The width that a table needs on GitHub, about: each column as narrow as its longest piece allows.

    A piece is what stands between blanks, of a number the whole of it. The first row is the header; the first
    column gets NAME characters where it has them.
    """
    columns = list(zip(*rows, strict=True))
    widths = [_longest_piece([head, *map(unbroken, cells)]) for head, *cells in columns[1:]]
    widths.append(max(_longest_piece(columns[0]), min(NAME, max(map(len, columns[0])))))
    return CHARACTER * sum(widths) + PADDING * len(widths)


def _longest_piece(texts: Iterable[str]) -> int:
    return max((len(word) for text in texts for word in text.split(" ")), default=0)


def fits(rows: Sequence[Sequence[str]]) -> bool:
    """True if GitHub shows the whole table: no column is behind a scroll bar and no number is broken."""
    return pixels(rows) <= PAGE


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
        elif block.kind == "title":
            console.print(Text(block.content, style="bold"))
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
