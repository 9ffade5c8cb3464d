"""How a command tells its user that an input cannot be used: one line, exit status 2, no traceback."""

import sys
from collections.abc import Callable


class UserError(Exception):
    """Something outside the program is wrong: says what, where, and what to do, in one line."""


def exit_status(command: Callable[[], int]) -> int:
    """Run a command; a `UserError` becomes one line on stderr and status 2, Ctrl-C status 1."""
    try:
        return command()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing was lost", file=sys.stderr)
        return 1
