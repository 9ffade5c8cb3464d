"""Tables as Markdown that is readable as plain text too."""

import re
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
