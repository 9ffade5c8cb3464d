"""YAML that may be hostile → plain values: bounded in size, depth and what its aliases expand to.

`yaml.safe_load` makes no objects, but it lets nine lines of aliases stand for a billion values, and of two
equal keys it takes the second without a word.
"""

from pathlib import Path
from typing import Any

import yaml

from experiments.errors import UserError

LARGEST = 2**18  # bytes of a file; the longest that ships has 4 KiB
DEEPEST = 30  # levels of nesting
LONGEST_INTEGER = 2048  # bits
MOST_VALUES = 20_000  # with every alias counted as what it stands for


def load(path: Path) -> Any:  # noqa: ANN401 - whatever stands there
    """The values of a file.

    Raises:
        UserError: not readable, not YAML, or beyond the bounds above; with file and line.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > LARGEST:
        raise UserError(f"{path}: larger than {LARGEST // 1024} KiB, which no study file is")
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
