"""All that differs between the arms of a study, and what is the same for all: how fair is the comparison."""

import json
from collections import Counter
from collections.abc import Collection, Mapping

import pandas as pd

from experiments import names, settings
from reports.store.record import Record
from reports.words import scaled, seconds

ABSENT = "–"
MOST_COLUMNS = 6  # of arms side by side


def table(record: Record) -> tuple[list[str], list[list[str]]]:
    """Its header and rows: of fields in which two arms differ, a column an arm, or a row.

    Model, arguments, recipe, costs, and how many trials chose the learning rate. A value that the study's
    grid varies for an arm reads "varied".
    """
    fields = _fields(record)
    differing = fields[fields.nunique(axis=1) > 1]
    first = "Field"
    if len(differing.columns) > max(MOST_COLUMNS, len(differing)):
        differing, first = differing.T, "Arm"
    return [first, *map(str, differing.columns)], [[str(row[0]), *row[1:]] for row in differing.itertuples()]


def alike(record: Record) -> list[tuple[str, str]]:
    """What is the same for all arms: each field with its value, or what the study varies of it for all."""
    fields = _fields(record)
    same = fields[fields.nunique(axis=1) == 1]
    found = [(str(row[0]), str(row[1])) for row in same.itertuples()] if len(fields.columns) > 1 else []
    columns = {
        "data digests": "data_digest",
        "test digests": "test_digest",
        "seeds": "seed",
        "threads a trial": "threads",
    }
    for name, column in columns.items():
        sets = {tuple(sorted(map(str, runs[column].unique()))) for _, runs in record.runs.groupby("arm")}
        if len(sets) == 1:
            found.append((name, ", ".join(each[:12] for each in sets.pop() if each) or ABSENT))
    return found


def _fields(record: Record) -> pd.DataFrame:
    """A row a field, a column an arm; the network first, then its arguments, the recipe, what it costs."""
    by_arm = record.runs.sort_values("arm_order", kind="stable").groupby("arm", sort=False)
    columns = {record.title(str(arm)): _values_of(str(arm), runs, record) for arm, runs in by_arm}
    fields = pd.DataFrame.from_dict(columns, orient="columns").fillna(ABSENT)
    order = {"network": 0, "arguments": 1, "recipe": 2}
    return fields.sort_index(
        key=lambda names: names.map(lambda each: order.get(each.split(".")[0], 3)), kind="stable"
    )


def _values_of(arm: str, runs: pd.DataFrame, record: Record) -> Mapping[str, str]:
    """The fields of one arm with their values."""
    tuned = record.tuning[record.tuning["arm"] == arm]
    arguments = pd.DataFrame(map(json.loads, runs["arguments"]))
    values = {
        "network": _values(runs["model"]),
        **{f"arguments.{name}": _values(arguments[name].dropna()) for name in arguments},
        **{f"recipe.{name}": value for name, value in recipe_values(arm, runs, bool(len(tuned))).items()},
        "parameters": _values(runs[names.PARAMETERS].map(scaled)),
        "forward MACs": _values(runs[names.MACS].map(scaled)),
        "training, a trial": seconds(runs[names.TRAIN_SECONDS].mean()),
        "images seen, a trial": _values(runs[names.IMAGES_SEEN].map("{:,.0f}".format)),
    }
    if len(record.tuning):
        values["trials that chose its learning rate"] = str(len(tuned))
        values["learning rate chosen"] = _values(runs["learning_rate"].map("{:g}".format))
    return values


def _values(values: pd.Series) -> str:
    known = list(dict.fromkeys(map(str, values)))
    return " / ".join(known) if len(known) <= 6 else f"{known[0]} … {known[-1]} ({len(known)} values)"


VARIED = "varied"  # stands for the values of a field that the study's grid varies
TUNED = "tuned"  # stands for a learning rate that the sweep chose, see `remarks.tuned_rates`
UNKNOWN = "not recorded"  # a run from before the field existed


def departures(runs: pd.DataFrame, tuned: Collection[str] = ()) -> list[str]:
    """A line for each arm whose recipe is not that of most arms, with the fields and both sides' values.

    runs: as in `record.Record`; frozen encoders have no recipe. Where equally many arms have one of two
    values, the first arm's is the usual one. Neither a field that the arm's setting names is a departure, nor
    the learning rate of an arm in `tuned`: the same sweep chose it for each.
    """
    trained = runs[runs["kind"] != names.FROZEN]
    by_arm = trained.sort_values("arm_order", kind="stable").groupby("arm", sort=False)
    table = pd.DataFrame.from_dict(
        {arm: recipe_values(arm, rows, arm in tuned) for arm, rows in by_arm}, orient="index"
    )
    table = table.fillna(UNKNOWN)  # a row an arm, a column a field
    usual = {field: Counter(table[field]).most_common(1)[0][0] for field in sorted(table)}
    lines, titles = [], runs.groupby("arm")["title"].first()
    for arm, recipe in table.iterrows():
        departing = [
            f"{field} {recipe[field]} (others {' / '.join(table[field].drop(arm).unique())})"
            for field, value in usual.items()
            if recipe[field] not in (value, VARIED, TUNED)
        ]
        if departing:
            lines.append(f"{titles[arm]} trains by another recipe: {', '.join(departing)}")
    return lines


def recipe_values(arm: str, runs: pd.DataFrame, tuned: bool) -> dict[str, str]:
    """An arm's value of each field; VARIED where its settings name the field, or a mapping that holds it."""
    named = {name for setting in runs["setting"].unique() for name in settings.assignments(setting)}
    recipes = pd.DataFrame(map(json.loads, runs["recipe"])).fillna(UNKNOWN)
    recipe = {}
    for field in recipes:
        paths = (f"recipe.{field}.", f"models.{arm}.recipe.{field}.")
        varied = any(path.startswith(f"{name}.") for path in paths for name in named)
        recipe[field] = VARIED if varied else " / ".join(recipes[field].unique())
    return recipe | ({names.LEARNING_RATE: TUNED} if tuned else {})
