"""From a study file to MLflow's store, through real processes; what the store then holds."""

import json
import re
import shutil
import subprocess
import sys
import time

import mlflow
import numpy as np
import pytest
from places import make_place

from experiments import attempts, datasets, events, models, names, plan, requested, tracking, trial_data


@pytest.fixture(scope="session")
def runs(finished):
    client = mlflow.MlflowClient(finished[0].store)
    experiment = client.get_experiment_by_name("tiny")
    return client, client.search_runs([experiment.experiment_id])


def planned_trials(place):
    study = requested.read_study(str(place.study), None, place.work, print)
    return plan.trials(study, place.work)


def test_the_first_run_trains_everything_and_says_so(finished):
    _, done = finished
    assert done.returncode == 0, done.stderr
    assert "6 of 6 trials to train" in done.stdout
    assert "[6/6]" in done.stdout
    assert re.search(r"resnet20 · seed 2: test accuracy 0\.\d{3} at epoch \d, \d+ s", done.stdout)


def test_the_second_run_trains_nothing_and_loads_nothing_heavy(finished):
    place, _ = finished
    logs = {path: path.stat().st_mtime_ns for path in place.work.rglob("events.jsonl")}
    began = time.monotonic()
    done = place.compare()
    assert done.returncode == 0
    assert "all 6 trials are complete; nothing to train" in done.stdout
    assert time.monotonic() - began < 5  # about 0.6 s; importing tensorflow alone takes 4
    assert logs == {path: path.stat().st_mtime_ns for path in place.work.rglob("events.jsonl")}


def test_a_dry_run_tells_and_does_nothing(finished, tmp_path):
    place, _ = finished
    fresh = place._replace(store=f"sqlite:///{tmp_path / 'other.db'}")
    (tmp_path / "more.yaml").write_text(
        place.study.read_text().replace("seeds: [1, 2]", "seeds: [1, 3]").replace("name: tiny", "name: more")
    )
    done = fresh._replace(study=tmp_path / "more.yaml").compare("--dry-run")
    assert done.returncode == 0, done.stderr
    # Seed 1 is complete: the other study shares its trials.
    assert "3 of 6 trials to train" in done.stdout
    assert re.search(r"resnet20 · seed 3 +\d+\.\d G MACs +\d+ s", done.stdout)
    assert not (tmp_path / "other.db").exists()


def test_every_curve_begins_at_epoch_one(runs):
    client, found = runs
    assert len(found) == 6
    for run in found:
        for key in run.data.metrics:
            steps = [metric.step for metric in client.get_metric_history(run.info.run_id, key)]
            assert min(steps) >= 1, key
            assert len(steps) == len(set(steps)), key
        history = client.get_metric_history(run.info.run_id, names.TRAIN_SECONDS)
        assert [metric.step for metric in history] == [1, 2]
        assert history[0].value < history[1].value
        seen = client.get_metric_history(run.info.run_id, names.IMAGES_SEEN)
        assert [metric.value for metric in seen] == [120, 240]


def test_networks_have_accuracies_each_epoch_and_features_once(runs):
    client, found = runs
    for run in found:
        features = run.data.tags[names.MODEL] == "autoencoder_features"
        history = client.get_metric_history(run.info.run_id, "validation/accuracy")
        assert [metric.step for metric in history] == ([2] if features else [1, 2])
        losses = client.get_metric_history(run.info.run_id, "validation/reconstruction_loss")
        assert [metric.step for metric in losses] == ([1, 2] if features else [])


