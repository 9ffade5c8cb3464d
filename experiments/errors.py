"""How a command speaks to its user: errors in one line, on any terminal, whatever its encoding."""

import codecs
import errno
import os
import sys
import unicodedata
from pathlib import Path

# What our own lines have beyond ASCII, in the letters of every encoding.
PLAIN = {
    "·": "-", "–": "-", "—": "-", "−": "-", "…": "...", "×": "x", "±": "+/-", "≤": "<=", "≥": ">=", "→": "->",
    "“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "√": "sqrt", "█": "#", "━": "-", "•": "*", "≈": "~",
}  # fmt: skip


class UserError(Exception):
    """Something outside the program is wrong: says what, where, and what to do, in one line.

    What comes from files or names stays text: a character that a terminal would act on is written out.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def of_the_system(error: OSError) -> str:
    """What a disk or a file system refuses, and what to do about it where its rights are the reason."""
    where = f"{error.filename}: " if error.filename else ""
    said = f"{where}{error.strerror or error}"
    if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS) or not error.filename:
        return said
    return f"{said} ({rights_to(Path(os.fsdecode(error.filename)))})"


def rights_to(path: Path) -> str:
    """What to do where a file or folder may not be written."""
    places = (path.absolute(), *path.absolute().parents)
    # pathlib raises below a folder that may not be entered.
    known = next((each for each in places if os.path.exists(each)), path)  # noqa: PTH110
    try:
        owner = f"{known} belongs to {known.owner()}; "
    except (OSError, KeyError, NotImplementedError):  # a user without a name; Windows has no owners
        owner = ""
    return (
        f"{owner}let its group write there, as by chmod -R g+w, or name places of your own by --work, "
        "--store and --out: docs/team.md"
    )


def printable(text: str) -> str:
    """The text with characters that a terminal would act on written out."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def speak_plainly() -> None:
    """Let this process print any text on any terminal: what its encoding lacks comes as near as it can."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a test's own stream has no encoding
            stream.reconfigure(errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    """The handler of codecs: our own signs as ASCII, letters without their accents, others as \\uXXXX."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(map(_nearest, text)), error.end


def _nearest(character: str) -> str:
    if character in PLAIN:
        return PLAIN[character]
    letters = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return letters or character.encode("unicode_escape").decode()
