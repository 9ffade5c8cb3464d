"""The grid of a study as text: which varied fields concern an arm, and the name of a setting."""

from collections.abc import Mapping
from typing import Any


def concerns(path: str, label: str) -> bool:
    """Whether a varied field changes the arm of this label."""
    place, _, rest = path.partition(".")
    return place != "models" or rest.partition(".")[0] == label


def setting(point: Mapping[str, Any], label: str) -> str:
    """The setting of an arm at a point of the grid: `data.train=250, recipe.epochs=5`."""
    return ", ".join(f"{path}={value}" for path, value in point.items() if concerns(path, label))
