"""The grid of a study: which settings meet at a point of it; pure.

A run's setting names only the varied fields that touch its arm, so that an arm without a width stands beside
every width of another one.
"""

from collections.abc import Iterable

from experiments import names

MOST_APART = 6  # points of a grid that get figures of their own; a larger grid is drawn as one


def points(settings: Iterable[str]) -> dict[str, list[str]]:
    """Each full setting, part of no other, with the settings that fit it: itself and its parts."""
    assigned = {setting: names.assignments(setting).items() for setting in settings}
    return {
        full: [setting for setting, items in assigned.items() if items <= whole]
        for full, whole in assigned.items()
        if not any(whole < other for other in assigned.values())
    }
