"""From a study file to MLflow's store, through real processes; what the store then holds."""

import json
import re
from pathlib import Path

import mlflow
import numpy as np
import pytest

from experiments import names
from experiments.trial import load, saved
from tests.support.places import planned_trials, tiny


@pytest.fixture(scope="session")
def runs(finished):
    client = mlflow.MlflowClient(finished[0].store)
    experiment = client.get_experiment_by_name("tiny")
    return client, client.search_runs([experiment.experiment_id])


def test_the_first_run_trains_everything_and_says_so(finished):
    _, done = finished
    assert done.returncode == 0, done.stderr
    assert "4 of 4 trials to train" in done.stdout
    assert "[4/4]" in done.stdout
    assert re.search(r"plain_cnn · seed 2: test accuracy 0\.\d{3} at epoch \d, \d+ s", done.stdout)


def test_the_second_run_trains_nothing_and_loads_nothing_heavy(finished):
    place, _ = finished
    logs = {path: path.stat().st_mtime_ns for path in place.work.rglob("events.jsonl")}
    done = place.compare(PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    assert "all 4 trials are complete; nothing to train" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "experiments.planning" in loaded
    assert not loaded & {"tensorflow", "keras", "mlflow", "sqlalchemy", "sklearn", "matplotlib"}
    assert logs == {path: path.stat().st_mtime_ns for path in place.work.rglob("events.jsonl")}


def test_a_dry_run_tells_and_does_nothing(finished, tmp_path):
    place, _ = finished
    fresh = place._replace(store=f"sqlite:///{tmp_path / 'other.db'}")
    more = tiny("autoencoder_features", "plain_cnn", seeds=(1, 3)).replace("name: tiny", "name: more")
    (tmp_path / "more.yaml").write_text(more)
    done = fresh._replace(study=tmp_path / "more.yaml").compare("--dry-run")
    assert done.returncode == 0, done.stderr
    # Seed 1 is complete: the other study shares its trials.
    assert "2 of 4 trials to train" in done.stdout
    assert re.search(r"plain_cnn · seed 3 +\d+\.\d G MACs +\d+ s", done.stdout)
    assert not (tmp_path / "other.db").exists()


def test_every_curve_begins_at_epoch_one(runs):
    client, found = runs
    assert len(found) == 4
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
    # Convolutions 4 × (9 + 1) and 8 × (9 × 4 + 1), dense layers 16 × (4 × 4 × 8 + 1) and 10 × (16 + 1).
    assert {run.data.metrics["parameters"] for run in found if run.data.tags[names.ARM] == "plain_cnn"} == {
        40 + 296 + 2064 + 170
    }
    # A seed draws one split for all arms.
    splits = {(run.data.tags[names.SEED], run.data.tags[names.SPLIT_DIGEST]) for run in found}
    assert len(splits) == len({seed for seed, _ in splits}) == 2


def test_the_logged_model_repeats_the_logged_test_figures(finished, runs, tmp_path):
    place, _ = finished
    client, found = runs
    trials = {each.trial.id: each.trial for each in planned_trials(place)}
    for run in found:
        folder = tmp_path / run.info.run_id
        folder.mkdir()
        client.download_artifacts(run.info.run_id, names.MODEL_FOLDER, str(folder))
        data = load.load(trials[run.data.tags[names.TRIAL]], place.work)
        model = saved.load(folder / names.MODEL_FOLDER)
        probabilities = model.predict(data.test.images)
        accuracy = float(np.mean(probabilities.argmax(axis=1) == data.test.labels))
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


def test_claims_are_registered_before_the_first_trial(runs):
    client, found = runs
    tags = client.get_experiment_by_name("tiny").tags
    (digest,) = json.loads(tags[names.CLAIMS])
    claim = json.loads(tags[names.CLAIM + digest])
    assert claim["text"] == "plain_cnn has higher test accuracy than autoencoder_features"
    assert claim["registered"] < min(run.info.start_time for run in found)
    assert claim["text"] in tags[names.NOTE]


def test_mistakes_are_the_images_that_the_report_does_not_count_as_right(runs):
    _, found = runs
    for run in found:
        report, wrong = (
            json.loads(mlflow.artifacts.load_text(f"{run.info.artifact_uri}/{file}"))
            for file in (names.TEST_REPORT_FILE, names.MISTAKES_FILE)
        )
        counts = np.array(report["confusion_matrix"])
        np.fill_diagonal(counts, 0)
        told = np.zeros_like(counts)
        np.add.at(told, (wrong["true"], wrong["predicted"]), 1)
        np.testing.assert_array_equal(told, counts)


# The network is that of the chosen epoch; the autoencoder's accuracy is that of its last one.
def test_answers_are_kept_of_every_image_of_validation_and_test(finished, runs, tmp_path):
    place, _ = finished
    client, found = runs
    trials = {each.trial.id: each.trial for each in planned_trials(place)}
    for run in found:
        trial = trials[run.data.tags[names.TRIAL]]
        data = load.load(trial, place.work)
        file = client.download_artifacts(run.info.run_id, names.PROBABILITIES_FILE, str(tmp_path))
        with np.load(file, allow_pickle=False) as opened:
            kept = dict(opened)
        history = client.get_metric_history(run.info.run_id, "validation/accuracy")
        chosen = [metric.value for metric in history if metric.step == run.data.metrics[names.CHOSEN_EPOCH]]
        for split, accuracy in ((names.VALIDATION, *chosen), (names.TEST, run.data.metrics["test/accuracy"])):
            answers = {array: kept[names.answers(split, array)] for array in names.ANSWERS}
            np.testing.assert_array_equal(answers[names.POSITIONS], data.positions[split])
            np.testing.assert_array_equal(answers[names.LABELS], data.evaluated[split].labels)
            assert np.mean(answers[names.PREDICTED] == answers[names.LABELS]) == accuracy
            np.testing.assert_allclose(answers[names.PROBABILITIES].sum(axis=1), 1, atol=0.01)
        assert Path(file).read_bytes() == (place.work / trial.id / names.PROBABILITIES_FILE).read_bytes()


def test_the_page_explains_itself(runs):
    client, _ = runs
    tags = client.get_experiment_by_name("tiny").tags
    assert tags[names.QUESTION] == "Does it run?"
    assert json.loads(tags[names.TARGETS]) == [0.2, 0.99]
    assert "Does it run?" in tags[names.NOTE]
    assert "`validation/accuracy`" in tags[names.NOTE]
