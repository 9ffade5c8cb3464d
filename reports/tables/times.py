"""Time to each target as survival over seeds: medians with intervals, restricted means, curves."""

import math
from collections.abc import Collection, Iterator, Sequence

import pandas as pd

from experiments import names
from reports import words
from reports.answers import measures
from reports.numbers import survival
from reports.numbers.intervals import median_interval
from reports.store.record import Record
from reports.words import Cell, scaled, seconds

EXPLANATION = (
    "Median over all seeds of what it took until validation accuracy first reached the target, with an "
    "interval between two trials (at least 93 %; from five seeds on). A trial that never did counts as later "
    "than any. Restricted mean: the mean in which such a trial counts as the epochs that all were given; "
    "arms can be compared by it where medians don't exist. ≤: an arm scored once reaches a target only at "
    "its whole cost. Training MACs: three forward passes an image."
)
SHOWN = ("epochs", "images", "seconds", "MACs")  # in the table, the first with its restricted mean
COLUMNS = (
    "label",
    "target",
    "cost",
    "trials",
    "reached",
    "median",
    "low",
    "high",
    "restricted_mean",
    "budget",
)


def by_label(record: Record, target: float, cost: str) -> Iterator[tuple[str, survival.Times]]:
    """Each label with what its trials took to the target; cost: of names.COSTS."""
    for label, arm in record.runs.groupby("label", sort=False):
        yield str(label), measures.times(record, list(arm["run_id"]), cost, target)


def frame(record: Record, costs: Sequence[str] = names.COSTS) -> pd.DataFrame:
    """A row a label, target and cost: COLUMNS.

    median: of all trials, NaN where half of them never got there; low, high: its interval, infinite where a
    trial at that end never did, NaN below five trials. restricted_mean: mean over trials up to `budget`, the
    cost up to which every trial of the study was trained or reached the target; one that had not reached it
    by then counts as the budget. It exists where medians don't, and compares arms.
    """
    rows = []
    for target in record.targets:
        for cost in costs:
            found = dict(by_label(record, target, cost))
            budget = survival.common_budget(*found.values())
            for label, times in found.items():
                median = median_interval(times.costs_or_nan)
                within = times.within(budget) if math.isfinite(budget) else times
                rows.append(
                    {
                        "label": label,
                        "target": target,
                        "cost": cost,
                        "trials": len(times.cost),
                        "reached": int(times.reached.sum()),
                        "median": median.estimate,
                        "low": median.low,
                        "high": median.high,
                        "restricted_mean": within.restricted_mean,
                        "budget": budget,
                    }
                )
    return pd.DataFrame(rows, columns=COLUMNS)


def table(found: pd.DataFrame, once: Collection[str] = ()) -> tuple[list[str], list[list[str]]]:
    """Its header and a row a label and target, as people read them.

    found: `frame(record)`; once: the labels of arms that are scored once. Restricted means are of epochs
    alone: in seconds the trials of a slow arm end later than those of a fast one.
    """
    header = ["Arm", "Target", "Reached", "Epochs", "Epochs, restricted mean", "Images", "Seconds"]
    header.append("Training MACs")
    rows = []
    for (target, label), group in found.groupby(["target", "label"], sort=False):
        by_cost = group.set_index("cost")
        reached, trials = by_cost["reached"].iloc[0], by_cost["trials"].iloc[0]
        mean = by_cost.loc["epochs", "restricted_mean"]
        medians = [_median(by_cost.loc[cost], cost, label in once) for cost in SHOWN]
        rows.append(
            [
                str(label),
                Cell(words.target(target), target),
                Cell(f"{reached} of {trials}", reached),
                medians[0],
                Cell(f"{mean:.1f}", mean),
                *medians[1:],
            ]
        )
    return header, rows


def _median(row: pd.Series, cost: str, once: bool) -> Cell:
    """`12 (9 … 14)`, `not reached (9 … never)`; once: the arm is scored once, so the median is a bound."""
    written = {"epochs": "{:g}".format, "images": "{:,.0f}".format, "seconds": seconds, "MACs": scaled}[cost]
    text = "not reached" if math.isnan(row["median"]) else written(row["median"])
    if once and not math.isnan(row["median"]):
        text = f"≤ {text}"
    if math.isfinite(row["low"]) and row["low"] != row["high"]:
        high = "never" if math.isinf(row["high"]) else written(row["high"])
        text += f" ({written(row['low'])} … {high})"
    return Cell(text, row["median"])
