"""Time to each target as survival over seeds: medians with intervals, restricted means, curves."""

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from experiments import names
from reports import measures, style, survival
from reports.results import scaled, seconds
from reports.runs import Record
from reports.statistics import median_interval

EXPLANATION = (
    "Median over all seeds of what it took until validation accuracy first reached the target, with an "
    "interval between two trials (at least 93 %; from five seeds on). A trial that never did counts as later "
    "than any. Restricted mean: the mean in which such a trial counts as the budget that all were given; "
    "arms can be compared by it where medians don't exist. An arm scored once reaches a target only at its "
    "whole cost. Training MACs: three forward passes an image."
)
SHOWN = ("epochs", "seconds", "MACs")  # in the table; images are epochs times the images of one
COLUMNS = [
    "label", "target", "cost", "trials", "reached", "median", "low", "high", "restricted_mean", "budget"
]  # fmt: skip


def of_labels(record: Record, target: float, cost: str) -> Iterator[tuple[str, survival.Times]]:
    """Each label with what its trials took to the target; cost: of names.COSTS."""
    for label, arm in record.runs.groupby("label", sort=False):
        yield str(label), measures.times(record, list(arm["run_id"]), cost, target)


def frame(record: Record, costs: Sequence[str] = names.COSTS) -> pd.DataFrame:
    """A row a label, target and cost: COLUMNS.

    median: of all trials, NaN where half of them never got there; low, high: its interval, infinite where a
    trial at that end never did, NaN below five trials. restricted_mean: mean over trials up to `budget`, the
    cost that all trials of the study that had not reached the target were watched to; one that had not
    reached it by then counts as the budget. It exists where medians don't, and compares arms.
    """
    rows = []
    for target in record.targets:
        for cost in costs:
            found = dict(of_labels(record, target, cost))
            budget = survival.common_budget(*found.values())
            for label, times in found.items():
                median = median_interval(times.costs_or_nan)
                within = times.within(budget) if math.isfinite(budget) else times
                rows.append(
                    dict(
                        zip(
                            COLUMNS,
                            (label, target, cost, len(times.cost), int(times.reached.sum()), *median,
                             within.restricted_mean, budget),
                            strict=True,
                        )
                    )
                )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def table(found: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Its header and a row a label and target, as people read them. found: `frame(record)`."""
    header = ["Arm", "Target", "Reached", *(title for cost in SHOWN for title in _titles(cost))]
    rows = []
    for (target, label), group in found.groupby(["target", "label"], sort=False):
        by_cost = group.set_index("cost")
        reached = f"{by_cost['reached'].iloc[0]} of {by_cost['trials'].iloc[0]}"
        cells = [cell for cost in SHOWN for cell in _cells(by_cost.loc[cost], cost)]
        rows.append([str(label), style.target(target), reached, *cells])
    return header, rows


def _titles(cost: str) -> list[str]:
    if cost == "MACs":
        return ["Training MACs"]
    return [cost.capitalize(), f"{cost.capitalize()}, restricted mean"]


def _cells(row: pd.Series, cost: str) -> list[str]:
    told = {"epochs": "{:g}".format, "seconds": seconds, "MACs": scaled}[cost]
    median = "not reached" if math.isnan(row["median"]) else told(row["median"])
    if not math.isnan(row["low"]) and row["low"] != row["high"]:
        high = "never" if math.isinf(row["high"]) else told(row["high"])
        low = "never" if math.isinf(row["low"]) else told(row["low"])
        median += f" ({low} … {high})" if low != "never" else ""
    mean = f"{row['restricted_mean']:.1f}" if cost == "epochs" else told(row["restricted_mean"])
    return [median] if cost == "MACs" else [median, mean]
