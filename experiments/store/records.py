"""Small records of a study in the work folder: JSON mappings of which nothing is ever replaced."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from experiments import files
from experiments.errors import UserError

Value = TypeVar("Value", int, str)


def read(file: Path, value: Callable[[Any], Value], what: str, otherwise: str) -> dict[str, Value]:
    """The values by their keys; none where there is no file.

    value: makes one of what JSON holds; what: cannot be read, in the words of an error; otherwise: what
    follows where somebody deletes the file.

    Raises:
        UserError: the record is damaged.
    """
    try:
        return {str(key): value(each) for key, each in json.loads(file.read_text()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UserError(f"{file}: {what} cannot be read ({error}); delete it, and {otherwise}") from None


def add(file: Path, before: Mapping[str, Value], new: Mapping[str, Value]) -> None:
    """Write what is new; a value that was there before stays."""
    merged = {**new, **before}
    if merged != before:
        file.parent.mkdir(parents=True, exist_ok=True)
        files.replace(file, json.dumps(merged, indent=1) + "\n")
