"""What every command line shares: the parser, common options, the exit status, messages."""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from experiments import names
from experiments.errors import UserError, of_the_system, printable


class Parser(argparse.ArgumentParser):
    """A command line that says in one line what is wrong with it.

    A word as make passes it, `KEEP_MODELS=best`, stands for the argument of that name.
    """

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - argparse's own
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)
        self.arguments: dict[str, argparse.Action] = {}

    def add_argument(self, *names_: str, **settings: Any) -> argparse.Action:  # noqa: ANN401
        """Add one, and know it by its name."""
        action = super().add_argument(*names_, **settings)
        if hasattr(self, "arguments"):  # --help comes before
            self.arguments[action.dest] = action
        return action

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        if missing := re.fullmatch(r"the following arguments are required: (\w+).*", message):
            in_make = f" (in make: {missing[1].upper()}=…)" if missing[1] in self.arguments else ""
            message = f"{missing[1]} is missing{in_make}"
        self.exit(2, f"error: {message}; --help tells what there is\n")

    def as_options(self, words: Sequence[str]) -> list[str]:
        """The words with make's variables as options, and first of all as positional arguments.

        Raises:
            UserError: a variable that the command does not take, or an empty one.
        """
        given = dict(word.split("=", 1) for word in words if MAKE_VARIABLE.match(word))
        others = [word for word in words if not MAKE_VARIABLE.match(word)]
        positional, options = [], []
        for name, value in given.items():
            action = self.arguments.get(name.lower())
            if action is None or action.nargs == 0:
                takes = [each for each, other in self.arguments.items() if other.nargs != 0]
                known = ", ".join(sorted(map(str.upper, takes)))
                raise UserError(f"{self.prog.rpartition(' ')[2]} takes no {name}; it takes {known}, and ARGS")
            if not value.strip():
                raise UserError(f"{name}= is empty; give it a value or leave it out")
            if action.option_strings:
                options.append(f"{action.option_strings[-1]}={value}")
        for name, action in self.arguments.items():
            if not action.option_strings and name.upper() in given:
                positional.append(given[name.upper()])
        return [*positional, *options, *others]


MAKE_VARIABLE = re.compile(r"[A-Z][A-Z_]*=")


@dataclass(frozen=True)
class Command:
    """A command of `python -m experiments`: what its help says, its arguments, and what it does.

    example: its words after `python -m experiments`; notes: what stands below it in the help.
    """

    description: str
    example: str
    add_options: Callable[[Parser], None]
    run: Callable[[argparse.Namespace], int]
    notes: str = ""


def exit_status(command: Callable[[], int]) -> int:
    """Run a command; what is wrong outside the program becomes one line and status 2, Ctrl-C status 1."""
    try:
        return command()
    except UserError as error:
        print(f"error: {names.without_secrets(str(error))}", file=sys.stderr)
        return 2
    except OSError as error:
        # A disk that is full, a file that may not be read: the program is not to blame, and cannot go on.
        print(f"error: {printable(of_the_system(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing was lost", file=sys.stderr)
        return 1


READING_HELP = {
    "near_duplicates": "copies of a photograph: on one side of a split, or wherever they fall",
    "links": "links that leave the folder: refused, or followed",
    "groups": "folders below a class: what belongs together, or nothing",
}


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """The options that name the data of a study."""
    parser.add_argument(
        "--data", help="other data than the study's: a named source, path:FOLDER or path:LIST.csv"
    )
    parser.add_argument(
        "--on-bad",
        choices=("stop", "skip"),
        help="files that cannot be used: stop there, or leave them out (default: as the study says, stop)",
    )
    for field, choices in names.READING.items():
        parser.add_argument(
            f"--{field.replace('_', '-')}",
            choices=choices,
            help=f"{READING_HELP[field]} (default: as the study says, {choices[0]})",
        )


def add_precision(parser: argparse.ArgumentParser) -> None:
    """The option `--precision`."""
    parser.add_argument(
        "--precision",
        choices=names.PRECISIONS,
        help="arithmetic of every arm, in place of the study's own; the word then ends the study's name "
        "(default: as the study says, float32)",
    )


def data_options(options: argparse.Namespace) -> dict[str, str]:
    """The fields of a study's data that the options set."""
    given = {field: getattr(options, field) for field in ("on_bad", *names.READING)}
    return {field: value for field, value in given.items() if value is not None}


def add_set(parser: argparse.ArgumentParser) -> None:
    """The option `--set`."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an argument, for the networks that have it: width=16 say",
    )


def set_arguments(pairs: Iterable[str]) -> dict[str, Any]:
    """The values of `--set`, read as study files are, YAML 1.2: width=16, filters=[16,32].

    Raises:
        UserError: a pair without its equals sign, or a value that is no YAML.
    """
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        try:
            given[name] = YAML(typ="safe", pure=True).load(value)
        except (YAMLError, ValueError):
            equals = ""
        if not equals:
            raise UserError(f"--set {pair}: expected NAME=VALUE, such as width=16 or filters=[16,32]")
    return given


def positive(text: str) -> int:
    """A whole number from 1 up, for argparse."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, not {text!r}")
    return int(text)


SHORTEST_SILENCE = 12.0  # seconds; a trial gives a sign of life every 5


def seconds(text: str) -> float:
    """An option's value: a number from 0 up.

    Raises:
        argparse.ArgumentTypeError: anything else.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number of seconds from 0 up, not {text!r}")
    return value


def silence(text: str) -> float:
    """An option's value: seconds that are longer than a trial is ever silent.

    Raises:
        argparse.ArgumentTypeError: less, or no number.
    """
    value = seconds(text)
    if value < SHORTEST_SILENCE:
        raise argparse.ArgumentTypeError(f"must be {SHORTEST_SILENCE:g} seconds or more, not {text!r}")
    return value


def say(text: str) -> None:
    """One message to the person at the terminal."""
    print(text, flush=True)
