"""Words for numbers in reports: targets, signed gaps, seeds, scaled counts, seconds, lists, cells."""

import math
from collections.abc import Iterable, Sequence


class Cell(str):
    """A cell of a table as people read it, with the number that it stands for: the page sorts by that."""

    number: float  # NaN: none

    def __new__(cls, text: str, number: float) -> "Cell":
        """The text with its number."""
        cell = super().__new__(cls, text)
        cell.number = float(number)
        return cell


def amount(value: float, unit: str) -> str:
    """Two digits that count and no power of ten: `0.069 ms`, `4.4 ms`, `170 MiB`; `–` where it is unknown."""
    if math.isnan(value):
        return "–"
    return f"{value:.2g} {unit}" if value < 99.5 else f"{value:,.0f} {unit}"


def target(accuracy: float) -> str:
    """`0.80`; more digits only where the study file has them."""
    return f"{accuracy:.2f}" if round(accuracy, 2) == accuracy else f"{accuracy:g}"


def signed(gap: float) -> str:
    """`+0.081` or `−0.012`, with the minus that axes have."""
    return f"{gap:+z.3f}".replace("-", "−")


def seeds(values: Iterable[int]) -> str:
    """`0–4` for a range, `0, 2, 5` otherwise."""
    known = sorted({int(value) for value in values})
    if len(known) > 2 and known[-1] - known[0] == len(known) - 1:
        return f"{known[0]}–{known[-1]}"
    return ", ".join(map(str, known))


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *before, last = list(parts)
    return f"{', '.join(before)} and {last}" if before else last


def scaled(value: float) -> str:
    """A count to three digits: 11,173,962 is `11.2 M`; a tenth of a unit is enough for it: 0.34 G."""
    if math.isnan(value):
        return "–"
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size / 10:
            return f"{value / size:.3g}{unit}" if value < 1000 * size else f"{value / size:,.0f}{unit}"
    return f"{value:.0f}"


def seconds(value: float) -> str:
    """`3.4 s`, `120 s`; `–` where it is unknown."""
    if math.isnan(value):
        return "–"
    if 0 < value < 0.05:
        return "< 0.1 s"
    return f"{value:.1f} s" if value < 10 else f"{value:,.0f} s"
