"""The study once more: from its logs, its pack, edited, on other data, on a store that was lost."""

import shutil
import subprocess
import sys

import mlflow
import pytest

from experiments import export, names
from experiments.data import dataset, facts
from experiments.logs import checkpoint, events, trial_folder
from experiments.store import client, tracking
from tests.support import undisturbed
from tests.support.places import make_place, planned_trials, tiny

OF_THE_PROJECTION = ("mlflow.user", names.OWNER)


def rows(store: str) -> list[tuple]:
    """All that a store holds of the study, but for the ids that MLflow draws."""
    client = mlflow.MlflowClient(store)
    experiment = client.get_experiment_by_name("tiny")
    return sorted(
        (
            run.info.run_name,
            run.info.status,
            sorted(run.data.params.items()),
            sorted((key, value) for key, value in run.data.tags.items() if key not in OF_THE_PROJECTION),
            [
                (metric.key, metric.step, metric.timestamp, metric.value)
                for key in sorted(run.data.metrics)
                for metric in client.get_metric_history(run.info.run_id, key)
            ],
        )
        for run in client.search_runs([experiment.experiment_id])
    )


@pytest.mark.slow
def test_a_lost_store_comes_back_from_the_logs_and_projecting_twice_changes_nothing(finished, tmp_path):
    place, _ = finished
    again = place._replace(store=f"sqlite:///{tmp_path / 'again.db'}")
    done = again.compare()
    assert done.returncode == 0, done.stderr
    assert "nothing to train" in done.stdout
    assert rows(again.store) == rows(place.store)
    projection = tracking.Projection(again.store, "tiny")
    for planned in planned_trials(place):
        folder = trial_folder.of(place.work, planned.trial)
        told = events.read(trial_folder.log(folder))
        projection.project(planned, folder, told)
        projection.project(planned, folder, told[:2])
    assert rows(again.store) == rows(place.store)


# Fills its page cache, so that pages of an open transaction reach the file, and dies.
KILLED_WRITER = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 2")
database.execute("BEGIN IMMEDIATE")
database.execute("CREATE TABLE half_done (text)")
database.executemany("INSERT INTO half_done VALUES (?)", [("x" * 3000,)] * 100)
database.execute("DELETE FROM tags")
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(
    "module", ["experiments compare", pytest.param("reports draw", marks=pytest.mark.slow)]
)
def test_a_transaction_that_a_killed_writer_left_half_done_is_taken_back(finished, tmp_path, module):
    place, _ = finished
    left = tmp_path / "left.db"
    shutil.copyfile(place.store.removeprefix("sqlite:///"), left)
    subprocess.run([sys.executable, "-c", KILLED_WRITER, left], check=False)
    assert (tmp_path / "left.db-journal").stat().st_size > 512
    command = [sys.executable, "-m", *module.split(), str(place.study), "--store", f"sqlite:///{left}"]
    where = ["--work", str(place.work)] if module == "experiments compare" else ["--out", str(tmp_path)]
    done = subprocess.run([*command, *where], **place.surroundings())
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "left.db-journal").exists()
    assert rows(f"sqlite:///{left}") == rows(place.store)


@pytest.mark.slow
def test_a_pack_rebuilds_the_store_elsewhere(finished, tmp_path):
    place, _ = finished
    there = place._replace(work=tmp_path / "work", store=f"sqlite:///{tmp_path / 'there.db'}")
    package = tmp_path / "tiny.tar.xz"
    module = ["python", "-m", "experiments"]
    for arguments, at in (
        (["export", str(place.study), "--to", str(package), "--store", place.store], place),
        (["import", str(package), "--store", there.store], there),
    ):
        command = [*place.command()[:1], *module[1:], *arguments, "--work", str(at.work)]
        done = subprocess.run(command, **place.surroundings())
        assert done.returncode == 0, done.stderr
    assert package.stat().st_size < 60_000
    assert rows(there.store) == rows(place.store)
    mine, theirs = undisturbed.content(place.store).files, undisturbed.content(there.store).files
    for trial, files in theirs.items():
        assert {names.PROBABILITIES_FILE, names.NETWORK_FILE} <= {*files}
        assert all(mine[trial][name] == file for name, file in files.items())
    claims, others = (
        {key: value for key, value in each.items() if key.startswith(names.CLAIM) or key == names.CLAIMS}
        for each in (
            mlflow.MlflowClient(at.store).get_experiment_by_name("tiny").tags for at in (place, there)
        )
    )
    assert len(claims) == 2
    assert claims == others  # with the time at which the claim was registered


# A pack is of event logs: no store is needed for it.
def test_a_pack_is_made_where_the_store_cannot_be_read(finished, tmp_path):
    place, _ = finished
    (tmp_path / "mlflow.db").write_text("no database")
    package, store = tmp_path / "tiny.tar.xz", f"sqlite:///{tmp_path / 'mlflow.db'}"
    command = [*place.command()[:3], "export", str(place.study), "--to", str(package), "--store", store]
    done = subprocess.run([*command, "--work", str(place.work)], **place.surroundings())
    assert done.returncode == 0 and package.exists()
    assert done.stdout.startswith(f"store {store}: ") and "those of the work folder alone" in done.stdout


