"""Complete runs of a study without a training, many at once: written straight into the store's tables."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from experiments import names
from experiments.store import tracking
from experiments.studies.study import Study

BEGAN = 1_700_000_000_000  # milliseconds since 1970; each run begins a second after the one before
EPOCHS = 3
TRAIN, VALIDATION, TEST = (
    names.metric(split, names.ACCURACY) for split in (names.TRAIN, names.VALIDATION, names.TEST)
)


def write(uri: str, study: Study, seeds: Sequence[int]) -> str:
    """A complete run of each arm, setting and seed, as before there were gaps and colours; the experiment.

    Higher seeds score higher: what is sorted by accuracy begins with them.
    """
    tracking.Projection(uri, study.name)
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"))) as database, database:
        [experiment] = database.execute(
            "SELECT experiment_id FROM experiments WHERE name = ?", (study.name,)
        ).fetchone()
        trials = [
            (seed, label, order, setting)
            for seed in seeds
            for _, label, order, _, setting in study.arms_at_settings()
        ]
        for position, trial in enumerate(trials):
            _write(database, experiment, position, *trial)
    return str(experiment)


def _write(
    database: sqlite3.Connection,
    experiment: int,
    position: int,
    seed: int,
    label: str,
    order: int,
    setting: str,
) -> None:
    run, began = f"{position:032x}", BEGAN + 1000 * position
    database.execute(
        "INSERT INTO runs (run_uuid, name, status, start_time, end_time, lifecycle_stage, artifact_uri, "
        "experiment_id, source_type, user_id) VALUES (?, ?, 'FINISHED', ?, ?, 'active', '', ?, 'LOCAL', '')",
        (run, f"{label} · seed {seed}", began, began + 500, experiment),
    )
    tags = {
        "mlflow.runName": f"{label} · seed {seed}",
        names.ARM: label,
        names.ARM_ORDER: str(order),
        names.SETTING: setting,
        names.SEED: str(seed),
        names.ROLE: names.RESULT_ROLE,
        names.TRIAL: run,
        names.COMPLETE: "true",
    }
    database.executemany(
        "INSERT INTO tags VALUES (?, ?, ?)", [(key, value, run) for key, value in tags.items()]
    )
    points = [(TEST, 0.5 + seed / 10_000, began, EPOCHS)]
    for epoch in range(1, EPOCHS + 1):
        points += [
            (TRAIN, 0.25 * epoch, began + epoch, epoch),
            (VALIDATION, 0.25 * epoch - 0.125, began + epoch, epoch),
            (names.TRAIN_SECONDS, 2.0 * epoch, began + epoch, epoch),
        ]
    rows = [(key, value, at, run, step, 0) for key, value, at, step in points]
    for table, written in (("metrics", rows), ("latest_metrics", {row[0]: row for row in rows}.values())):
        database.executemany(
            f"INSERT INTO {table} (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)",
            written,
        )
