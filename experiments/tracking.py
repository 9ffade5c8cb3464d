"""Events → MLflow: the store is a projection of the event logs, and this module its only writer.

Projecting a log twice changes nothing: an event carries its own time, and MLflow keeps one row for equal
(metric, step, time, value). `import mlflow` takes 1.5 s and happens when a `Projection` is made.
"""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from experiments import attempts, events, names, page
from experiments.errors import UserError
from experiments.location import SQLITE
from experiments.specification import PlannedTrial
from experiments.stored import Stored, StoreError, read_sqlite

ENVIRONMENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false"}


def stored(uri: str, study: str) -> Stored:
    """What the store holds of a study.

    Raises:
        StoreError: the store cannot be read.
    """
    return read_sqlite(uri, study) if uri.startswith(SQLITE) else _asked_of_client(uri, study)


def download_model(uri: str, run: str, target: Path) -> Path:
    """Bring the model files of a run into a folder below target; the folder.

    Raises:
        StoreError: no such run, or it has no model.
    """
    if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).exists():
        raise StoreError(f"store {uri}: there is nothing yet")  # MLflow would make one
    with _errors_of(uri):
        return Path(_client(uri).download_artifacts(run, names.MODEL_FOLDER, str(target)))


def _asked_of_client(uri: str, study: str) -> Stored:
    with _errors_of(uri):
        client = _client(uri)
        experiment = client.get_experiment_by_name(study)
        if experiment is None:
            return Stored({}, [])
        runs = _pages(client, experiment.experiment_id, f"tags.`{names.COMPLETE}` = 'true'")
        complete = [
            (run.info.run_id, run.data.tags[names.TRIAL], run.data.tags.get(names.ROLE, "")) for run in runs
        ]
        return Stored(dict(experiment.tags), complete)


def _client(uri: str) -> Any:  # noqa: ANN401 - mlflow is imported late
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # else each new table of a new store is told
    return mlflow.MlflowClient(tracking_uri=uri)