def test_a_run_tells_all_that_made_it(runs):
    _, found = runs
    for run in found:
        tags, params, metrics = run.data.tags, run.data.params, run.data.metrics
        assert tags[names.COMPLETE] == "true"
        assert tags[names.DIVERGED] == "false"
        assert tags["mlflow.runName"] == f"{tags[names.ARM]} · seed {tags[names.SEED]}"
        assert tags[names.THREADS] == "1"
        assert tags[names.ONEDNN] == "1"
        for tag in (names.DATA_DIGEST, names.SPLIT_DIGEST, names.CPU, names.GPU, names.VERSIONS):
            assert tags[tag]
        assert params["recipe.epochs"] == "2"
        assert params["data.source"] == "digits"
        assert params["data.train"] == "120"
        for metric in ("test/accuracy", "test/macro_f1", "parameters", "macs", "peak_memory_mib"):
            assert np.isfinite(metrics[metric])
    # 6n+2 with n = 3, one channel: 269,722 − 2 × 16 × 9 for the two channels less.
    assert {run.data.metrics["parameters"] for run in found if run.data.tags[names.ARM] == "resnet20"} == {
        269_434
    }
    assert len({run.data.tags[names.SPLIT_DIGEST] for run in found}) == 1


def test_the_logged_model_repeats_the_logged_test_figures(finished, runs, tmp_path):
    place, _ = finished
    client, found = runs
    trials = {each.trial.id: each.trial for each in planned_trials(place)}
    for run in found:
        folder = tmp_path / run.info.run_id
        folder.mkdir()
        client.download_artifacts(run.info.run_id, names.MODEL_FOLDER, str(folder))
        data = trial_data.load(trials[run.data.tags[names.TRIAL]], place.work)
        model = models.load(folder / names.MODEL_FOLDER)
        probabilities = model.predict(data.test_images)
        accuracy = float(np.mean(probabilities.argmax(axis=1) == data.test_labels))
        assert accuracy == run.data.metrics["test/accuracy"]
        report = json.loads(mlflow.artifacts.load_text(f"{run.info.artifact_uri}/{names.TEST_REPORT_FILE}"))
        assert np.trace(report["confusion_matrix"]) == round(accuracy * 100)
        assert model.classes == tuple("0123456789")


def test_the_chosen_epoch_has_the_highest_validation_accuracy(runs):
    client, found = runs
    for run in found:
        history = client.get_metric_history(run.info.run_id, "validation/accuracy")
        best = max(metric.value for metric in history)
        chosen = [metric for metric in history if metric.step == run.data.metrics[names.CHOSEN_EPOCH]]
        assert [metric.value for metric in chosen] == [best]


def test_the_page_explains_itself(runs):
    client, _ = runs
    tags = client.get_experiment_by_name("tiny").tags
    assert tags[names.QUESTION] == "Does it run?"
    assert json.loads(tags[names.TARGETS]) == [0.2, 0.99]
    assert "Does it run?" in tags[names.NOTE]
    assert "`validation/accuracy`" in tags[names.NOTE]


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


def test_a_lost_store_comes_back_from_the_logs_and_projecting_twice_changes_nothing(finished, tmp_path):
    place, _ = finished
    again = place._replace(store=f"sqlite:///{tmp_path / 'again.db'}")
    done = again.compare()
    assert done.returncode == 0, done.stderr
    assert "nothing to train" in done.stdout
    assert rows(again.store) == rows(place.store)
    projection = tracking.Projection(again.store, "tiny")
    for planned in planned_trials(place):
        folder = attempts.folder(place.work, planned.trial)
        told = events.read(attempts.log(folder))
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


@pytest.mark.parametrize("module", ["experiments.compare", "reports"])
def test_a_transaction_that_a_killed_writer_left_half_done_is_taken_back(finished, tmp_path, module):
    place, _ = finished
    left = tmp_path / "left.db"
    shutil.copyfile(place.store.removeprefix("sqlite:///"), left)
    subprocess.run([sys.executable, "-c", KILLED_WRITER, left], check=False)
    assert (tmp_path / "left.db-journal").stat().st_size > 512
    command = [sys.executable, "-m", module, str(place.study), "--store", f"sqlite:///{left}"]
    where = ["--work", str(place.work)] if module == "experiments.compare" else ["--out", str(tmp_path)]
    done = subprocess.run([*command, *where], **place.surroundings())
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "left.db-journal").exists()
    assert rows(f"sqlite:///{left}") == rows(place.store)


