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
    "Median over all seeds of what it took until {score} first reached the target, with an "
    "interval between two trials (at least 93 %; from five seeds on). A trial that never did counts as later "
    "than any. Restricted mean: the mean in which such a trial counts as the epochs that all were given; "
    "arms can be compared by it where medians don't exist. ≤: an arm scored once reaches a target only at "
    "its whole cost. Held: the first of two evaluations in a row at or above the target, so that one lucky "
    "evaluation does not count, nor the last one alone; an arm scored once holds what it reaches. "
    "Training MACs: three forward passes an image."
)
SHOWN = ("epochs", "images", "seconds", "MACs")  # in the table, the first with its restricted mean
HELD = {"held_median": "median", "held_low": "low", "held_high": "high"}
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
    "held",
    "held_median",
    "held_low",
    "held_high",
)


def by_label(
    record: Record, target: float, cost: str, held: bool = False
) -> Iterator[tuple[str, survival.Times]]:
    """Each label with what its trials took to the target, or to hold it; cost: of names.COSTS."""
    for label, arm in record.runs.groupby("label", sort=False):
        yield str(label), measures.times(record, list(arm["run_id"]), cost, target, held)


def frame(record: Record, costs: Sequence[str] = names.COSTS) -> pd.DataFrame:
    """A row a label, target and cost: COLUMNS.

    median: of all trials, NaN where half of them never got there; low, high: its interval, infinite where a
    trial at that end never did, NaN below five trials. restricted_mean: mean over trials up to `budget`, the
    cost up to which every trial of the study was trained or reached the target; one that had not reached it
    by then counts as the budget. It exists where medians don't, and compares arms. held and held_…: reached,
    median and its interval of the first of two evaluations in a row at or above the target.
    """
    rows = []
    for target in record.targets:
        for cost in costs:
            found, kept = (dict(by_label(record, target, cost, held)) for held in (False, True))
            budget = survival.common_budget(*found.values())
            for label, times in found.items():
                median, held = (median_interval(each.costs_or_nan) for each in (times, kept[label]))
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
                        "held": int(kept[label].reached.sum()),
                        "held_median": held.estimate,
                        "held_low": held.low,
                        "held_high": held.high,
                    }
                )
    return pd.DataFrame(rows, columns=COLUMNS)


def table(found: pd.DataFrame, once: Collection[str] = ()) -> tuple[list[str], list[list[str]]]:
    """Its header and a row a label and target, as people read them.

    found: `frame(record)`; once: the labels of arms that are scored once. Restricted means are of epochs
    alone: in seconds the trials of a slow arm end later than those of a fast one.
    """
    header = ["Arm", "Target", "Reached", "Epochs", "Epochs, restricted mean", "Held", "Epochs, held"]
    header += ["Images", "Seconds", "Training MACs"]
    rows = []
    for (target, label), group in found.groupby(["target", "label"], sort=False):
        by_cost = group.set_index("cost")
        reached, held, trials = (by_cost[column].iloc[0] for column in ("reached", "held", "trials"))
        mean = by_cost.loc["epochs", "restricted_mean"]
        medians = [_median(by_cost.loc[cost], cost, label in once) for cost in SHOWN]
        epochs = by_cost.loc["epochs", list(HELD)].rename(HELD)
        rows.append(
            [
                str(label),
                Cell(words.target(target), target),
                Cell(f"{reached} of {trials}", reached),
                medians[0],
                Cell(f"{mean:.1f}", mean),
                Cell(f"{held} of {trials}", held),
                _median(epochs, "epochs", label in once, never="not held"),
                *medians[1:],
            ]
        )
    return header, rows


def _median(row: pd.Series, cost: str, once: bool, never: str = "not reached") -> Cell:
    """`12 (9 … 14)`, `not reached (9 … never)`; once: the arm is scored once, so the median is a bound."""
    written = {"epochs": "{:g}".format, "images": "{:,.0f}".format, "seconds": seconds, "MACs": scaled}[cost]
    text = never if math.isnan(row["median"]) else written(row["median"])
    if once and not math.isnan(row["median"]):
        text = f"≤ {text}"
    if math.isfinite(row["low"]) and row["low"] != row["high"]:
        high = "never" if math.isinf(row["high"]) else written(row["high"])
        text += f" ({written(row['low'])} … {high})"
    return Cell(text, row["median"])
