"""How networks and feature models learn: scikit-learn's digits, the files on disk."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import skops.io

from experiments import names
from experiments.data import named
from experiments.data.crops import View
from experiments.errors import UserError
from experiments.studies.specification import Recipe
from experiments.trial import build, learners, saved
from experiments.trial.load import EvaluatedImages, TrainingData

# The learners, on scikit-learn's digits: 300 images to train on, 100 for validation.

DIGITS = named.load("digits", None)
SCHOOL = Recipe(optimizer="adam", learning_rate=0.01, schedule="constant", batch_size=32, epochs=3)
ONE_EPOCH = SCHOOL.model_copy(update={"epochs": 1})


def digits(validation=DIGITS.images[300:400], crop=None):
    train, labels = DIGITS.images[:300], DIGITS.labels[:300]
    return TrainingData(
        images=train,
        labels=labels,
        classes=10,
        crop=crop,
        train_slice=EvaluatedImages(View(train[:100], crop=crop)[:], labels[:100]),
        validation=EvaluatedImages(View(validation, crop=crop)[:], DIGITS.labels[300:400]),
    )


# Of 8 × 8 pixels a grid of 5 sees four windows, whose labels are those of their image.
def test_what_a_classifier_learns_from_are_the_windows_that_are_evaluated():
    data = replace(digits(crop=5), windows="grid")
    seen, labels = data.evaluated_windows()
    assert seen.shape == (1200, 5, 5, 1)
    for image in (0, 7, 299):
        whole = DIGITS.images[image]
        corners = [whole[row : row + 5, column : column + 5] for row in (0, 3) for column in (0, 3)]
        np.testing.assert_array_equal(seen[4 * image : 4 * image + 4], corners)
        assert labels[4 * image : 4 * image + 4].tolist() == [DIGITS.labels[image]] * 4


def cnn(data, recipe=SCHOOL, seed=0):
    return build.learner("plain_cnn", {"filters": [8], "kernels": [3], "dense": 16}, data, recipe, seed)


def autoencoder(data, recipe=SCHOOL, seed=0, classifier="logistic"):
    arguments = {"filters": [4], "code": 16, "classifier": classifier}
    return build.learner("autoencoder_features", arguments, data, recipe, seed)


def fitted(learner, data):
    reports = []
    chosen = learner.fit(data.evaluate, lambda *report: reports.append(report))
    return chosen, reports


@pytest.fixture(scope="module")
def trained():
    """kind → (learner, data, chosen epoch, reports), trained once, on windows of 6×6 pixels."""
    data, cache = digits(crop=6), {}

    def of(kind):
        if kind not in cache:
            learner = cnn(data) if kind == "network" else autoencoder(data, classifier=kind)
            cache[kind] = (learner, data, *fitted(learner, data))
        return cache[kind]

    return of


def test_a_network_learns_the_digits(trained):
    learner, data, chosen, reports = trained("network")
    assert [epoch for epoch, _ in reports] == [1, 2, 3]
    assert reports[-1][1]["validation/accuracy"] > 0.3  # guessing gives 0.1
    assert reports[-1][1]["images_seen"] == 3 * 10 * 32
    # What is kept is the chosen epoch: the same scores to the last bit.
    found = data.evaluate(learner.predict)
    assert found == {name: dict(reports)[chosen][name] for name in found}


# The accuracies are not the network's: the second epoch is the best.
def test_the_weights_of_the_chosen_epoch_are_kept():
    data = digits()
    learner = cnn(data)
    accuracies, seen = iter([0.1, 0.9, 0.5]), []

    def evaluate(predict):
        seen.append(predict(data.validation.images))
        return {"validation/accuracy": next(accuracies), "validation/loss": 1.0}

    assert learner.fit(evaluate, lambda *_: None) == 2
    np.testing.assert_array_equal(learner.predict(data.validation.images), seen[1])
    assert not np.array_equal(seen[1], seen[2])


def test_probabilities_are_of_raw_images():
    data = digits()
    probabilities = cnn(data).predict(data.validation.images)
    assert probabilities.shape == (100, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_training_repeats_itself_and_a_seed_changes_it():
    data = digits()

    def metrics_of(seed):
        metrics = dict(fitted(cnn(data, ONE_EPOCH, seed), data)[1])[1]
        return {name: value for name, value in metrics.items() if name != "train_seconds"}

    assert metrics_of(1) == metrics_of(1) != metrics_of(2)


def test_a_diverged_network_is_still_a_result():
    data = digits()
    learner = cnn(data, SCHOOL.model_copy(update={"learning_rate": 1e20}))
    chosen, reports = fitted(learner, data)
    assert (chosen, len(reports)) == (1, 1)
    assert math.isnan(reports[0][1]["validation/loss"])
    assert 0 <= reports[0][1]["validation/accuracy"] <= 1


# Pixels 1 and 3 in equal parts: mean 2, variance 1; and a constant channel, whose variance counts as 1.
def test_normalisation_is_that_of_the_training_images():
    images = np.zeros((1, 2, 2, 2), np.uint8)
    images[..., 0] = [[1, 3], [3, 1]]
    images[..., 1] = 5
    normalised = np.asarray(learners.pixel_normalisation(images)(images))
    np.testing.assert_allclose(normalised[0, ..., 0], [[-1, 1], [1, -1]], atol=1e-6)
    np.testing.assert_allclose(normalised[0, ..., 1], 0, atol=1e-6)


# Features.


def reconstruction_loss(learner, data):
    """By hand: the mean squared error of the normalised validation images."""
    normalised = np.asarray(learners.pixel_normalisation(data.images)(data.validation.images))
    return np.square(normalised - learner.network.predict(normalised, verbose=0)).mean(dtype=np.float64)


@pytest.mark.parametrize("classifier", ["logistic", "svm"])
def test_features_are_one_point_at_the_whole_cost(trained, classifier):
    learner, data, chosen, reports = trained(classifier)
    assert (chosen, [epoch for epoch, _ in reports]) == (3, [1, 2, 3])
    losses = {"train/reconstruction_loss", "validation/reconstruction_loss"}
    progress = {"train_seconds", "images_seen", "learning_rate"}
    assert [set(metrics) for _, metrics in reports[:-1]] == [losses | progress] * 2
    accuracies = {"train/accuracy", "train/loss", "validation/accuracy", "validation/loss"}
    assert set(reports[-1][1]) == losses | progress | accuracies
    assert reports[-1][1]["validation/accuracy"] > 0.3
    best = min(metrics["validation/reconstruction_loss"] for _, metrics in reports)
    assert reconstruction_loss(learner, data) == pytest.approx(best, rel=1e-5)


# One step an epoch, the first at the rate 0 of a warm-up, the second at 500: what was good is the beginning.
def test_the_encoder_of_the_lowest_validation_loss_is_kept():
    data = digits()
    recipe = Recipe(batch_size=300, epochs=3, learning_rate=1000, warmup_epochs=2)
    learner = autoencoder(data, recipe)
    beginning = learner.network.get_weights()
    losses = []
    learner.fit(
        lambda predict: {}, lambda _, metrics: losses.append(metrics["validation/reconstruction_loss"])
    )
    assert len(losses) > 1
    assert not any(later <= losses[0] for later in losses[1:])
    assert reconstruction_loss(learner, data) == pytest.approx(losses[0], rel=1e-5)
    for kept, first in zip(learner.network.get_weights(), beginning, strict=True):
        np.testing.assert_array_equal(kept, first)


# With one epoch there is no choice for validation to make.
def test_neither_autoencoder_nor_classifier_learns_from_validation():
    kept = []
    for validation in (DIGITS.images[300:400], 255 - DIGITS.images[400:500]):
        data = digits(validation)
        learner = autoencoder(data, ONE_EPOCH)
        learner.fit(lambda predict: {}, lambda *_: None)
        kept.append([learner.predict(DIGITS.images[500:600]), *learner.network.get_weights()])
    for one, other in zip(*kept, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_diverged_autoencoder_is_still_a_result():
    data = digits()
    learner = autoencoder(data, SCHOOL.model_copy(update={"learning_rate": 1e20}))
    chosen, reports = fitted(learner, data)
    assert (chosen, len(reports)) == (1, 1)
    assert not math.isfinite(reports[0][1]["validation/reconstruction_loss"])
    assert reports[0][1]["validation/accuracy"] < 0.3
    assert np.isfinite(reports[0][1]["validation/loss"])


# On disk.

FACTS = SimpleNamespace(
    model="plain_cnn", image_size=8, crop=6, windows="centre"
)  # what saved.save reads of a trial
CLASSES = tuple("0123456789")


@pytest.mark.parametrize("kind", ["network", "logistic", "svm"])
def test_a_saved_model_predicts_the_same_bits(trained, kind, tmp_path):
    learner, *_ = trained(kind)
    saved.save(learner, tmp_path / "model", CLASSES, (6, 6, 1), FACTS)

    loaded = saved.load(tmp_path / "model")
    assert (loaded.classes, loaded.image_size, loaded.crop) == (CLASSES, 8, 6)
    images = DIGITS.images[600:650, 1:7, 1:7]
    np.testing.assert_array_equal(loaded.predict(images), learner.predict(images))
    if kind != "network":
        needed = skops.io.get_untrusted_types(file=tmp_path / "model" / "classifier.skops")
        calibration = {name for name in saved.TRUSTED_TYPES if "calibration" in name}
        assert set(needed) == (calibration if kind == "svm" else set())


def test_no_model_there(tmp_path):
    with pytest.raises(UserError, match=r"no model here \(model.json is missing\)"):
        saved.load(tmp_path)


# 9·1·8 + 8 = 80, 4·4·8·16 + 16 = 2,064, 16·10 + 10 = 170; 64·9·8 = 4,608, 2,048 and 160.
def test_size_is_that_of_the_network():
    size = saved.size(cnn(digits()).network)
    assert size == {names.PARAMETERS: 80 + 2_064 + 170, names.MACS: 4_608 + 2_048 + 160}


# A decoder counts too: 4·4·9·4 + 64·16 encode, 16·64 + 64·9·4 decode.
def test_size_of_an_autoencoder_is_the_whole_one_s():
    size = saved.size(autoencoder(digits()).network)
    assert size[names.MACS] == 4 * 4 * 9 * 4 + 64 * 16 + 16 * 64 + 64 * 9 * 4
