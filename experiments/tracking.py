"""Events → MLflow: the store is a projection of the event logs, and this module its only writer.

Projecting a log twice changes nothing: an event carries its own time, and MLflow keeps one row for equal
(metric, step, time, value). `import mlflow` takes 1.5 s and happens when a `Projection` is made.
"""

import json
import logging
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from experiments import attempts, events, names, page
from experiments.errors import UserError
from experiments.specification import PlannedTrial
from experiments.study import Study

ROOT = Path(__file__).parent.parent

ENVIRONMENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false"}


def store_uri() -> str:
    """MLFLOW_TRACKING_URI, or the SQLite file in the repository root; always explicit and absolute."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{ROOT / 'mlflow.db'}"


def complete_trials(uri: str, study: str) -> set[str]:
    """The ids of the trials that are complete in a study's experiment.

    A local SQLite store is asked in SQL, which needs no import of mlflow: a study with nothing left to do
    is to end at once.
    """
    if not uri.startswith("sqlite:///"):
        return Projection(uri, study).complete_trials()
    path = Path(uri.removeprefix("sqlite:///"))
    if not path.exists():
        return set()
    query = """
        SELECT trial.value FROM experiments
        JOIN runs ON runs.experiment_id = experiments.experiment_id AND runs.lifecycle_stage = 'active'
        JOIN tags AS trial ON trial.run_uuid = runs.run_uuid AND trial.key = ?
        JOIN tags AS complete ON complete.run_uuid = runs.run_uuid
            AND complete.key = ? AND complete.value = 'true'
        WHERE experiments.name = ? AND experiments.lifecycle_stage = 'active'
    """
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
            return {row[0] for row in database.execute(query, (names.TRIAL, names.COMPLETE, study))}
    except sqlite3.Error as error:
        raise UserError(f"store {uri}: cannot be read as an MLflow database ({error})") from None


class Projection:
    """The runs of one study in the store."""

    def __init__(self, uri: str, study: str) -> None:
        for variable, value in ENVIRONMENT.items():
            os.environ.setdefault(variable, value)
        import mlflow
        from mlflow.exceptions import MlflowException

        logging.getLogger("mlflow").setLevel(logging.WARNING)  # else each new table of a new store is told
        try:
            self._client = mlflow.MlflowClient(tracking_uri=uri)
            self._experiment = _experiment_id(self._client, uri, study)
        except MlflowException as error:
            raise UserError(f"store {uri}: {str(error).splitlines()[0]}") from None
        self._runs: dict[tuple[str, int], str] = {}

    def describe(self, study: Study) -> None:
        """Write the question, the targets and the note that MLflow's page shows."""
        tags = {
            names.QUESTION: study.question,
            names.TARGETS: json.dumps(sorted(study.targets)),
            names.NOTE: page.note(study),
        }
        for key, value in tags.items():
            self._client.set_experiment_tag(self._experiment, key, value)

    def complete_trials(self) -> set[str]:
        """As the function of the same name, through MLflow's client."""
        found = _pages(self._client, self._experiment, f"tags.`{names.COMPLETE}` = 'true'")
        return {run.data.tags[names.TRIAL] for run in found}

    def project(self, planned: PlannedTrial, place: Path, told: Iterable[events.Event]) -> None:
        """Bring events of the trial's current attempt into its run.

        Args:
            planned: the trial and its place in the study.
            place: the trial's folder, where the files of a finished trial lie.
            told: events in order; those the run has already change nothing.
        """
        for event in told:
            run = self._run(planned, attempts.number(place), event.time)
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

    def _run(self, planned: PlannedTrial, attempt: int, began: float) -> str:
        """The id of the attempt's run, which is found or made."""
        key = (planned.trial.id, attempt)
        if key not in self._runs:
            query = f"tags.`{names.TRIAL}` = '{key[0]}' and tags.`{names.ATTEMPT}` = '{attempt}'"
            found = _pages(self._client, self._experiment, query)
            self._runs[key] = found[0].info.run_id if found else self._make_run(planned, attempt, began)
        return self._runs[key]

    def _make_run(self, planned: PlannedTrial, attempt: int, began: float) -> str:
        trial = planned.trial
        tags = {
            names.ARM: planned.arm,
            names.ARM_ORDER: str(planned.arm_order),
            names.MODEL: trial.model,
            names.SETTING: planned.setting,
            names.SEED: str(trial.seed),
            names.ROLE: names.RESULT_ROLE,
            names.TRIAL: trial.id,
            names.ATTEMPT: str(attempt),
            names.STUDY: self._client.get_experiment(self._experiment).name,
            names.DATA: planned.data,
            **page.commit_tags(),
        }
        made = self._client.create_run(
            self._experiment, start_time=round(began * 1000), tags=tags, run_name=planned.run_name
        )
        run = made.info.run_id
        self._log(run, params=page.params(trial, planned.data))
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


def _experiment_id(client: Any, uri: str, study: str) -> str:  # noqa: ANN401 - mlflow is imported late
    """The study's experiment, made if need be; artifacts of a local store lie beside it."""
    found = client.get_experiment_by_name(study)
    if found is None:
        beside = None
        if uri.startswith("sqlite:///"):
            beside = (Path(uri.removeprefix("sqlite:///")).parent / "mlartifacts" / study).as_uri()
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
