"""MLflow's client: opened late and in one way, its errors as one line; and what a store holds of a study.

`import mlflow` takes 1.5 s; a local store is therefore read by SQL (`stored_in_sqlite`).
"""

import contextlib
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from experiments import files, names
from experiments.errors import UserError, rights_to
from experiments.location import SQLITE
from experiments.store import moved

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # A server that is down is tried again by `forwarding`, which waits in a thread of its own. A request that
    # is sent twice by itself could make a run twice.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}


MOST_RUNS = 50_000  # of one search; MLflow gives no more at a time


class StoreError(UserError):
    """The store could not be read or written; training goes on without it."""


class Shown(NamedTuple):
    """What MLflow's charts know of a complete run.

    lacks_gap: its epochs have both accuracies and not their difference.
    """

    run: str
    arm: str
    color: str | None
    lacks_gap: bool


class Stored(NamedTuple):
    """What a store holds of one study.

    tags: of its experiment; complete: (run id, trial id, role) of each complete run; running: the owner of
    each run that is RUNNING, by run id; experiment: its id, empty where there is none yet.
    """

    tags: dict[str, str]
    complete: list[tuple[str, str, str]]
    running: dict[str, str]
    experiment: str = ""
    shown: tuple[Shown, ...] = ()


def stored(uri: str, study: str) -> Stored:
    """What the store holds of a study.

    Raises:
        StoreError: the store cannot be read.
    """
    return stored_in_sqlite(uri, study) if uri.startswith(SQLITE) else stored_by_client(uri, study)


def download_model(uri: str, run: str, target: Path) -> Path:
    """Bring the model files of a run into a folder below target; the folder.

    Raises:
        StoreError: no such run, or it has no model.
    """
    if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).exists():
        raise StoreError(f"store {uri}: there is nothing yet")  # MLflow would make one
    with errors_of(uri):
        make_whole(uri)
        return Path(opened(uri).download_artifacts(run, names.MODEL_FOLDER, str(target)))


def runs_beginning(uri: str, beginning: str) -> dict[str, str]:
    """The complete runs of all studies whose ids begin so, with their trials.

    Raises:
        StoreError: the store cannot be read.
    """
    if uri.startswith(SQLITE):
        return runs_in_sqlite(uri, beginning)
    with errors_of(uri):
        client = opened(uri)
        experiments = [each.experiment_id for each in client.search_experiments()]
        runs = search(client, experiments, f"tags.`{names.COMPLETE}` = 'true'")
        return {
            run.info.run_id: run.data.tags.get(names.TRIAL, "")
            for run in runs
            if run.info.run_id.startswith(beginning)
        }


def stored_by_client(uri: str, study: str) -> Stored:
    """The same, from a tracking server.

    Raises:
        StoreError: the store cannot be read.
    """
    with errors_of(uri):
        client = opened(uri)
        experiment = client.get_experiment_by_name(study)
        if experiment is None:
            return Stored({}, [], {})
        runs = search(client, [experiment.experiment_id], f"tags.`{names.COMPLETE}` = 'true'")
        complete = [
            (run.info.run_id, run.data.tags[names.TRIAL], run.data.tags.get(names.ROLE, "")) for run in runs
        ]
        unended = search(client, [experiment.experiment_id], "attributes.status = 'RUNNING'")
        running = {run.info.run_id: run.data.tags.get(names.OWNER, "") for run in unended}
        shown = tuple(
            Shown(
                run.info.run_id,
                run.data.tags.get(names.ARM, ""),
                run.data.tags.get(names.RUN_COLOR),
                run.data.metrics.keys() >= {*ACCURACIES} and names.OVERFITTING_GAP not in run.data.metrics,
            )
            for run in runs
        )
        return Stored(dict(experiment.tags), complete, running, experiment.experiment_id, shown)


def opened(uri: str) -> Any:  # noqa: ANN401 - mlflow is imported late
    """A client of the store at a URI."""
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # else a new store logs each of its tables
    return mlflow.MlflowClient(tracking_uri=uri)


