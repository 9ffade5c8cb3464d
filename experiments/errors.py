"""How a command tells its user that an input cannot be used: one line, exit status 2, no traceback."""

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn

from experiments import names


class UserError(Exception):
    """Something outside the program is wrong: says what, where, and what to do, in one line.

    What comes from files or names stays text: a character that a terminal would act on is written out.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def printable(text: str) -> str:
    """The text with characters that a terminal would act on written out."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


class Parser(argparse.ArgumentParser):
    """A command line that says in one line what is wrong with it."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, f"error: {message}; --help tells what there is\n")


def exit_status(command: Callable[[], int]) -> int:
    """Run a command; what is wrong outside the program becomes one line and status 2, Ctrl-C status 1."""
    try:
        return command()
    except UserError as error:
        print(f"error: {names.without_secrets(str(error))}", file=sys.stderr)
        return 2
    except OSError as error:
        # A disk that is full, a file that may not be read: the program is not to blame, and cannot go on.
        where = f"{error.filename}: " if error.filename else ""
        print(f"error: {where}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing was lost", file=sys.stderr)
        return 1
