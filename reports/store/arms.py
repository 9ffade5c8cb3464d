"""What people call the arms of a study, and what kind of network each is, as the store has it."""

import json
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from experiments import names


class Arm(NamedTuple):
    """An arm for readers.

    family: what networks have in common, by a word of the catalog; rank: within it, the shallow and the early
    first; twin: a residual network without its shortcuts.
    """

    title: str
    family: str
    rank: int
    twin: bool


def read(tags: Mapping[str, str]) -> dict[str, Arm]:
    """The arms by their names in the study file; what somebody edited, or no store had yet, is left out."""
    try:
        stated = json.loads(tags.get(names.ARMS, "{}")).items()
    except (ValueError, AttributeError):
        return {}
    found = {}
    for name, value in stated:
        match value:
            case [str(title), str(family), int(rank), bool(twin)] if title:
                found[name] = Arm(title, family, rank, twin)
    titles = [arm.title for arm in found.values()]
    return {name: arm for name, arm in found.items() if titles.count(arm.title) == 1}


def by_arm(frame: pd.DataFrame, column: str = "arm") -> list[tuple[str, pd.DataFrame]]:
    """The rows of each arm, in study order; column: what names it.

    Not by position: arms that came with different versions of a study file may share one.
    """
    found = [(str(name), rows) for name, rows in frame.groupby(column, sort=False)]
    return sorted(found, key=lambda each: each[1]["arm_order"].min())
