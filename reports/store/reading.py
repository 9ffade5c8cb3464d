"""The store without pandas: where it is, which studies it holds, the rows of one, its fingerprint.

An SQLite store is read with read-only SQL, by the standard library alone: "unchanged" must be answered in
less time than pandas or SQLAlchemy takes to import. Any other store is read through MLflow's public client.
"""

import functools
import hashlib
import json
import math
import os
import sqlite3
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from experiments import names

if TYPE_CHECKING:
    from mlflow import MlflowClient

ROOT = Path(__file__).resolve().parents[2]
SQLITE = "sqlite:///"
MOST_RUNS = 50_000  # that MLflow gives at once; a study has at most 10,000 trials
MOST_DOWNLOADS = 2_000  # that are kept, some 100 MiB
TRAIN = "`make compare`"  # in an error: `command.refuse`, which knows what was asked for, adds STUDY and DATA


class StoreError(Exception):
    """The store, or the study in it, cannot be read; the message is one line that says what to do."""


@dataclass(frozen=True)
class Run:
    """One attempt of a trial; `started` and `ended` are milliseconds since 1970."""

    run_id: str
    started: int | None
    ended: int | None
    tags: dict[str, str]
    params: dict[str, str]
    artifacts: str = ""  # where its files lie, as a URI


@dataclass(frozen=True)
class Rows:
    """One study: its experiment's id and tags, its active runs, and the points of complete runs.

    A point: run id, metric, step, value. Of equal metrics and steps the last point counts.
    """

    experiment: str
    tags: dict[str, str]
    runs: list[Run]
    points: list[tuple[str, str, int, float]]


def default_uri() -> str:
    """MLFLOW_TRACKING_URI, an SQLite file's path made absolute; or `mlflow.db` in the repository root."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}{ROOT / 'mlflow.db'}"
    return f"{SQLITE}{Path(uri.removeprefix(SQLITE)).absolute()}" if uri.startswith(SQLITE) else uri


def missing_study(study: str, studies: list[str], uri: str) -> StoreError:
    """The error that names the study, the store, what the store holds, and the way out."""
    holds = f"it holds: {', '.join(studies)}" if studies else "it holds no study yet"
    return StoreError(f"no study '{study}' in {uri} ({holds}): run {TRAIN} for it first")


def list_studies(uri: str) -> list[str]:
    """The names of the studies in a store, sorted. Raises StoreError."""
    if not uri.startswith("sqlite"):
        return _client_studies(uri)
    with closing(_open(uri)) as database:
        return _studies(database)


def read_rows(uri: str, study: str, points: bool = True) -> Rows:
    """The rows of one study; without `points`, its tags and runs only. Raises StoreError."""
    if not uri.startswith("sqlite"):
        return _client_rows(uri, study, points)
    with closing(_open(uri)) as database:
        found = database.execute(EXPERIMENT, [study]).fetchone()
        if not found:
            raise missing_study(study, _studies(database), uri)
        tags = dict(database.execute("SELECT key, value FROM experiment_tags WHERE experiment_id = ?", found))
        here = _lie_beside(database, uri)
        runs = {
            run_id: Run(run_id, started, ended, {}, {}, (here and _beside(uri, artifacts)) or artifacts or "")
            for run_id, started, ended, artifacts in database.execute(RUNS, found)
        }
        for run_id, key, value in database.execute(OF_RUNS.format(table="tags"), found):
            runs[run_id].tags[key] = value
        for run_id, key, value in database.execute(OF_RUNS.format(table="params"), found):
            runs[run_id].params[key] = value
        experiment = str(found[0])
        return Rows(
            experiment,
            tags,
            list(runs.values()),
            database.execute(POINTS, found).fetchall() if points else [],
        )


def fingerprint(uri: str, study: str) -> str:
    """A hash of what decides a report: run ids, their study tags and the study's own. Raises StoreError.

    Other tags are left out: a note edited on MLflow's pages changes no figure.
    """
    rows = read_rows(uri, study, points=False)
    tags = [rows.tags, *({"run": run.run_id} | run.tags for run in sorted(rows.runs, key=lambda r: r.run_id))]
    deciding = [
        {key: tag[key] for key in sorted(tag) if key == "run" or key.startswith("study.")} for tag in tags
    ]
    return hashlib.sha256(json.dumps(deciding).encode()).hexdigest()


def _open(uri: str) -> sqlite3.Connection:
    path = Path(uri.partition(":///")[2].partition("?")[0])
    if not path.is_file():
        raise StoreError(f"no store at {path}: run {TRAIN} first, or name another with --store")
    # A transaction that only reads, so that a study still running cannot change between two SELECTs.
    # Not `mode=ro`: SQLite could not take back what a killed writer left half done.
    database = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=30, isolation_level=None
    )
    try:
        database.execute("BEGIN")
        database.execute("SELECT 1 FROM experiments").fetchone()
    except sqlite3.Error as error:
        database.close()
        raise StoreError(f"{path} cannot be read as an MLflow store ({error}): check --store") from None
    return database


def _studies(database: sqlite3.Connection) -> list[str]:
    return [name for (name,) in database.execute(STUDIES)]


STUDIES = f"""
SELECT DISTINCT name FROM experiments JOIN experiment_tags USING (experiment_id)
WHERE lifecycle_stage = 'active' AND key = '{names.TARGETS}' ORDER BY name"""
EXPERIMENT = "SELECT experiment_id FROM experiments WHERE name = ? AND lifecycle_stage = 'active'"
RUNS = """
SELECT run_uuid, start_time, end_time, artifact_uri FROM runs
WHERE experiment_id = ? AND lifecycle_stage = 'active' ORDER BY start_time, run_uuid"""
OF_RUNS = """
SELECT run_uuid, key, value FROM {table} JOIN runs USING (run_uuid)
WHERE experiment_id = ? AND lifecycle_stage = 'active'"""
# The timestamp orders two rows of the same metric and step: the later one counts.
POINTS = f"""
SELECT run_uuid, metrics.key, step, metrics.value
FROM metrics JOIN runs USING (run_uuid) JOIN tags USING (run_uuid)
WHERE experiment_id = ? AND lifecycle_stage = 'active' AND NOT is_nan
AND tags.key = '{names.COMPLETE}' AND tags.value = 'true'
ORDER BY metrics.timestamp, metrics.value"""


def _client_studies(uri: str) -> list[str]:
    """The names of the studies in a store that only MLflow's client reaches. Raises StoreError."""
    with connected(uri) as client:
        return sorted(
            experiment.name for experiment in client.search_experiments() if names.TARGETS in experiment.tags
        )


