"""What differs between the arms' recipes, told whole, so that a reader can judge how fair a comparison is."""

import json
from collections import Counter
from collections.abc import Collection

import pandas as pd

from experiments import names

VARIED = "varied"  # stands for the values of a field that the study's grid varies
TUNED = "tuned"  # stands for a learning rate that the sweep chose, which `reports.tuning` tells
UNKNOWN = "not recorded"  # a run from before the field existed


def departures(runs: pd.DataFrame, tuned: Collection[str] = ()) -> list[str]:
    """A line for each arm whose recipe is not that of most arms, with the fields and both sides' values.

    runs: as in `reports.runs.Record`. Where two values are held by equally many arms, the first arm's is the
    usual one. A field that an arm's own setting names is no departure of this arm, nor is the learning rate
    of an arm in `tuned`: the same sweep chose it for each.
    """
    by_arm = runs.sort_values("arm_order", kind="stable").groupby("arm", sort=False)
    table = pd.DataFrame.from_dict(
        {arm: held(arm, rows, arm in tuned) for arm, rows in by_arm}, orient="index"
    )
    table = table.fillna(UNKNOWN)  # a row an arm, a column a field
    usual = {field: Counter(table[field]).most_common(1)[0][0] for field in sorted(table)}
    lines = []
    for arm, own in table.iterrows():
        told = [
            f"{field} {own[field]} (others {' / '.join(table[field].drop(arm).unique())})"
            for field, value in usual.items()
            if own[field] not in (value, VARIED, TUNED)
        ]
        if told:
            lines.append(f"{arm} trains by another recipe: {', '.join(told)}")
    return lines


def held(arm: str, runs: pd.DataFrame, tuned: bool) -> dict[str, str]:
    """An arm's value of each field; VARIED where its settings name the field, or a mapping that holds it."""
    named = {name for setting in runs["setting"].unique() for name in names.assignments(setting)}
    held = pd.DataFrame(map(json.loads, runs["recipe"])).fillna(UNKNOWN)
    recipe = {}
    for field in held:
        paths = (f"recipe.{field}.", f"models.{arm}.recipe.{field}.")
        varied = any(path.startswith(f"{name}.") for path in paths for name in named)
        recipe[field] = VARIED if varied else " / ".join(held[field].unique())
    return recipe | ({names.LEARNING_RATE: TUNED} if tuned else {})
