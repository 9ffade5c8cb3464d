"""How a command speaks to its user: errors in one line, on any terminal, whatever its encoding."""

import codecs
import sys
import unicodedata

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
