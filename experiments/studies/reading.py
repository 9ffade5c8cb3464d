"""A study file's YAML → validated `Study`; what is wrong is one line with file, line, field and choices."""

import re
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedBase
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, Node

from experiments import words
from experiments.errors import UserError
from experiments.location import ROOT
from experiments.studies.study import Study

LARGEST_FILE = 2**18  # bytes of a file; the longest that ships has 4 KiB
DEEPEST = 30  # levels of nesting
LONGEST_INTEGER = 2048  # bits
MOST_VALUES = 20_000  # with every alias counted as what it stands for


def load_yaml(path: Path) -> Any:  # noqa: ANN401 - whatever stands there
    """The values of a file.

    Raises:
        UserError: not readable, not YAML, or beyond the bounds above; with file and line.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > LARGEST_FILE:
        raise UserError(f"{path}: larger than {LARGEST_FILE // 1024} KiB, which no study file is")
    try:
        text = content.decode("utf-8")
        # Merge keys are expanded while values are made: what they stand for is counted before.
        _count(YAML(typ="safe", pure=True).compose(text), {})
        values = YAML(typ="safe", pure=True).load(text)
        _check_size(values)
    except UnicodeDecodeError:
        raise UserError(f"{path}: not a text file in UTF-8") from None
    except RecursionError:
        raise UserError(f"{path}: nested deeper than {DEEPEST} levels") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise UserError(f"{path}{where}: not valid YAML: {_one_line(problem)}") from None
    except _TooLargeError as error:
        raise UserError(f"{path}: {error}") from None
    except Exception as error:
        # A date such as 2026-13-45, a number of five thousand digits, or a !!tag that does not fit its value.
        raise UserError(f"{path}: not valid YAML: a value cannot be read ({_one_line(error)})") from None
    return values


class _TooLargeError(Exception):
    """Values beyond the bounds of this module."""


def _count(node: Node | None, known: dict[int, int]) -> int:
    """How many values a node stands for, aliases and merge keys expanded; known: by node, as far as counted.

    Raises:
        _TooLargeError: more than MOST_VALUES, or an alias of itself.
    """
    if node is None:
        return 0
    if id(node) in known:
        if not known[id(node)]:
            raise _TooLargeError("contains an alias of itself")
        return known[id(node)]
    known[id(node)] = 0
    inner = node.value if isinstance(node, CollectionNode) else ()
    parts = [part for each in inner for part in (each if isinstance(each, tuple) else (each,))]
    total = 1 + sum(_count(part, known) for part in parts)
    if total > MOST_VALUES:
        raise _TooLargeError(f"stands for more than {MOST_VALUES:,} values")
    known[id(node)] = total
    return total


def _check_size(document: Any) -> None:  # noqa: ANN401
    """Refuse values that are nested too deep, too many once aliases are expanded, or beyond printing."""
    waiting = [(document, 0)]
    count = 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if depth > DEEPEST:
            raise _TooLargeError(f"nested deeper than {DEEPEST} levels")
        if count > MOST_VALUES:
            raise _TooLargeError(f"stands for more than {MOST_VALUES:,} values")
        if isinstance(value, dict):
            waiting += [(inner, depth + 1) for pair in value.items() for inner in pair]
        elif isinstance(value, list | tuple | set):
            waiting += [(inner, depth + 1) for inner in value]
        elif isinstance(value, int) and value.bit_length() > LONGEST_INTEGER:
            raise _TooLargeError(f"an integer of more than {LONGEST_INTEGER} bits")


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:200]


LONGEST_SHOWN = 60  # characters of a wrong value
STUDIES = ROOT / "experiments" / "studies"


def find(name: str) -> Path:
    """The study file of a name ("compare") or path ("my/study.yaml").

    Raises:
        UserError: no such file; lists the studies that exist.
    """
    for path in (Path(name), STUDIES / f"{name}.yaml"):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in STUDIES.glob("*.yaml")))
    raise UserError(f"no study file {name!r}; give a path to a .yaml file or one of: {known}")


def load(path: Path) -> dict[str, Any]:
    """The raw mapping of a study file.

    Raises:
        UserError: not YAML, or not a mapping.
    """
    document = load_yaml(path)
    if not isinstance(document, dict):
        raise UserError(f"{path}: a study file is a mapping with name, question, data, models, …")
    return document


def parse(document: dict[str, Any], path: Path | str) -> Study:
    """Validate a raw study.

    Raises:
        UserError: the first problem, with its file, line and field, and how many more there are.
    """
    try:
        return Study.model_validate(document)
    except ValidationError as error:
        # A mistyped field is also a missing one: the typing error is what the user must see.
        problems = sorted(
            error.errors(include_url=False), key=lambda problem: problem["type"] != "extra_forbidden"
        )
        first = problems[0]
        field = ".".join(str(part) for part in first["loc"])
        # The message of a check of the whole study begins with the field.
        begin = None if field else re.match(r"(\w+(?:\.[\w-]+)*): ", _message(first))
        parts = [int(part) if part.isdecimal() else part for part in begin[1].split(".")] if begin else []
        line = _line(Path(path), first["loc"] or tuple(parts))
        more = f" (and {_errors(len(problems) - 1)} more)" if len(problems) > 1 else ""
        where = f"{path}:{line}" if line else f"{path}"
        prefix = f"{where}: {field}: " if field else f"{where}: "
        raise UserError(prefix + _message(first) + more) from None


def _errors(count: int) -> str:
    return "1 error" if count == 1 else f"{count} errors"


def _message(problem: dict[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        *parents, name = problem["loc"]
        return words.unknown("unknown field", str(name), sorted(_fields(Study, parents)))
    if problem["type"] in ("dict_type", "model_type"):
        return "expected indented lines of `name: value`, without dashes"
    if problem["type"] == "missing":
        return "this field is required"
    text = problem["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    given = problem["input"]
    if isinstance(given, str | int | float | bool) and problem["type"] != "value_error":
        shown = repr(given)
        text += f", not {shown if len(shown) <= LONGEST_SHOWN else shown[:LONGEST_SHOWN] + '…'}"
    return text[0].lower() + text[1:]


def _fields(model: type[BaseModel], path: list[Any]) -> list[str]:
    """The fields of the model that lies at `path` below `model`, as study files call them."""
    current: Any = model
    for part in path:
        if typing.get_origin(current) is dict:
            current = typing.get_args(current)[1]  # part is a key: the label of an arm
        else:
            current = current.model_fields[part].annotation
        if isinstance(current, types.UnionType):
            current = typing.get_args(current)[0]  # `Tune | None`
    return [field.alias or name for name, field in current.model_fields.items()]


def _line(path: Path, location: tuple[Any, ...]) -> int | None:
    """The line (from 1) of the deepest part of `location` that stands in the file, or None."""
    if not path.is_file():
        return None
    here, line = YAML().load(path), None
    for part in location:
        marks = here.lc.data if isinstance(here, CommentedBase) else None
        if not marks or part not in marks:
            break
        line, here = marks[part][0] + 1, here[part]
    return line
