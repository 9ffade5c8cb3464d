"""What was measured, as tables: on the terminal, and in docs/performance.md, a part at a time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

MARK = "<!-- {name} -->"
END = "<!-- end of {name} -->"


@dataclass(frozen=True)
class Part:
    """One subject: a heading, how it was measured, a table, and the numbers for programs."""

    title: str
    method: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Mapping[str, Any]
    notes: Sequence[str] = ()


def ratio(values: Sequence[float]) -> str:
    """`1.15 (1.12–1.21)`: the median over rounds, the least and the most."""
    if not values:
        return "–"
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def table(part: Part) -> str:
    """As Markdown, columns of one width."""
    lines = [list(part.header), *map(list, part.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(part.header))]

    def row(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join([first, *others])} |"

    rule = "|".join([f":{'-' * (widths[0] + 1)}", *(f"{'-' * (width + 1)}:" for width in widths[1:])])
    return "\n".join([row(lines[0]), f"|{rule}|", *map(row, lines[1:])])


def text(part: Part) -> str:
    """The table with its method and notes."""
    return "\n\n".join([part.method, table(part), *part.notes])


def write(file: Path, parts: Mapping[str, Part], about: Mapping[str, Any]) -> None:
    """Put each part between its marks; parts that were not measured stay as they are."""
    content = file.read_text(encoding="utf-8")
    command = f'make bench ARGS="--rounds {about["rounds"]} --to {file.as_posix()}"'
    for name, part in parts.items():
        told = (
            f"`{command}` on {about['machine']}, {about['versions']}, {about['date']}, results version "
            f"{about['results_version']}"
        )
        inside = "\n\n".join([MARK.format(name=name), text(part), f"{told}.", END.format(name=name)])
        pattern = re.compile(f"{MARK.format(name=name)}.*?{END.format(name=name)}", re.DOTALL)
        if not pattern.search(content):
            raise ValueError(f"{file}: no marks of {name}")
        content = pattern.sub(lambda _, inside=inside: inside, content)
    file.write_text(content, encoding="utf-8")
