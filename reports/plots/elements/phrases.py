"""Phrases that the findings below figures share."""

import math
from collections.abc import Callable, Collection

import pandas as pd

from reports import words
from reports.numbers.intervals import LEAST_SEEDS

MOST_LISTED = 6  # arms that a sentence goes through


def span(subject: str, arms: pd.DataFrame, column: str) -> str:
    """The smallest and the largest of a column, and whose they are."""
    known = arms.dropna(subset=[column])
    if known.empty:
        return ""
    low, high = known.loc[known[column].idxmin()], known.loc[known[column].idxmax()]
    if len(known) == 1:
        return f"{subject} is {words.signed(low[column])} for {low['label']}."
    if words.signed(low[column]) == words.signed(high[column]):
        return f"{subject} is {words.signed(low[column])} for all arms."
    return (
        f"{subject} is smallest for {low['label']} ({words.signed(low[column])}) and largest for "
        f"{high['label']} ({words.signed(high[column])})."
    )


def least(
    arms: pd.DataFrame, column: str, written: Callable[[float], str], once: Collection[str] = ()
) -> str:
    """The arms of the least value of a column, and that value; once: those of which it is an upper bound."""
    least = arms[column].min()
    labels = arms.loc[arms[column] == least, "label"]
    bound = "at most " if all(label in once for label in labels) else ""
    return f"{words.listed(labels)} ({bound}{written(least)})"


def accuracy(row: pd.Series) -> str:
    """`0.823 ± 0.009`."""
    half = _half_width(row)
    return f"{row['test_accuracy']:.3f}" + (f" ± {half:.3f}" if half > 0 else "")


def _half_width(row: pd.Series) -> float:
    known = row["tested"] >= LEAST_SEEDS and not math.isnan(row["test_accuracy_half_width"])
    return row["test_accuracy_half_width"] if known else 0.0
