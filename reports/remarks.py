"""What a reader must know beside a study's tables, a line each: of its data, its epochs, its recipes."""

import json
import math

import pandas as pd

from reports import grid, recipes, scores, style, tuning
from reports.runs import Record

NO_LEVEL = (
    f"no common training accuracy of at least {scores.LEAST_LEVEL} was reached by all trials with a curve, "
    "so gaps at equal training accuracy are not told"
)


def of(record: Record) -> list[str]:
    """What a reader must know beside the table, a line each."""
    no_level = [NO_LEVEL] if math.isnan(record.training_level) and _with_curves(record) else []
    tuned = set(record.tuning["arm"])
    return [
        *_shrunk(record),
        *(f"data: {notice}" for notice in record.notices),
        *_of_epochs(record.runs),
        *tuning.facts(record),
        *recipes.departures(record.runs, tuned),
        *no_level,
        *_undrawn(record),
    ]


def _shrunk(record: Record) -> list[str]:
    if "sizes" not in record.asked:
        return []
    return [
        f"data: fewer images than the study asks for ({record.asked['sizes']}), so its splits are smaller"
    ]


def _with_curves(record: Record) -> bool:
    return not scores.with_curve(record.epochs).empty


def _of_epochs(runs: pd.DataFrame) -> list[str]:
    """What an epoch is where it is no pass over the training images."""
    lines = []
    for recipe, sizes in runs.groupby("recipe", sort=False)["train_size"]:
        told = json.loads(recipe)
        if told.get("steps", "None") == "None":
            continue
        images = int(told["steps"]) * int(told["batch_size"])
        each = [f"{images / size:.3g} over {size:,.0f}" for size in sorted(sizes.unique())]
        passes = f"passes {style.listed(each)} training images"
        lines.append(f"an epoch is {told['steps']} steps, {images:,} images: {passes}")
    return [*dict.fromkeys(lines)]


def _undrawn(record: Record) -> list[str]:
    points = len(grid.points(record.runs["setting"].unique()))
    if points <= grid.MOST_APART:
        return []
    return [
        f"the figure settings shows all {points} settings; python -m reports.convergence {record.study} "
        "draws one figure for each"
    ]
