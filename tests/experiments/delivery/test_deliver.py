"""A model in a folder to hand over: the delivered file answers as the run did, elsewhere and without us."""

import json
import re
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import skops.io
from PIL import Image
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from experiments import names
from experiments.delivery import conversion, deliver
from experiments.trial import saved
from tests.support import commands

GENERATOR = np.random.default_rng(4)


@pytest.fixture(scope="module")
def trials(finished):
    """Of each arm of the finished study, its first trial's folder."""
    place, done = finished
    assert done.returncode == 0, done.stderr
    found = {}
    for folder in sorted(place.work.glob("*/model")):
        model = json.loads((folder / saved.FACTS).read_text())["model"]
        found.setdefault(model, folder.parent)
    return place, found


@pytest.mark.parametrize("model", ["plain_cnn", "autoencoder_features"])
def test_a_model_is_delivered_and_answers_as_the_run(model, trials, tmp_path):
    place, found = trials
    out = tmp_path / "given"
    done = commands.answer(
        "deliver", found[model].name, "--to", out, "--work", place.work, "--store", place.store
    )
    assert done.returncode == 0, done.stderr
    assert {"model.tflite", "classify.py", "model.json", "README.md"} <= {each.name for each in out.iterdir()}
    measured = json.loads((found[model] / "test_report.json").read_text())
    right = np.trace(measured["confusion_matrix"]) / np.sum(measured["confusion_matrix"])
    assert f"{right:.1%} of 100 test images right" in (out / "README.md").read_text()
    # Elsewhere, by itself: another folder, no repository on the path.
    moved = tmp_path / "elsewhere" / "model"
    shutil.copytree(out, moved)
    pixels = GENERATOR.integers(0, 256, (16, 16), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    told = subprocess.run(
        [sys.executable, "-I", moved / "classify.py", tmp_path / "a.png"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    expected = saved.load(found[model] / "model").predict(pixels[None, ..., None])[0]
    assert f": {expected.argmax()} ({expected.max():.1%})" in told


def test_a_file_that_answers_otherwise_is_not_delivered(trials, tmp_path, monkeypatch):
    place, found = trials
    folders = [each for each in place.work.glob("*/model") if (each / "model.keras").exists()]
    other = next(each for each in folders if each.parent != found["plain_cnn"])
    network = conversion.whole_network(other, 10)
    monkeypatch.setattr(conversion, "whole_network", lambda *_: network)
    out = tmp_path / "given"
    done = commands.answer(
        "deliver", found["plain_cnn"].name, "--to", out, "--work", place.work, "--store", place.store
    )
    assert done.returncode == 2
    assert "answers otherwise than the run on" in done.stderr
    assert not out.exists() and not [*tmp_path.iterdir()]


def test_of_an_arm_the_best_on_validation_is_delivered(trials, tmp_path):
    place, _ = trials
    done = commands.answer(
        "deliver", "--arm", "plain_cnn", "--study", place.study, "--to", tmp_path / "given",
        "--work", place.work, "--store", place.store,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    scores = {}
    for folder in place.work.glob("*/model"):
        if json.loads((folder / saved.FACTS).read_text())["model"] == "plain_cnn":
            epochs = [
                json.loads(line)["metrics"]
                for line in (folder.parent / "events.jsonl").read_text().splitlines()
                if '"event":"epoch"' in line
            ]
            scores[folder.parent.name] = max(
                each[names.metric(names.VALIDATION, names.ACCURACY)] for each in epochs
            )
    chosen = re.search(r"trial (\w+) is best", done.stdout)[1]
    assert len(scores) > 1
    assert scores[chosen] == max(scores.values())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give RUN=… or ARM=…"),
        (("{trial}", "--arm", "plain_cnn"), "give RUN=… or ARM=…"),
        (("--arm", "plain_cn", "--study", "{study}"), "did you mean 'plain_cnn'?"),
        (("nosuchrun",), "its trial is not in"),
        (("{trial}", "--to", "{there}"), "is there already"),
    ],
)
def test_what_cannot_be_delivered_is_one_line(words, told, trials, tmp_path):
    place, found = trials
    named = {"trial": found["plain_cnn"].name, "there": tmp_path, "study": place.study}
    done = commands.answer(
        "deliver", *(word.format(**named) for word in words), "--work", place.work, "--store", place.store
    )
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert told in done.stderr


# Features of very different spread, one that never varies, and classes that no training image had.
@pytest.mark.parametrize("classes", [[0, 3], [0, 1, 3]])
def test_a_logistic_regression_becomes_layers(classes):
    labels = GENERATOR.choice(classes, 80)
    features = GENERATOR.normal(labels[:, None], 1, (80, 6)) * [1e-4, 1, 100, 1, 1, 0] + [5, 0, 0, 1, 0, 7]
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, labels)
    given = keras.Input((6,))
    network = keras.Model(given, conversion._as_layers(fitted, given, 5))
    found = np.asarray(network(features.astype(np.float32)))
    np.testing.assert_allclose(found[:, fitted.classes_], fitted.predict_proba(features), atol=2e-3)
    assert found.sum(axis=1) == pytest.approx(1)


# A forest is no network: its files are delivered, and the card says why there is no other.
def test_a_forest_is_delivered_as_it_is(trials, tmp_path):
    place, found = trials
    trial = found["autoencoder_features"]
    work = tmp_path / "work"
    shutil.copytree(trial, work / trial.name)
    shutil.copytree(place.work / "data", work / "data")
    model = work / trial.name / "model"
    codes = GENERATOR.normal(size=(60, 8))
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(5)).fit(codes, np.arange(60) % 10)
    skops.io.dump(forest, model / saved.CLASSIFIER)
    out = tmp_path / "given"
    done = commands.answer("deliver", trial.name, "--to", out, "--work", work, "--store", place.store)
    assert done.returncode == 0, done.stderr
    assert not (out / deliver.LITERT).exists() and (out / saved.CLASSIFIER).exists()
    assert "its classifier is a RandomForestClassifier" in (out / "README.md").read_text()
