"""Events → MLflow: the store is a projection of the event logs, and this module is its only writer.

Projecting a log twice changes nothing: an event carries its own time, and MLflow keeps one row for equal
(metric, step, time, value). `import mlflow` takes 1.5 s and happens when a `Projection` begins.
"""

import contextlib
import json
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from experiments import catalog, names, processes, words
from experiments.data.facts import Files
from experiments.errors import UserError
from experiments.location import SQLITE
from experiments.logs import events, trial_folder
from experiments.store import client, page, views
from experiments.store.client import StoreError
from experiments.studies.specification import PlannedTrial, Trial
from experiments.studies.study import Study

MOST_OF_A_BATCH = 1_000  # metrics that MLflow takes in one request
FilesOf = Mapping[tuple[str, str], Path]  # index files by the digest and partition of a data set


class Projection:
    """The runs of one study in the store, which is created if need be.

    files: of the study's data, which give names to mistakes: a trial knows its images by content alone, and
    may have been trained on another folder with the same. colors: of the study's arms, on MLflow's pages.
    Every method but `show` raises StoreError if the store fails.
    """

    def __init__(
        self,
        uri: str,
        study: str,
        files: FilesOf | None = None,
        colors: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._uri, self._files, self._colors = uri, files or {}, colors
        with client.errors_of(uri):
            client.make_whole(uri)
            self._client = client.opened(uri)
            self._experiment = _experiment_id(self._client, uri, study)
            # Fails, before anything is trained, if the store cannot be written.
            self._client.set_experiment_tag(self._experiment, names.OWNER, processes.signature())
        self._runs: dict[str, str] = {}  # run ids by attempt

    def describe(self, tags: dict[str, str], roles: dict[str, str]) -> None:
        """Set the tags of the experiment, and the roles of runs by their ids."""
        with client.errors_of(self._uri):
            for key, value in tags.items():
                self._client.set_experiment_tag(self._experiment, key, value)
            for run, role in roles.items():
                self._client.set_tag(run, names.ROLE, role)

    def show(self, study: Study, lacking: views.Lacking) -> str:
        """Write what the store lacks of MLflow's page of the study; a line where it refuses.

        Nothing fails for the page's sake. The refusal is remembered: it is told once, and no start of the
        study is for this alone again.
        """
        try:
            with client.errors_of(self._uri):
                self._show(study, lacking)
        except StoreError as error:
            if lacking.refused:
                return ""
            with contextlib.suppress(StoreError), client.errors_of(self._uri):
                self._client.set_experiment_tag(self._experiment, names.PAGE_REFUSED, lacking.digest)
            return f"{error}; MLflow's page of the study has not all its charts and colours"
        return ""

    def _show(self, study: Study, lacking: views.Lacking) -> None:
        for key, value in lacking.tags.items():
            self._client.set_experiment_tag(self._experiment, key, value)
        if lacking.links:
            note = views.note(study, lacking.links, self._experiment)
            self._client.set_experiment_tag(self._experiment, names.NOTE, note)
        for run, color in lacking.colors.items():
            self._client.set_tag(run, names.RUN_COLOR, color)
        shown, began, total = words.Passed(), time.monotonic(), len(lacking.gaps)
        for done, run in enumerate(lacking.gaps, start=1):
            self._derive_gap(run)
            left = words.duration((time.monotonic() - began) / done * (total - done))
            shown(f"{words.SIGN}gaps of earlier runs, for MLflow: {done:,} of {total:,}, about {left} left")
        shown.clear()

    def close_runs(self, runs: Iterable[str]) -> None:
        """End runs that nobody works on any more."""
        with client.errors_of(self._uri):
            for run in runs:
                self._end(run, "KILLED", trial_folder.ABANDONED, round(time.time() * 1000))

    def drop_model(self, folder: Path) -> None:
        """Remove the model of a complete trial from its run, if it has one."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        with client.errors_of(self._uri):
            query = f"tags.`{names.ATTEMPT}` = '{trial_folder.identity(folder)}'"
            for run in client.search(self._client, [self._experiment], query):
                if self._client.list_artifacts(run.info.run_id, names.MODEL_FOLDER):
                    get_artifact_repository(run.info.artifact_uri).delete_artifacts(names.MODEL_FOLDER)

    def project(self, planned: PlannedTrial, folder: Path, new: Iterable[events.Event]) -> None:
        """Bring events of the trial's current attempt into its run.

        Args:
            planned: the trial and its arm in the study.
            folder: of the trial, with the files of a finished one.
            new: events in order; those that the run has already change nothing.
        """
        attempt = trial_folder.identity(folder)
        try:
            with client.errors_of(self._uri):
                for event in new:
                    self._project(event, planned, self._run(planned, attempt, event.time), folder)
        except StoreError:
            # The run may have been deleted on MLflow's pages: it is looked for again next time.
            self._runs.pop(attempt, None)
            raise

    def _project(self, event: events.Event, planned: PlannedTrial, run: str, folder: Path) -> None:
        at = round(event.time * 1000)
        match event:
            case events.Started(tags=tags, start=start):
                self._log(run, tags={**tags, names.STARTS: str(start), names.OWNER: processes.signature()})
                self._reopen(run)
            case events.EpochEnded(epoch=epoch, metrics=metrics):
                self._log(run, metrics=metrics | _gap(metrics), step=epoch, at=at)
            case events.Finished(epoch=epoch, metrics=metrics, diverged=diverged):
                self._log(run, metrics=metrics, step=epoch, at=at)
                self._log(run, tags={names.DIVERGED: str(diverged).lower()})
                self._log_files(run, planned, folder)
                self._client.set_terminated(run, "FINISHED", at)
                # Last of all: the one sign that nothing is missing.
                self._client.set_tag(run, names.COMPLETE, "true")
            case events.Failed(reason=reason):
                self._end(run, "FAILED", reason, at)
            case events.Killed(reason=reason):
                self._end(run, "KILLED", reason, at)

    def _reopen(self, run: str) -> None:
        """A run that had ended goes on; one that is complete stays so."""
        stored = self._client.get_run(run)
        if names.COMPLETE in stored.data.tags:
            return
        if stored.info.status != "RUNNING":
            self._client.update_run(run, status="RUNNING")
        if names.FAILURE in stored.data.tags:
            self._client.delete_tag(run, names.FAILURE)

    def _end(self, run: str, status: str, reason: str, at: int) -> None:
        self._client.set_tag(run, names.FAILURE, reason)
        self._client.set_terminated(run, status, at)

    def _run(self, planned: PlannedTrial, attempt: str, began: float) -> str:
        """The id of the attempt's run, which is found or created."""
        if attempt not in self._runs:
            query = f"tags.`{names.TRIAL}` = '{planned.trial.id}' and tags.`{names.ATTEMPT}` = '{attempt}'"
            found = client.search(self._client, [self._experiment], query)
            run = found[0].info.run_id if found else self._create_run(planned, attempt, began)
            # A slow server may have created one after all, when we had given it up.
            for twin in found[1:]:
                self._client.delete_run(twin.info.run_id)
            # Also into a run that was found: the process that created it may have been killed before.
            self._specify(run, planned)
            self._runs[attempt] = run
        return self._runs[attempt]

    def _create_run(self, planned: PlannedTrial, attempt: str, began: float) -> str:
        trial = planned.trial
        tags = {
            names.STUDY: self._client.get_experiment(self._experiment).name,
            names.ARM: planned.arm,
            names.ARM_ORDER: str(planned.arm_order),
            names.MODEL: trial.model,
            names.KIND_OF_MODEL: catalog.CATALOG[trial.model].kind,
            names.SETTING: planned.setting,
            names.SEED: str(trial.seed),
            names.ROLE: planned.role,
            names.TRIAL: trial.id,
            names.ATTEMPT: attempt,
            names.DATA: planned.data,
            names.VERSION: str(trial.results_version),
            names.SEED_COUNTS: str(catalog.has_seed(trial.model, trial.arguments)).lower(),
            names.OWNER: processes.signature(),
        }
        run = self._client.create_run(
            self._experiment, start_time=round(began * 1000), tags=tags, run_name=planned.run_name
        )
        return run.info.run_id

    def _specify(self, run: str, planned: PlannedTrial) -> None:
        """All settings, as params and whole, and the arm's colour; a second time changes nothing."""
        color = {names.RUN_COLOR: self._colors[planned.arm]} if planned.arm in self._colors else {}
        self._log(run, params=page.params(planned.trial, planned.data), tags=color)
        self._client.log_inputs(run, [_dataset(planned)])
        self._client.log_text(run, planned.trial.model_dump_json(indent=2), names.SPECIFICATION_FILE)

    def _derive_gap(self, run: str) -> None:
        """Log the gap of each epoch of a run from before there was one, at the times of the epochs."""
        from mlflow.entities import Metric

        train, validation = (
            {each.step: each for each in self._client.get_metric_history(run, key)}
            for key in (client.TRAIN_ACCURACY, client.VALIDATION_ACCURACY)
        )
        gaps = [
            Metric(names.OVERFITTING_GAP, train[step].value - each.value, each.timestamp, step)
            for step, each in validation.items()
            if step in train
        ]
        for first in range(0, len(gaps), MOST_OF_A_BATCH):
            self._client.log_batch(run, gaps[first : first + MOST_OF_A_BATCH])

    def _log(
        self,
        run: str,
        *,
        metrics: dict[str, float] | None = None,
        params: dict[str, str] | None = None,
        tags: dict[str, str] | None = None,
        step: int = 1,
        at: int = 0,
    ) -> None:
        from mlflow.entities import Metric, Param, RunTag

        self._client.log_batch(
            run,
            [Metric(key, value, at, step) for key, value in (metrics or {}).items()],
            [Param(key, value) for key, value in (params or {}).items()],
            [RunTag(key, value) for key, value in (tags or {}).items()],
        )

    def _named(self, trial: Trial, mistakes: Path) -> str:
        """The list of mistakes with the names of their files; empty where these are unknown."""
        index = self._files.get((trial.data_digest, trial.partition))
        if index is None or not mistakes.exists():
            return ""
        files = Files.read(index).names
        if not files:
            return ""
        content = json.loads(mistakes.read_text(encoding="utf-8"))
        return json.dumps(content | {"file": [files[position] for position in content["position"]]}) + "\n"

    def _log_files(self, run: str, planned: PlannedTrial, folder: Path) -> None:
        for file in names.TRIAL_FILES:
            if file == names.MISTAKES_FILE and (named := self._named(planned.trial, folder / file)):
                self._client.log_text(run, named, file)
            elif (folder / file).exists():
                self._client.log_artifact(run, str(folder / file))
        from experiments.store import pictures  # numpy and Pillow, which a store that is only asked needs not

        with tempfile.TemporaryDirectory() as drawn:
            pictures.draw(folder, Path(drawn))
            self._client.log_artifacts(run, drawn)
        if (folder / names.MODEL_FOLDER).is_dir():
            self._client.log_artifacts(run, str(folder / names.MODEL_FOLDER), names.MODEL_FOLDER)


def _gap(metrics: Mapping[str, float]) -> dict[str, float]:
    """Train − validation accuracy of an epoch that has both: charts of MLflow's pages subtract nothing."""
    train, validation = metrics.get(client.TRAIN_ACCURACY), metrics.get(client.VALIDATION_ACCURACY)
    return {} if train is None or validation is None else {names.OVERFITTING_GAP: train - validation}


def _dataset(planned: PlannedTrial) -> Any:  # noqa: ANN401 - mlflow is imported late
    """The data of a trial as MLflow's "Dataset" column shows it; 36 digits of a digest are its limit."""
    from mlflow.entities import Dataset, DatasetInput

    digest = planned.trial.data_digest[:36]
    return DatasetInput(Dataset(planned.data, digest, "local", json.dumps({"uri": planned.data})))


def _experiment_id(opened: Any, uri: str, study: str) -> str:  # noqa: ANN401 - mlflow is imported late
    """The study's experiment, created if need be; artifacts of a local store lie beside it."""
    found = opened.get_experiment_by_name(study)
    if found is None:
        beside = None
        if uri.startswith(SQLITE):
            beside = (Path(uri.removeprefix(SQLITE)).parent / names.ARTIFACTS / study).as_uri()
        return opened.create_experiment(study, artifact_location=beside)
    if found.lifecycle_stage != "active":
        raise UserError(
            f"store {uri}: the experiment {study!r} was deleted there; restore it with "
            f"`mlflow experiments restore --experiment-id {found.experiment_id}`, or rename the study"
        )
    return found.experiment_id
