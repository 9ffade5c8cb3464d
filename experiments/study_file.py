"""YAML text → validated `Study`; whatever is wrong becomes one line with file, line, field and choices."""

import difflib
import re
import types
import typing
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from experiments import yaml_text
from experiments.errors import UserError
from experiments.study import Study

LONGEST_SHOWN = 60  # characters of a wrong value
STUDIES = Path(__file__).parent / "studies"


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
    document = yaml_text.load(path)
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
    return list(current.model_fields)


def _line(path: Path, location: tuple[Any, ...]) -> int | None:
    """The line (from 1) of the deepest part of `location` that stands in the file, or None."""
    if not path.is_file():
        return None
    node = yaml_text.compose(path)
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
