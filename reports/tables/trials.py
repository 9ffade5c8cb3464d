"""The table of trials of the page: a row a trial, with the address of its run on MLflow's pages."""

import math
from collections.abc import Callable

import pandas as pd

from experiments import names
from reports import words
from reports.numbers import scores
from reports.store.record import Record
from reports.words import Cell, seconds

HEADER = [
    "Trial",
    "Seed",
    "Test accuracy",
    "Chosen epoch",
    "Gap, chosen epoch",
    "Last train accuracy",
    "Training",
    "Ended",
    "Run",
]


def table(record: Record, pages: str) -> tuple[list[str], list[tuple[list[str], str, str]]]:
    """HEADER, and for each trial its cells, its run id and the address of its run.

    pages: where MLflow's pages are.
    """
    gaps, accuracies = scores.gaps_at_chosen_epoch(record.epochs), scores.last_train_accuracies(record.epochs)
    rows = []
    for row in record.runs.to_dict("records"):
        cells = [
            row["label"] + (" (diverged)" if row["diverged"] else ""),
            Cell(str(row["seed"]), row["seed"]),
            _cell(row[names.metric(names.TEST, names.ACCURACY)], "{:.4f}".format),
            _cell(row[names.CHOSEN_EPOCH], "{:.0f}".format),
            _cell(gaps.get(row["run_id"], math.nan), words.signed),
            _cell(accuracies.get(row["run_id"], math.nan), "{:.4f}".format),
            _cell(row[names.TRAIN_SECONDS], seconds),
            "–" if pd.isna(row["ended"]) else f"{row['ended']:%Y-%m-%d %H:%M}",
        ]
        rows.append((cells, row["run_id"], f"{pages}/#/experiments/{record.experiment}/runs/{row['run_id']}"))
    return HEADER, rows


def _cell(value: float, written: Callable[[float], str]) -> Cell:
    """A number as people read it; `–` where it is unknown."""
    return Cell("–" if math.isnan(value) else written(value), value)