# Of other arms the fault tests see the same.
@pytest.mark.slow
def test_the_same_specification_gives_the_same_numbers(finished, tmp_path):
    place, _ = finished
    elsewhere = make_place(tmp_path, tiny("plain_cnn", seeds=(2,)), place.work)
    # Another number of workers must not matter.
    done = elsewhere.compare("--workers", "1")
    assert done.returncode == 0, done.stderr
    clocks = {
        names.TRAIN_SECONDS,
        names.TRIAL_SECONDS,
        names.CHECKPOINT_SECONDS,
        names.PEAK_MEMORY,
        names.PREDICTION_MS,
    }
    for planned in planned_trials(elsewhere):
        told = [
            [
                {key: value for key, value in event.metrics.items() if key not in clocks}
                for event in events.read(trial_folder.log(trial_folder.of(work, planned.trial)))
                if not isinstance(event, events.Started)
            ]
            for work in (place.work, elsewhere.work)
        ]
        assert told[0] == told[1]
        assert len(told[0]) == 3


@pytest.mark.slow
def test_an_edited_study_reports_what_it_asks_for_now(finished, tmp_path):
    place, _ = finished
    shutil.copytree(place.work, tmp_path / "work")
    shutil.copy(place.store.removeprefix("sqlite:///"), tmp_path / "mlflow.db")
    arms = ("autoencoder_features", "plain_cnn")
    edited = make_place(tmp_path, tiny(*arms, seeds=(1,)).replace("Does it", "Will it"))

    def roles() -> dict[str, str]:
        client = mlflow.MlflowClient(edited.store)
        found = client.search_runs([client.get_experiment_by_name("tiny").experiment_id])
        return {run.data.tags[names.SEED]: run.data.tags[names.ROLE] for run in found}

    done = edited.compare()
    assert (done.returncode, done.stderr) == (0, "")
    assert "all 2 trials are complete; nothing to train" in done.stdout
    assert roles() == {"1": names.RESULT_ROLE, "2": names.OUTDATED_ROLE}
    assert client.stored(edited.store, "tiny").tags[names.QUESTION] == "Will it run?"
    edited.study.write_text(tiny(*arms))
    assert edited.compare().returncode == 0
    assert roles() == {"1": names.RESULT_ROLE, "2": names.RESULT_ROLE}


def test_what_a_killed_process_left_of_a_complete_trial_goes(finished, tmp_path):
    place, _ = finished
    shutil.copytree(place.work, tmp_path / "work")
    there = place._replace(work=tmp_path / "work")
    folders = [trial_folder.of(there.work, each.trial) for each in planned_trials(place)]
    names_ = ("tmp/half.npy", checkpoint.FILE, f"{checkpoint.FILE}.unfinished-{2**30}")
    left = [each / name for each in folders for name in names_]
    for file in left:
        file.parent.mkdir(exist_ok=True)
        file.touch()
    for part in ("costs", "data", "data/index"):
        left.append(there.work / part / f"half.unfinished-{2**30}")
        left[-1].touch()
    done = there.compare()
    assert "all 4 trials are complete; nothing to train" in done.stdout, done.stderr
    assert not any(file.exists() for file in left)
    assert all((folder / "model").is_dir() and not (folder / "tmp").exists() for folder in folders)


@pytest.mark.slow
def test_other_data_is_another_experiment_and_the_same_data_the_same_trials(finished, tmp_path):
    place, _ = finished
    shutil.copytree(place.work, tmp_path / "work")
    there = place._replace(work=tmp_path / "work", store=f"sqlite:///{tmp_path / 'mlflow.db'}")
    done = there.compare("--data", "digits")
    assert "all 4 trials are complete; nothing to train" in done.stdout, done.stderr
    assert len(client.stored(there.store, "tiny-digits").complete) == 4


def test_both_ways_to_ask_the_store_agree(finished):
    place, _ = finished
    by_client, by_sql = (
        client.stored_by_client(place.store, "tiny"),
        client.stored(place.store, "tiny"),
    )
    assert by_client.tags == by_sql.tags
    assert sorted(by_client.complete) == sorted(by_sql.complete)
    assert len(by_sql.complete) == 4


def test_prepared_data_is_kept_by_its_digest(finished):
    place, _ = finished
    summary = dataset.summary(facts.Wanted("digits", 16), place.work)
    assert dataset.open_prepared(summary.digest, summary.partition, place.work).images.shape == (
        1797,
        16,
        16,
        1,
    )


# Where the photographs of a study lie is nobody else's business, and means nothing elsewhere.
@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("fashion_mnist", "fashion_mnist"),
        ("path:/home/me/photographs", "path:photographs"),
        ("path:photographs/list.csv", "path:list.csv"),
    ],
)
def test_a_pack_tells_no_path(source, told):
    assert export.travelling(source) == told
