"""The trials of a study that varies its train size or its crop, by that size; pure.

For `learning_curves`, `crops` and `winner_map`. What else a study varies is never mixed: each setting of the
other fields has panels of its own.
"""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from experiments import names, settings
from reports.numbers import scores
from reports.store import record
from reports.store.record import Record

TRAIN = names.PARAM_TRAIN_SIZE
CROP = names.PARAM_CROP
WHOLE = math.inf  # the crop None is the whole image: more than any other
MOST_RESTS = 8  # that a page can hold; the figure `settings` shows larger grids


def trials(record: Record, *fields: str) -> pd.DataFrame | None:
    """A row a trial for which all fields vary: the columns of its run, accuracy, gap, rest, and each field.

    accuracy: on test; gap: train − validation accuracy; both at the trial's chosen epoch. rest: its setting
    without the fields. None where a field has a single value, or there are more than MOST_RESTS rests.
    """
    assigned = [settings.assignments(setting) for setting in record.runs["setting"]]
    gaps = scores.gaps_at_chosen_epoch(record.epochs)
    frame = record.runs.assign(
        accuracy=record.runs[names.metric(names.TEST, names.ACCURACY)],
        gap=record.runs["run_id"].map(gaps).astype(float),
        rest=[", ".join(f"{key}={each[key]}" for key in each if key not in fields) for each in assigned],
        **{field: [_number(each.get(field)) for each in assigned] for field in fields},
    ).dropna(subset=[*fields])
    if (frame[[*fields]].nunique() < 2).any() or len(by_rest(frame)) > MOST_RESTS:
        return None
    return frame


def _number(text: str | None) -> float:
    if text is None:
        return math.nan
    return WHOLE if text == "None" else float(text)


def text(size: float) -> str:
    """A size for people."""
    return "whole" if size == WHOLE else f"{size:,.10g}"


def by_rest(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What else is varied, as people read it ("" for nothing), and the trials of every arm that it fits."""
    points = record.grid_points(frame["rest"].unique())
    return {
        settings.readable(full, points).replace("crop=None", "whole image"): frame[frame["rest"].isin(parts)]
        for full, parts in points.items()
    }


def positions(sizes: pd.Series, log: bool) -> pd.Series:
    """The position of each size on its axis, by size; of the whole image a step beyond the largest crop."""
    known = np.sort(sizes.unique())
    at = known.copy()
    if known[-1] == WHOLE:
        crops = known[:-1]
        at[-1] = crops[-1] + (np.ptp(crops) / (len(crops) - 1) if len(crops) > 1 else crops[-1] / 4)
    return pd.Series(np.log10(at) if log else at, index=known)


def as_one(record: Record) -> Record:
    """The record with all settings together: label is the arm alone, in study order."""
    runs = record.runs.assign(label=record.runs["title"], setting="")
    return replace(record, runs=runs.sort_values("arm_order", kind="stable"))


def left_out(record: Record, frame: pd.DataFrame) -> str:
    """A sentence for the caption on the trials for which the fields do not vary; empty without any."""
    others = record.runs[~record.runs["run_id"].isin(frame["run_id"])]
    arms = ", ".join(others["title"].unique())
    if not arms:
        return ""
    return f" Left out, since nothing of this is varied for them: {len(others)} trials of {arms}."