def _lie_beside(database: sqlite3.Connection, uri: str) -> bool:
    """Whether the files of runs are those beside the store: one of its runs has its own there.

    The store may have been moved or copied with them, and its rows still name another folder: what lies in
    that one, if anything, is another project's. `experiments.store.moved` decides alike.
    """
    found = (_beside(uri, artifacts) for (artifacts,) in database.execute("SELECT artifact_uri FROM runs"))
    return any(local_folder(each).is_dir() for each in found if each)


def _beside(uri: str, artifacts: str | None) -> str:
    """The URI of the folder beside an SQLite store that stands for that of a run; empty of other schemes."""
    _, found, rest = (artifacts or "").rpartition(f"/{names.ARTIFACTS}/")
    if not found or urlparse(artifacts).scheme not in ("", "file"):
        return ""
    return (Path(uri.removeprefix(SQLITE)).resolve().parent / names.ARTIFACTS / unquote(rest)).as_uri()


def artifact(uri: str, run_id: str, artifacts: str, name: str) -> bytes | None:
    """The content of one file of a run; None where it has no such file. artifacts: the URI of its folder."""
    folder = local_folder(artifacts)
    if folder:
        file = folder / name
        return file.read_bytes() if file.is_file() else None
    return _downloaded(uri, run_id, name) if name in _listed(uri, run_id) else None


def files(uri: str, run_id: str, artifacts: str) -> frozenset[str]:
    """The names of a run's files and folders; none where its folder is not there.

    Raises:
        OSError: the folder may not be read.
        StoreError: the store does not answer.
    """
    folder = local_folder(artifacts)
    if folder is None:
        return _listed(uri, run_id)
    return frozenset(each.name for each in folder.iterdir()) if folder.is_dir() else frozenset()


def local_folder(artifacts: str) -> Path | None:
    """The folder at a URI; None of one that only MLflow's client reaches."""
    found = urlparse(artifacts)
    return Path(unquote(found.path)) if found.scheme in ("", "file") else None


# A report asks for some files more than once; a server is asked once.
@functools.lru_cache(maxsize=MOST_RUNS)
def _listed(uri: str, run_id: str) -> frozenset[str]:
    with connected(uri) as client:
        return frozenset(each.path for each in client.list_artifacts(run_id))


@functools.lru_cache(maxsize=MOST_DOWNLOADS)
def _downloaded(uri: str, run_id: str, name: str) -> bytes:
    with connected(uri) as client, tempfile.TemporaryDirectory() as downloads:
        return Path(client.download_artifacts(run_id, name, downloads)).read_bytes()


def _client_rows(uri: str, study: str, points: bool = True) -> Rows:
    """What `read_rows` returns, through MLflow's public client. Raises StoreError.

    One request a run and metric: the server's `get-history-bulk-interval` would take fewer, but it leaves out
    steps of a long history, and the client's own method of that name still sends one a run and metric.
    """
    with connected(uri) as client:
        experiment = client.get_experiment_by_name(study)
        if experiment is None or experiment.lifecycle_stage != "active":
            raise missing_study(study, _client_studies(uri), uri)
        found = client.search_runs([experiment.experiment_id], max_results=MOST_RUNS)
        runs = sorted(found, key=lambda run: (run.info.start_time, run.info.run_id))
        complete = [run for run in runs if points and run.data.tags.get(names.COMPLETE) == "true"]
        history = [
            (point.timestamp, point.value, run.info.run_id, key, point.step)
            for run in complete
            for key in run.data.metrics
            for point in client.get_metric_history(run.info.run_id, key)
            if not math.isnan(point.value)
        ]
    return Rows(
        experiment=experiment.experiment_id,
        tags=dict(experiment.tags),
        runs=[
            Run(
                run.info.run_id,
                run.info.start_time,
                run.info.end_time,
                run.data.tags,
                run.data.params,
                run.info.artifact_uri,
            )
            for run in runs
        ],
        points=[(run_id, key, step, value) for _, value, run_id, key, step in sorted(history)],
    )


@contextmanager
def connected(uri: str) -> Iterator["MlflowClient"]:
    """MLflow's client, imported only here; its errors become a StoreError."""
    # MLflow's default of seven retries would leave a mistyped address unanswered for minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        yield MlflowClient(tracking_uri=uri)
    except MlflowException as error:
        reason = textwrap.shorten(str(error), 160)
        raise StoreError(f"{uri} does not answer ({reason}): check --store or MLFLOW_TRACKING_URI") from None
