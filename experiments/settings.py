"""The text of a setting, written and read: which varied fields concern an arm, and what they are set to."""

import re
from collections.abc import Iterable, Mapping
from typing import Any


def concerns(path: str, label: str) -> bool:
    """True if a varied field changes the arm of this label."""
    part, _, rest = path.partition(".")
    return part != "models" or rest.partition(".")[0] == label


def setting(point: Mapping[str, Any], label: str) -> str:
    """The setting of an arm at a point of the grid: `data.train=250, recipe.epochs=5`."""
    return ", ".join(f"{path}={value}" for path, value in point.items() if concerns(path, label))


# A value may hold commas itself: the next assignment begins with a name and "=".
_NEXT_DOTTED = re.compile(r", (?=[a-z_]\w*(?:\.[\w-]+)+=)")
_NEXT = re.compile(r", (?=[a-z_][\w.-]*=)")


def assignments(setting: str) -> dict[str, str]:
    """`data.train=250, models.cnn.arguments.filters=[8, 16]` as a mapping; empty for an empty setting."""
    return dict(part.split("=", 1) for part in _NEXT_DOTTED.split(setting) if part)


def written(text: str) -> dict[str, str]:
    """The same of a text that people write, `train=250, filters=[8, 16]`, whose names may be short.

    Raises:
        ValueError: a part without its equals sign.
    """
    pairs = [part.partition("=") for part in _NEXT.split(text) if part]
    for name, equals, _ in pairs:
        if not equals:
            raise ValueError(f"{name!r}: a setting is written FIELD=VALUE")
    return {name.strip(): value.strip() for name, _, value in pairs}


def readable(setting: str, among: Iterable[str] = ()) -> str:
    """A setting as people read it, `train=250, filters=[8, 16]`: fields by their last names.

    A field whose last name is also that of another field, here or in the settings `among`, keeps as much of
    its path as tells the two apart.
    """
    fields = {field for each in (setting, *among) for field in assignments(each)}
    return ", ".join(f"{_shortest(field, fields)}={value}" for field, value in assignments(setting).items())


def _shortest(field: str, fields: set[str]) -> str:
    parts = field.split(".")
    ends = (".".join(parts[-length:]) for length in range(1, len(parts)))
    alone = (end for end in ends if sum(f".{other}".endswith(f".{end}") for other in fields) == 1)
    return next(alone, field)