@contextlib.contextmanager
def errors_of(uri: str) -> Iterator[None]:
    """Turn whatever the store raises into a StoreError of one line."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        message = names.without_secrets((str(error).strip() or type(error).__name__).splitlines()[0])
        if uri.startswith(SQLITE) and "readonly" in message:
            message = f"may not be written ({rights_to(Path(uri.removeprefix(SQLITE)))})"
        raise StoreError(f"store {names.without_secrets(uri)}: {message[:400]}") from None


def make_whole(uri: str) -> None:
    """Create a missing local store, beside its path at first: MLflow cannot use half a database.

    One that was moved finds its files again.
    """
    path = Path(uri.removeprefix(SQLITE))
    if not uri.startswith(SQLITE):
        return
    if path.exists():
        try:
            moved.settle(uri)
        except sqlite3.Error as error:
            raise StoreError(
                f"store {uri}: it was moved, and the places of its files cannot be set right ({error}; "
                f"{rights_to(path)})"
            ) from None
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = files.beside(path)
    copy = files.beside(path.with_name(f"{path.name}.made"))
    try:
        opened(f"{SQLITE}{part}").search_experiments()
        shutil.copyfile(part, copy)  # MLflow keeps the other one open
        with contextlib.suppress(FileExistsError):  # another process was faster
            os.link(copy, path)
    finally:
        for file in (part, copy, *(part.with_name(part.name + end) for end in files.OF_SQLITE)):
            file.unlink(missing_ok=True)


def search(client: Any, experiments: Sequence[str], query: str) -> list[Any]:  # noqa: ANN401
    """The runs of experiments that a query finds; a study has at most 10,000 trials."""
    return list(client.search_runs(experiments, query, max_results=MOST_RUNS))


def stored_in_sqlite(uri: str, study: str) -> Stored:
    """What the store holds of a study; a missing store holds nothing.

    Opened for writing, though it only reads: a writer that was killed can leave half a transaction, which
    SQLite takes back at the next opening, but not at one for reading alone.

    Raises:
        StoreError: the store cannot be read.
    """
    if not Path(uri.removeprefix(SQLITE)).exists():
        return Stored({}, [], {})
    with _database(uri) as database:
        tags = dict(database.execute(EXPERIMENT_TAGS, {"study": study}))
        complete = database.execute(COMPLETE_RUNS, {"study": study}).fetchall()
        running = dict(database.execute(RUNNING_RUNS, {"study": study}))
        experiment = database.execute(EXPERIMENT, {"study": study}).fetchone()
        shown = tuple(
            Shown(run, arm, color, bool(lacks_gap))
            for run, arm, color, lacks_gap in database.execute(SHOWN_RUNS, {"study": study})
        )
        return Stored(tags, complete, running, str(experiment[0]) if experiment else "", shown)


def saved_views(uri: str) -> list[tuple[str, str, list[str]]]:
    """Name and id of each experiment that has saved views, and their keys; the newest experiment first.

    Raises:
        StoreError: the store cannot be read.
    """
    with errors_of(uri):
        found = []
        for each in opened(uri).search_experiments(order_by=["last_update_time DESC"]):
            views = [key for key in each.tags if key.startswith(names.SAVED_VIEW)]
            if views:
                keys = [key.removeprefix(names.SAVED_VIEW) for key in views]
                found.append((each.name, each.experiment_id, keys))
        return found


def runs_in_sqlite(uri: str, beginning: str) -> dict[str, str]:
    """The complete runs of all studies whose ids begin so, with their trials; a missing store holds none.

    Raises:
        StoreError: the store cannot be read.
    """
    if not Path(uri.removeprefix(SQLITE)).exists():
        return {}
    with _database(uri) as database:
        return dict(database.execute(RUNS, {"beginning": beginning}))


@contextmanager
def _database(uri: str) -> Iterator[sqlite3.Connection]:
    path = Path(uri.removeprefix(SQLITE))
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=10)) as database:
            yield database
    except sqlite3.Error as error:
        raise StoreError(f"store {uri}: cannot be read as an MLflow database ({error})") from None


RUNS = f"""
    SELECT runs.run_uuid, trial.value FROM runs
    JOIN tags AS trial ON trial.run_uuid = runs.run_uuid AND trial.key = '{names.TRIAL}'
    JOIN tags AS complete ON complete.run_uuid = runs.run_uuid AND complete.key = '{names.COMPLETE}'
    WHERE substr(runs.run_uuid, 1, length(:beginning)) = :beginning AND runs.lifecycle_stage = 'active'
"""
TRAIN_ACCURACY, VALIDATION_ACCURACY = ACCURACIES = tuple(
    names.metric(split, names.ACCURACY) for split in (names.TRAIN, names.VALIDATION)
)
EXPERIMENT = "SELECT experiment_id FROM experiments WHERE name = :study AND lifecycle_stage = 'active'"
EXPERIMENT_TAGS = """
    SELECT key, value FROM experiment_tags JOIN experiments USING (experiment_id)
    WHERE name = :study AND lifecycle_stage = 'active'
"""
COMPLETE_RUNS = f"""
    SELECT runs.run_uuid, trial.value, role.value FROM experiments
    JOIN runs ON runs.experiment_id = experiments.experiment_id AND runs.lifecycle_stage = 'active'
    JOIN tags AS trial ON trial.run_uuid = runs.run_uuid AND trial.key = '{names.TRIAL}'
    JOIN tags AS role ON role.run_uuid = runs.run_uuid AND role.key = '{names.ROLE}'
    JOIN tags AS complete ON complete.run_uuid = runs.run_uuid AND complete.key = '{names.COMPLETE}'
    WHERE complete.value = 'true' AND experiments.name = :study AND experiments.lifecycle_stage = 'active'
"""
SHOWN_RUNS = f"""
    SELECT runs.run_uuid, arm.value, color.value, gap.value IS NULL AND (
        SELECT count(*) FROM latest_metrics WHERE run_uuid = runs.run_uuid AND key IN {ACCURACIES}
    ) = {len(ACCURACIES)}
    FROM experiments
    JOIN runs ON runs.experiment_id = experiments.experiment_id AND runs.lifecycle_stage = 'active'
    JOIN tags AS arm ON arm.run_uuid = runs.run_uuid AND arm.key = '{names.ARM}'
    JOIN tags AS complete ON complete.run_uuid = runs.run_uuid AND complete.key = '{names.COMPLETE}'
    LEFT JOIN tags AS color ON color.run_uuid = runs.run_uuid AND color.key = '{names.RUN_COLOR}'
    LEFT JOIN latest_metrics AS gap ON gap.run_uuid = runs.run_uuid AND gap.key = '{names.OVERFITTING_GAP}'
    WHERE complete.value = 'true' AND experiments.name = :study AND experiments.lifecycle_stage = 'active'
"""
RUNNING_RUNS = f"""
    SELECT runs.run_uuid, owner.value FROM experiments
    JOIN runs ON runs.experiment_id = experiments.experiment_id AND runs.lifecycle_stage = 'active'
    JOIN tags AS owner ON owner.run_uuid = runs.run_uuid AND owner.key = '{names.OWNER}'
    WHERE runs.status = 'RUNNING' AND experiments.name = :study AND experiments.lifecycle_stage = 'active'
"""


def log_batch(
    client: Any,  # noqa: ANN401
    run: str,
    points: Iterable[tuple[str, float, int]],
    params: Mapping[str, str],
    tags: Mapping[str, str],
    at: int,
) -> None:
    """Log a whole run in one request; points: (metric, value, step), at: milliseconds since 1970."""
    from mlflow.entities import Metric, Param, RunTag

    client.log_batch(
        run,
        [Metric(key, value, at, step) for key, value, step in points],
        [Param(key, value) for key, value in params.items()],
        [RunTag(key, value) for key, value in tags.items()],
    )