def test_a_pack_rebuilds_the_store_elsewhere(finished, tmp_path):
    place, _ = finished
    there = place._replace(work=tmp_path / "work", store=f"sqlite:///{tmp_path / 'there.db'}")
    package = tmp_path / "tiny.tar.xz"
    module = ["python", "-m", "experiments.export"]
    for arguments, at in (
        (["pack", str(place.study), "--to", str(package)], place),
        (["unpack", str(package)], there),
    ):
        command = [*place.command()[:1], *module[1:], *arguments, "--work", str(at.work), "--store", at.store]
        done = subprocess.run(command, **place.surroundings())
        assert done.returncode == 0, done.stderr
    assert package.stat().st_size < 40_000
    assert rows(there.store) == rows(place.store)


def test_the_same_specification_gives_the_same_numbers(finished, tmp_path):
    place, _ = finished
    elsewhere = make_place(
        tmp_path, place.study.read_text().replace("seeds: [1, 2]", "seeds: [2]"), place.work
    )
    # Another number of workers must not matter.
    done = elsewhere.compare("--workers", "1")
    assert done.returncode == 0, done.stderr
    clocks = {names.TRAIN_SECONDS, names.TRIAL_SECONDS, names.CHECKPOINT_SECONDS, names.PEAK_MEMORY}
    for planned in planned_trials(elsewhere):
        told = [
            [
                {key: value for key, value in event.metrics.items() if key not in clocks}
                for event in events.read(attempts.log(attempts.folder(work, planned.trial)))
                if not isinstance(event, events.Started)
            ]
            for work in (place.work, elsewhere.work)
        ]
        assert told[0] == told[1]
        assert len(told[0]) == 3


def test_an_edited_study_reports_what_it_asks_for_now(finished, tmp_path):
    place, _ = finished
    shutil.copytree(place.work, tmp_path / "work")
    shutil.copy(place.store.removeprefix("sqlite:///"), tmp_path / "mlflow.db")
    text = place.study.read_text()
    edited = make_place(tmp_path, text.replace("seeds: [1, 2]", "seeds: [1]").replace("Does it", "Will it"))

    def roles() -> dict[str, str]:
        client = mlflow.MlflowClient(edited.store)
        found = client.search_runs([client.get_experiment_by_name("tiny").experiment_id])
        return {run.data.tags[names.SEED]: run.data.tags[names.ROLE] for run in found}

    done = edited.compare()
    assert (done.returncode, done.stderr) == (0, "")
    assert "all 3 trials are complete; nothing to train" in done.stdout
    assert roles() == {"1": names.RESULT_ROLE, "2": names.OUTDATED_ROLE}
    assert tracking.stored(edited.store, "tiny").tags[names.QUESTION] == "Will it run?"
    edited.study.write_text(text)
    assert edited.compare().returncode == 0
    assert roles() == {"1": names.RESULT_ROLE, "2": names.RESULT_ROLE}


def test_other_data_is_another_experiment_and_the_same_data_the_same_trials(finished, tmp_path):
    place, _ = finished
    shutil.copytree(place.work, tmp_path / "work")
    there = place._replace(work=tmp_path / "work", store=f"sqlite:///{tmp_path / 'mlflow.db'}")
    done = there.compare("--data", "digits")
    assert "all 6 trials are complete; nothing to train" in done.stdout, done.stderr
    assert len(tracking.stored(there.store, "tiny-digits").complete) == 6


def test_both_ways_to_ask_the_store_agree(finished):
    place, _ = finished
    by_client, by_sql = tracking._asked_of_client(place.store, "tiny"), tracking.stored(place.store, "tiny")
    assert by_client.tags == by_sql.tags
    assert sorted(by_client.complete) == sorted(by_sql.complete)
    assert len(by_sql.complete) == 6


def test_prepared_data_is_kept_by_its_digest(finished):
    place, _ = finished
    summary = datasets.summary("digits", 16, place.work)
    assert datasets.open_prepared(summary.digest, summary.partition, place.work).images.shape == (
        1797,
        16,
        16,
        1,
    )
