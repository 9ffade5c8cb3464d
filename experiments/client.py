"""MLflow's client: opened late and in one way, its errors as one line, and what is asked of a store.

`import mlflow` takes 1.5 s; what a local store holds is therefore asked in SQL (`stored`).
"""

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments import names, unfinished
from experiments.location import SQLITE
from experiments.stored import Stored, StoreError, read_sqlite, runs_in_sqlite

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # A server that is down is asked again by `forwarding`, which waits in a thread of its own. A request that
    # is sent twice by itself could make a run twice.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}


def stored(uri: str, study: str) -> Stored:
    """What the store holds of a study.

    Raises:
        StoreError: the store cannot be read.
    """
    return read_sqlite(uri, study) if uri.startswith(SQLITE) else asked_of_client(uri, study)


def download_model(uri: str, run: str, target: Path) -> Path:
    """Bring the model files of a run into a folder below target; the folder.

    Raises:
        StoreError: no such run, or it has no model.
    """
    if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).exists():
        raise StoreError(f"store {uri}: there is nothing yet")  # MLflow would make one
    with errors_of(uri):
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
        every = (
            run
            for experiment in client.search_experiments()
            for run in pages(client, experiment.experiment_id, f"tags.`{names.COMPLETE}` = 'true'")
        )
        return {
            run.info.run_id: run.data.tags.get(names.TRIAL, "")
            for run in every
            if run.info.run_id.startswith(beginning)
        }


def asked_of_client(uri: str, study: str) -> Stored:
    """What the store holds of a study, asked of a tracking server.

    Raises:
        StoreError: the store cannot be read.
    """
    with errors_of(uri):
        client = opened(uri)
        experiment = client.get_experiment_by_name(study)
        if experiment is None:
            return Stored({}, [], {})
        runs = pages(client, experiment.experiment_id, f"tags.`{names.COMPLETE}` = 'true'")
        complete = [
            (run.info.run_id, run.data.tags[names.TRIAL], run.data.tags.get(names.ROLE, "")) for run in runs
        ]
        there = pages(client, experiment.experiment_id, "attributes.status = 'RUNNING'")
        running = {run.info.run_id: run.data.tags.get(names.OWNER, "") for run in there}
        return Stored(dict(experiment.tags), complete, running)


def opened(uri: str) -> Any:  # noqa: ANN401 - mlflow is imported late
    """A client of the store at a URI."""
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # else each new table of a new store is told
    return mlflow.MlflowClient(tracking_uri=uri)


@contextlib.contextmanager
def errors_of(uri: str) -> Iterator[None]:
    """Whatever the store raises becomes one line."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        told = names.without_secrets((str(error).strip() or type(error).__name__).splitlines()[0])
        raise StoreError(f"store {names.without_secrets(uri)}: {told[:300]}") from None


def make_whole(uri: str) -> None:
    """Make a local store that is not there: elsewhere first, since MLflow cannot use half a database."""
    path = Path(uri.removeprefix(SQLITE))
    if not uri.startswith(SQLITE) or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    making = unfinished.beside(path)
    made = unfinished.beside(path.with_name(f"{path.name}.made"))
    try:
        opened(f"{SQLITE}{making}").search_experiments()
        shutil.copyfile(making, made)  # MLflow keeps the other one open
        with contextlib.suppress(FileExistsError):  # another process was faster
            os.link(made, path)
    finally:
        for part in (making, made):
            part.unlink(missing_ok=True)


def pages(client: Any, experiment: str, query: str) -> list[Any]:  # noqa: ANN401
    """Every run of an experiment that a query finds, page by page."""
    found, token = [], None
    while token is not None or not found:
        page = client.search_runs([experiment], query, page_token=token)
        found.extend(page)
        token = page.token
        if not token:
            break
    return found
