"""Tables as Markdown that is readable as plain text too, and on a terminal fitted to its width."""

import re
import sys
from collections.abc import Sequence


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


BETWEEN = 2  # spaces between columns
DEFINITIONS = ("Test accuracy:", "Verdict:")  # begin the paragraphs of results.md that say what columns mean


def show(text: str) -> None:
    """Print the Markdown of `reports.results`."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for block in text.strip().split("\n\n"):
        if block.startswith("|"):
            for rows in fitted(
                [cells(line) for line in block.splitlines() if line.startswith("| ")], console.width - 2
            ):
                table = Table(box=SIMPLE_HEAD, padding=(0, BETWEEN - 1, 0, 0))
                for index, width in enumerate(column_widths(rows, console.width - 2)):
                    table.add_column(Text(rows[0][index]), justify="right" if index else "left", width=width)
                for row in rows[1:]:
                    table.add_row(*map(Text, row))
                console.print(table)
        elif not block.startswith(DEFINITIONS):
            console.print(Text(f"{block}\n"))


def cells(line: str) -> list[str]:
    """The cells of one Markdown row, unescaped."""
    return [re.sub(r"\\(.)", r"\1", cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


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
    """Widths in characters: the widest columns wrap between words until the table fits, if it can."""
    columns = list(zip(*rows, strict=True))
    least = [max(len(word) for cell in column for word in cell.split()) for column in columns]
    widths = [max(map(len, column)) for column in columns]
    while sum(widths) + BETWEEN * len(widths) > width and widths != least:
        widest = max((i for i in range(len(widths)) if widths[i] > least[i]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths
