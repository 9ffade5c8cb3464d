"""A study file's YAML → validated `Study`; what is wrong is one line with file, line, field and choices."""

import difflib
import re
import types
import typing
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

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
    except UnicodeDecodeError:
        raise UserError(f"{path}: not a text file in UTF-8") from None
    try:
        _check(text, path)
        return _bounded(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be parsed"
        raise UserError(f"{path}{where}: not valid YAML: {_one_line(problem)}") from None
    except (ValueError, OverflowError, TypeError, KeyError, AttributeError) as error:
        # A date such as 2026-13-45, a number of five thousand digits, or a !!tag that does not fit its value.
        raise UserError(f"{path}: not valid YAML: a value cannot be read ({_one_line(error)})") from None


def compose(path: Path) -> yaml.Node | None:
    """The nodes of a file that `load` has accepted, with their lines."""
    return yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)


def _check(text: str, path: Path) -> None:
    depth = 0
    # Events come without recursion, so that depth is known before anything recurses.
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise UserError(f"{path}:{event.start_mark.line + 1}: nested deeper than {DEEPEST} levels")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is not None:
        _count(root, path, {})


def _count(node: yaml.Node, path: Path, known: dict[int, int]) -> int:
    """The values below a node, aliases expanded; refuses too many, an alias of itself, and equal keys."""
    line = node.start_mark.line + 1
    if id(node) in known:
        if not known[id(node)]:
            raise UserError(f"{path}:{line}: contains an alias of itself")
        return known[id(node)]
    known[id(node)] = 0
    total = 1
    seen: set[str] = set()
    inner = node.value if isinstance(node, yaml.CollectionNode) else ()
    for entry in inner:
        key, value = entry if isinstance(entry, tuple) else (None, entry)
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise UserError(
                    f"{path}:{key.start_mark.line + 1}: {_one_line(key.value)}: stands here twice"
                )
            seen.add(key.value)
        total += _count(value, path, known) + (0 if key is None else _count(key, path, known))
        if total > MOST_VALUES:
            raise UserError(f"{path}:{line}: stands for more than {MOST_VALUES:,} values")
    known[id(node)] = total
    return total


def _bounded(value: Any) -> Any:  # noqa: ANN401
    """The value as it is; an integer that Python does not even print is refused.

    Raises:
        ValueError: such an integer.
    """
    if isinstance(value, dict):
        for pair in value.items():
            _bounded(pair)
    elif isinstance(value, list | tuple | set):
        for each in value:
            _bounded(each)
    elif isinstance(value, int) and value.bit_length() > LONGEST_INTEGER:
        raise ValueError(f"an integer of more than {LONGEST_INTEGER} bits")
    return value


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
        # What only the study as a whole can tell has its field in the message.
        told = re.match(r"(\w+(?:\.[\w-]+)*): ", _message(first)) if not field else None
        parts = [int(part) if part.isdecimal() else part for part in told[1].split(".")] if told else []
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
        fields = sorted(_fields(Study, parents))
        close = difflib.get_close_matches(str(name), fields, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return f"unknown field; {hint}choose from: {', '.join(fields)}"
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
    """The field names of the model that lies at `path` below `model`."""
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
    node = compose(path)
    line = None
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                break
            key, node = found[0]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
