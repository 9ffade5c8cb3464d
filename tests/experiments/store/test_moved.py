"""A local store that was moved or copied with its files goes on there, and leaves its original alone."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import mlflow
import pytest

from experiments import names
from experiments.logs import events, trial_folder
from experiments.store import client, moved, tracking
from experiments.studies import reading
from reports.store import reading as store_reading
from tests.support.small_study import DIGESTS, SMALL


@pytest.fixture
def project(tmp_path):
    """A folder with a store of one complete run and its files."""
    place = tmp_path / "project"
    place.mkdir()
    add_trial(place, 0)
    return place


def add_trial(place, number):
    """Project one more trial, with a file."""
    planned = reading.parse(SMALL, "small").trials(DIGESTS)[number]
    folder = trial_folder.of(place / "work", planned.trial)
    trial_folder.begin(folder, planned.trial)
    (folder / names.TEST_REPORT_FILE).write_text(f'"{number}"')
    told = [
        events.Started(tags={names.CPU: "a"}),
        events.EpochEnded(epoch=1, metrics={"train/accuracy": 0.5}),
        events.Finished(epoch=1, metrics={"test/accuracy": 0.5}, diverged=False),
    ]
    tracking.Projection(uri_of(place), "small").project(planned, folder, told)


def uri_of(place):
    return f"sqlite:///{place / 'mlflow.db'}"


def files_of(place):
    """What MLflow's client and the reports read of the test report of each run."""
    by_client = mlflow.MlflowClient(uri_of(place))
    rows = store_reading.read_rows(uri_of(place), "small")
    found = []
    for run in rows.runs:
        beside = place / "downloads" / run.run_id
        beside.mkdir(parents=True, exist_ok=True)
        downloaded = by_client.download_artifacts(run.run_id, names.TEST_REPORT_FILE, str(beside))
        read = store_reading.artifact(uri_of(place), run.run_id, run.artifacts, names.TEST_REPORT_FILE)
        found.append((Path(downloaded).read_bytes(), read))
    return sorted(found)


# Stopped right after its experiment was made, and copied then.
def test_a_store_that_was_copied_before_its_first_run_writes_beside_itself(tmp_path):
    place, there = tmp_path / "project", tmp_path / "copy"
    place.mkdir()
    tracking.Projection(uri_of(place), "small")
    shutil.copytree(place, there)
    mine = sorted(place.rglob("*"))
    client.make_whole(uri_of(there))
    add_trial(there, 0)
    assert files_of(there) == [(b'"0"', b'"0"')]
    assert sorted(place.rglob("*")) == mine


@pytest.mark.parametrize("how", ["moved", "copied"])
def test_a_store_in_another_place_finds_its_files_and_writes_beside_itself(project, tmp_path, how):
    before = files_of(project)
    assert before == [(b'"0"', b'"0"')]
    there = tmp_path / "another disk" / "project"
    (shutil.move if how == "moved" else shutil.copytree)(project, there)
    mine = sorted(project.rglob("*")) if how == "copied" else []
    rows = store_reading.read_rows(uri_of(there), "small")
    assert store_reading.artifact(
        uri_of(there), rows.runs[0].run_id, rows.runs[0].artifacts, names.TEST_REPORT_FILE
    )
    client.make_whole(uri_of(there))
    assert files_of(there) == before
    add_trial(there, 1)
    assert files_of(there) == [(b'"0"', b'"0"'), (b'"1"', b'"1"')]
    assert sorted(project.rglob("*")) == mine


def test_a_link_to_the_project_moves_nothing(project, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(project)
    content = (project / "mlflow.db").read_bytes()
    client.make_whole(uri_of(link))
    assert (project / "mlflow.db").read_bytes() == content


def locations(place):
    """Where the rows look for files of the study and of its runs."""
    experiment = mlflow.MlflowClient(uri_of(place)).get_experiment_by_name("small")
    runs = mlflow.MlflowClient(uri_of(place)).search_runs([experiment.experiment_id])
    return [experiment.artifact_location, *(run.info.artifact_uri for run in runs)]


# Another project's files lie beside the copy: those of this study do not.
def test_a_database_that_was_copied_alone_keeps_looking_where_its_files_are(project, tmp_path):
    there = tmp_path / "there"
    (there / names.ARTIFACTS / "other").mkdir(parents=True)
    shutil.copy(project / "mlflow.db", there)
    before = locations(project)
    client.make_whole(uri_of(there))
    assert locations(there) == before
    assert files_of(there) == [(b'"0"', b'"0"')]


def test_a_link_to_the_database_alone_moves_nothing(project, tmp_path):
    there = tmp_path / "there"
    (there / names.ARTIFACTS).mkdir(parents=True)
    (there / "mlflow.db").symlink_to(project / "mlflow.db")
    before = locations(project)
    client.make_whole(uri_of(there))
    assert locations(project) == before
    rows = store_reading.read_rows(uri_of(there), "small")
    assert store_reading.artifact(uri_of(there), "", rows.runs[0].artifacts, names.TEST_REPORT_FILE)


@pytest.mark.parametrize("root", ["s3://bucket/mlartifacts/small", "mlflow-artifacts:/mlartifacts/small"])
def test_files_of_other_schemes_stay_where_they_are(tmp_path, root):
    (tmp_path / names.ARTIFACTS / "small").mkdir(parents=True)
    client.make_whole(uri_of(tmp_path))
    mlflow.MlflowClient(uri_of(tmp_path)).create_experiment("small", artifact_location=root)
    client.make_whole(uri_of(tmp_path))
    assert locations(tmp_path) == [root]


def test_a_moved_store_that_another_process_holds_is_told(project, tmp_path, monkeypatch):
    there = tmp_path / "there"
    shutil.move(project, there)
    monkeypatch.setattr(moved, "PATIENCE", 0.1)
    with closing(sqlite3.connect(there / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(client.StoreError, match="it was moved, and the places of its files cannot"):
            client.make_whole(uri_of(there))
    client.make_whole(uri_of(there))
    assert files_of(there) == [(b'"0"', b'"0"')]


# Its folder is made with its first file, which must not be the original's.
def test_a_study_without_files_moves_with_the_others(project, tmp_path):
    mlflow.MlflowClient(uri_of(project)).create_experiment(
        "new", artifact_location=(project / names.ARTIFACTS / "new").as_uri()
    )
    there = tmp_path / "there"
    shutil.copytree(project, there)
    (project / names.ARTIFACTS / "new").mkdir()
    client.make_whole(uri_of(there))
    found = mlflow.MlflowClient(uri_of(there)).get_experiment_by_name("new")
    assert found.artifact_location == (there / names.ARTIFACTS / "new").as_uri()
