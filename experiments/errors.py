"""How a command tells its user that an input cannot be used: one line, exit status 2, no traceback."""


class UserError(Exception):
    """Something outside the program is wrong: says what, where, and what to do, in one line.

    What comes from files or names stays text: a character that a terminal would act on is written out.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def printable(text: str) -> str:
    """The text with characters that a terminal would act on written out."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
