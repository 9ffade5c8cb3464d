"""The grid of a study: what a run's setting assigns, and which settings meet at a point of the grid; pure.

A run's setting names only the varied fields that touch its arm, so that an arm without a width stands beside
every width of another one.
"""

import re
from collections.abc import Iterable

# A value may hold commas itself: the next assignment begins with a dotted name and "=".
BETWEEN = re.compile(r", (?=[a-z_]\w*(?:\.[\w-]+)+=)")
MOST_APART = 6  # points of a grid that get figures of their own; a larger grid is drawn as one


def assignments(setting: str) -> dict[str, str]:
    """`data.train=250, models.cnn.arguments.filters=[8, 16]` as a mapping; empty for an empty setting."""
    return dict(part.split("=", 1) for part in BETWEEN.split(setting) if part)


def points(settings: Iterable[str]) -> dict[str, list[str]]:
    """Each full setting, part of no other, with the settings that fit it: itself and its parts."""
    assigned = {setting: assignments(setting).items() for setting in settings}
    return {
        full: [setting for setting, items in assigned.items() if items <= whole]
        for full, whole in assigned.items()
        if not any(whole < other for other in assigned.values())
    }


def readable(setting: str, among: Iterable[str] = ()) -> str:
    """A setting as people read it, `train=250, filters=[8, 16]`: fields by their last names.

    A field whose last name is also that of another field, here or in the settings `among`, keeps as much of
    its path as tells the two apart.
    """
    fields = {field for each in (setting, *among) for field in assignments(each)}
    return ", ".join(f"{_shortest(field, fields)}={value}" for field, value in assignments(setting).items())


def _shortest(field: str, fields: set[str]) -> str:
    names = field.split(".")
    ends = (".".join(names[-length:]) for length in range(1, len(names)))
    alone = (end for end in ends if sum(f".{other}".endswith(f".{end}") for other in fields) == 1)
    return next(alone, field)