@contextmanager
def _errors_of(uri: str) -> Iterator[None]:
    """Whatever MLflow raises becomes one line."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        raise StoreError(f"store {uri}: {str(error).splitlines()[0][:300]}") from None


class Projection:
    """The runs of one study in the store, which is made if need be.

    Every method raises StoreError when the store fails.
    """

    def __init__(self, uri: str, study: str) -> None:
        self._uri = uri
        with _errors_of(uri):
            self._client = _client(uri)
            self._experiment = _experiment_id(self._client, uri, study)
        self._runs: dict[str, str] = {}  # run ids by attempt

    def describe(self, tags: dict[str, str], roles: dict[str, str]) -> None:
        """Set the tags of the experiment, and the roles of runs by their ids."""
        with _errors_of(self._uri):
            for key, value in tags.items():
                self._client.set_experiment_tag(self._experiment, key, value)
            for run, role in roles.items():
                self._client.set_tag(run, names.ROLE, role)

    def project(self, planned: PlannedTrial, place: Path, told: Iterable[events.Event]) -> None:
        """Bring events of the trial's current attempt into its run.

        Args:
            planned: the trial and its place in the study.
            place: the trial's folder, where the files of a finished trial lie.
            told: events in order; those the run has already change nothing.
        """
        attempt = attempts.identity(place)
        try:
            with _errors_of(self._uri):
                for event in told:
                    self._project(event, self._run(planned, attempt, event.time), place)
        except StoreError:
            # The run may have been deleted on MLflow's pages: it is looked for again next time.
            self._runs.pop(attempt, None)
            raise

    def _project(self, event: events.Event, run: str, place: Path) -> None:
        time = round(event.time * 1000)
        match event:
            case events.Started(tags=tags):
                self._log(run, tags=tags)
            case events.EpochEnded(epoch=epoch, metrics=metrics):
                self._log(run, metrics=metrics, step=epoch, time=time)
            case events.Finished(epoch=epoch, metrics=metrics, diverged=diverged):
                self._log(run, metrics=metrics, step=epoch, time=time)
                self._log(run, tags={names.DIVERGED: str(diverged).lower()})
                self._log_files(run, place)
                self._client.set_terminated(run, "FINISHED", time)
                # Last of all: the one sign that nothing is missing.
                self._client.set_tag(run, names.COMPLETE, "true")
            case events.Failed(reason=reason):
                self._end(run, "FAILED", reason, time)
            case events.Killed(reason=reason):
                self._end(run, "KILLED", reason, time)

    def _end(self, run: str, status: str, reason: str, time: int) -> None:
        self._client.set_tag(run, names.FAILURE, reason)
        self._client.set_terminated(run, status, time)

    def _run(self, planned: PlannedTrial, attempt: str, began: float) -> str:
        """The id of the attempt's run, which is found or made."""
        if attempt not in self._runs:
            query = f"tags.`{names.TRIAL}` = '{planned.trial.id}' and tags.`{names.ATTEMPT}` = '{attempt}'"
            found = _pages(self._client, self._experiment, query)
            self._runs[attempt] = found[0].info.run_id if found else self._make_run(planned, attempt, began)
        return self._runs[attempt]

    def _make_run(self, planned: PlannedTrial, attempt: str, began: float) -> str:
        trial = planned.trial
        tags = {
            names.STUDY: self._client.get_experiment(self._experiment).name,
            names.ARM: planned.arm,
            names.ARM_ORDER: str(planned.arm_order),
            names.MODEL: trial.model,
            names.SETTING: planned.setting,
            names.SEED: str(trial.seed),
            names.ROLE: planned.role,
            names.TRIAL: trial.id,
            names.ATTEMPT: attempt,
            names.DATA: planned.data,
        }
        made = self._client.create_run(
            self._experiment, start_time=round(began * 1000), tags=tags, run_name=planned.run_name
        )
        run = made.info.run_id
        self._log(run, params=page.params(trial, planned.data))
        self._client.log_inputs(run, [_dataset(planned)])
        self._client.log_text(run, trial.model_dump_json(indent=2), names.SPECIFICATION_FILE)
        return run

    def _log(
        self,
        run: str,
        *,
        metrics: dict[str, float] | None = None,
        params: dict[str, str] | None = None,
        tags: dict[str, str] | None = None,
        step: int = 1,
        time: int = 0,
    ) -> None:
        from mlflow.entities import Metric, Param, RunTag

        self._client.log_batch(
            run,
            [Metric(key, value, time, step) for key, value in (metrics or {}).items()],
            [Param(key, value) for key, value in (params or {}).items()],
            [RunTag(key, value) for key, value in (tags or {}).items()],
        )

    def _log_files(self, run: str, place: Path) -> None:
        for file in (names.TEST_REPORT_FILE, names.SAMPLE_GRID_FILE):
            if (place / file).exists():
                self._client.log_artifact(run, str(place / file))
        if (place / names.MODEL_FOLDER).is_dir():
            self._client.log_artifacts(run, str(place / names.MODEL_FOLDER), names.MODEL_FOLDER)


def _dataset(planned: PlannedTrial) -> Any:  # noqa: ANN401 - mlflow is imported late
    """The data of a trial as MLflow's "Dataset" column shows it; 36 digits of a digest are its limit."""
    from mlflow.entities import Dataset, DatasetInput

    digest = planned.trial.data_digest[:36]
    return DatasetInput(Dataset(planned.data, digest, "local", json.dumps({"uri": planned.data})))


def _experiment_id(client: Any, uri: str, study: str) -> str:  # noqa: ANN401 - mlflow is imported late
    """The study's experiment, made if need be; artifacts of a local store lie beside it."""
    found = client.get_experiment_by_name(study)
    if found is None:
        beside = None
        if uri.startswith(SQLITE):
            beside = (Path(uri.removeprefix(SQLITE)).parent / "mlartifacts" / study).as_uri()
        return client.create_experiment(study, artifact_location=beside)
    if found.lifecycle_stage != "active":
        raise UserError(
            f"store {uri}: the experiment {study!r} was deleted there; restore it with "
            f"`mlflow experiments restore --experiment-id {found.experiment_id}`, or rename the study"
        )
    return found.experiment_id


def _pages(client: Any, experiment: str, query: str) -> list[Any]:  # noqa: ANN401
    found, token = [], None
    while token is not None or not found:
        page = client.search_runs([experiment], query, page_token=token)
        found.extend(page)
        token = page.token
        if not token:
            break
    return found
