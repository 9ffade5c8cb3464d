"""Notes on the data, epochs and recipes of a study, which a reader needs beside its tables; a line each."""

import json
import math

import pandas as pd

from reports import words
from reports.numbers import scores
from reports.store.record import MOST_APART, Record, grid_points
from reports.tables import differences

NO_LEVEL = (
    f"no common training accuracy of at least {scores.LEAST_LEVEL} was reached by all trials with a curve, "
    "so gaps at equal training accuracy are not shown"
)


def lines(record: Record) -> list[str]:
    """All notes on the study, a line each."""
    no_level = [NO_LEVEL] if math.isnan(record.training_level) and _with_curves(record) else []
    tuned = set(record.tuning["arm"])
    return [
        *_shrunk(record),
        *(f"data: {notice}" for notice in record.notices),
        *_epoch_lengths(record.runs),
        *tuned_rates(record),
        *differences.departures(record.runs, tuned),
        *no_level,
        *_undrawn(record),
    ]


def _shrunk(record: Record) -> list[str]:
    if "sizes" not in record.options:
        return []
    return [
        f"data: fewer images than the study asks for ({record.options['sizes']}), so its splits are smaller"
    ]


def _with_curves(record: Record) -> bool:
    return not scores.with_curve(record.epochs).empty


def _epoch_lengths(runs: pd.DataFrame) -> list[str]:
    """The length of an epoch, where it is not one pass over the training images."""
    found = []
    for recipe, sizes in runs.groupby("recipe", sort=False)["train_size"]:
        fields = json.loads(recipe)
        if fields.get("steps", "None") == "None":
            continue
        images = int(fields["steps"]) * int(fields["batch_size"])
        each = [f"{images / size:.3g} over {size:,.0f}" for size in sorted(sizes.unique())]
        passes = f"passes {words.listed(each)} training images"
        found.append(f"an epoch is {fields['steps']} steps, {images:,} images: {passes}")
    return [*dict.fromkeys(found)]


def _undrawn(record: Record) -> list[str]:
    points = len(grid_points(record.runs["setting"].unique()))
    if points <= MOST_APART:
        return []
    return [
        f"the figure settings shows all {points} settings; python -m reports draw {record.study} "
        "--figures convergence draws one figure for each"
    ]


def tuned_rates(record: Record) -> list[str]:
    """How the learning rate of each arm was chosen, in a line; empty where the study has no sweep."""
    sweep = record.tuning
    if sweep.empty:
        return []
    trials = "1 tuning trial" if len(sweep) == 1 else f"{len(sweep)} tuning trials"
    diverged = int(sweep["diverged"].sum())
    lost = f", {diverged} of them diverged" if diverged else ""
    tuned = record.runs[record.runs["arm"].isin(sweep["arm"])].sort_values("arm_order", kind="stable")
    chosen = [
        f"{arm} {_rates(runs['learning_rate'], ' / ')}" for arm, runs in tuned.groupby("arm", sort=False)
    ]
    and_setting = " and setting" if tuned.groupby("arm")["setting"].nunique().max() > 1 else ""
    return [
        f"{trials} (seed {words.seeds(sweep['seed'])}{lost}) chose the learning rate of each arm"
        f"{and_setting} on validation: {', '.join(chosen)} (each of {_rates(sweep['learning_rate'], ', ')})"
    ]


def _rates(rates: pd.Series, between: str) -> str:
    return between.join(f"{rate:g}" for rate in sorted(rates.dropna().unique()))
