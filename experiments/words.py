"""Words for numbers: durations, amounts, counts; and the line of progress that a child tells."""

import difflib
import sys
import time
from collections.abc import Iterable

PLAIN_LINE_SECONDS = 15.0  # between two lines of overall progress in a pipe


def duration(seconds: float) -> str:
    """To two units at most, as a forecast is: `45 s`, `12 min 30 s`, `2 h 5 min`, `1.9 days`."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 20 * 60:
        return f"{seconds // 60} min {seconds % 60} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    days = minutes / (24 * 60)
    return f"{days:.1f} days" if days < 10 else f"{days:.0f} days"


def macs_amount(macs: float) -> str:
    """Multiply-accumulates with their unit: `7.1 T MACs`."""
    return f"{macs / 1e12:,.1f} T MACs" if macs >= 1e11 else f"{macs / 1e9:,.1f} G MACs"


def bytes_amount(size: float) -> str:
    """`512 MiB`, `2.5 GiB`."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def file_count(count: int) -> str:
    """`1 file`, `2,000 files`."""
    return "1 file" if count == 1 else f"{count:,} files"


def counted(count: int, what: str) -> str:
    """`1 seed`, `8 seeds`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def unknown(what: str, name: str, known: Iterable[str], meant: str = "") -> str:
    """The message about a name that is none of the known ones: the one that was meant or is nearest, and all.

    what: begins the message, such as `unknown arm 'resnet'`.
    """
    choices = list(known)
    nearest = meant or next(iter(difflib.get_close_matches(name, choices, n=1)), "")
    hint = f"did you mean {nearest!r}? " if nearest else ""
    return f"{what}; {hint}choose from: {', '.join(choices)}"


SIGN = "… "  # begins a line of progress that a child tells


def tell(line: str) -> None:
    """A line of progress to the parent."""
    print(f"{SIGN}{line}", file=sys.stderr, flush=True)


class Passed:
    """Passes on a child's lines of progress: in one place on a terminal, now and then in a pipe."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._shown = False

    def clear(self) -> None:
        """Take the line away that stands on the terminal."""
        if self._shown:
            print(f"{'':79}", end="\r", file=sys.stderr, flush=True)

    def __call__(self, line: str) -> None:
        """Show the line if it is one of progress, and its time has come."""
        if not line.startswith(SIGN):
            return
        if sys.stderr.isatty():
            print(f"{line:79}", end="\r", file=sys.stderr, flush=True)
            self._shown = True
        elif time.monotonic() - self._last >= PLAIN_LINE_SECONDS:
            self._last = time.monotonic()
            print(line, file=sys.stderr, flush=True)
