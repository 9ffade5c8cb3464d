"""The table of trials of the page: a row a trial, with the way to its run on MLflow's pages."""

import math

import pandas as pd

from experiments import names
from reports import words
from reports.numbers import scores
from reports.store.record import Record
from reports.words import seconds

HEADER = [
    "Trial", "Seed", "Test accuracy", "Chosen epoch", "Gap, chosen epoch", "Last train accuracy", "Training",
    "Ended", "Run",
]  # fmt: skip


def table(record: Record, pages: str) -> tuple[list[str], list[tuple[list[str], str, str]]]:
    """HEADER, and for each trial its cells, its run id and the address of its run.

    pages: where MLflow's pages are.
    """
    gaps, accuracies = scores.gaps_at_chosen_epoch(record.epochs), scores.last_train_accuracies(record.epochs)
    rows = []
    for row in record.runs.to_dict("records"):
        cells = [
            row["label"] + (" (diverged)" if row["diverged"] else ""),
            str(row["seed"]),
            _number(row[names.metric(names.TEST, names.ACCURACY)]),
            _whole(row[names.CHOSEN_EPOCH]),
            _gap(gaps.get(row["run_id"], math.nan)),
            _number(accuracies.get(row["run_id"], math.nan)),
            seconds(row[names.TRAIN_SECONDS]),
            "–" if pd.isna(row["ended"]) else f"{row['ended']:%Y-%m-%d %H:%M}",
        ]
        rows.append((cells, row["run_id"], f"{pages}/#/experiments/{record.experiment}/runs/{row['run_id']}"))
    return HEADER, rows


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4f}"


def _whole(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f}"


def _gap(value: float) -> str:
    return "–" if math.isnan(value) else words.signed(value)
