"""The arguments of a network as a command line gives them: `--set width=16`, and the stem that fits a size.

What is set goes to the networks that have the argument; the others keep theirs.
"""

import argparse
from collections.abc import Iterable
from typing import Any

import yaml

from experiments import catalog
from experiments.errors import UserError

SHORTEST_SILENCE = 12.0  # seconds; a trial gives a sign of life every 5
SMALL_STEM_BELOW = 64  # pixels: the ImageNet stem leaves a quarter of height and width


def add_to(parser: argparse.ArgumentParser) -> None:
    """The option `--set`."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an argument, for the networks that have it: width=16 say",
    )


def settings(pairs: Iterable[str]) -> dict[str, Any]:
    """The values of `--set`, read as YAML: width=16, filters=[16,32].

    Raises:
        UserError: a pair without its equals sign, or a value that is no YAML.
    """
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        try:
            given[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            equals = ""
        if not equals:
            raise UserError(f"--set {pair}: expected NAME=VALUE, such as width=16 or filters=[16,32]")
    return given


def check(models: Iterable[str], given: dict[str, Any]) -> None:
    """Look at settings before anything is built with them.

    Raises:
        UserError: an unknown model, a setting that no model has, or a value of the wrong type.
    """
    known = {name for model in models for name in at_size(model, 0, given)}
    for name in given:
        if name not in known:
            choices = ", ".join(sorted(known))
            raise UserError(f"--set {name}: no such argument of these networks; choose from: {choices}")


def at_size(model: str, size: int, given: dict[str, Any]) -> dict[str, Any]:
    """All arguments of a model: the small stem for small images where it has one, then what is given.

    Raises:
        UserError: an unknown model, or a value of the wrong type.
    """
    try:
        own = catalog.complete_arguments(model, {})
        stem = {"stem": "small"} if "stem" in own and size < SMALL_STEM_BELOW else {}
        fitting = {name: value for name, value in given.items() if name in own}
        return catalog.complete_arguments(model, stem | fitting)
    except ValueError as error:
        raise UserError(str(error)) from None


def positive(text: str) -> int:
    """A whole number from 1 up, for argparse."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, not {text!r}")
    return int(text)


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
