"""A store that only MLflow's client reaches, and the files of runs; the only module that imports mlflow."""

import math
import os
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from experiments import names
from reports import store

if TYPE_CHECKING:
    from mlflow import MlflowClient


def studies(uri: str) -> list[str]:
    """The names of the studies in a store that only MLflow's client reaches. Raises StoreError."""
    with _client(uri) as client:
        return sorted(
            experiment.name for experiment in client.search_experiments() if names.TARGETS in experiment.tags
        )


def artifact(uri: str, run_id: str, artifacts: str, name: str) -> bytes | None:
    """The content of one file of a run; None where it has no such file. artifacts: where its files lie."""
    place = urlparse(artifacts)
    if place.scheme in ("", "file"):
        file = Path(unquote(place.path)) / name
        return file.read_bytes() if file.is_file() else None
    with _client(uri) as client, tempfile.TemporaryDirectory() as folder:
        if not any(each.path == name for each in client.list_artifacts(run_id)):
            return None
        return Path(client.download_artifacts(run_id, name, folder)).read_bytes()


def rows(uri: str, study: str, points: bool = True) -> store.Rows:
    """What `store.read_rows` returns, through MLflow's public client. Raises StoreError."""
    with _client(uri) as client:
        experiment = client.get_experiment_by_name(study)
        if experiment is None or experiment.lifecycle_stage != "active":
            raise store.missing_study(study, studies(uri), uri)
        found = client.search_runs([experiment.experiment_id], max_results=1000)
        runs = [*found]
        while found.token:
            found = client.search_runs([experiment.experiment_id], max_results=1000, page_token=found.token)
            runs += found
        runs.sort(key=lambda run: (run.info.start_time, run.info.run_id))
        complete = [run for run in runs if points and run.data.tags.get(names.COMPLETE) == "true"]
        history = [
            (point.timestamp, point.value, run.info.run_id, key, point.step)
            for run in complete
            for key in run.data.metrics
            for point in client.get_metric_history(run.info.run_id, key)
            if not math.isnan(point.value)
        ]
    return store.Rows(
        experiment=experiment.experiment_id,
        tags=dict(experiment.tags),
        runs=[
            store.Run(
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
def _client(uri: str) -> Iterator["MlflowClient"]:
    # MLflow's default of seven retries would leave a mistyped address unanswered for minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        yield MlflowClient(tracking_uri=uri)
    except MlflowException as error:
        reason = textwrap.shorten(str(error), 160)
        raise store.StoreError(
            f"{uri} does not answer ({reason}): check --store or MLFLOW_TRACKING_URI"
        ) from None
