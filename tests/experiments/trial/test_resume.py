"""A training that was ended and goes on from its checkpoint ends with the bits of one that was not."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from experiments import catalog
from experiments.data import named
from experiments.logs import checkpoint
from experiments.studies.specification import Recipe
from experiments.trial import build
from experiments.trial.load import EvaluatedImages, TrainingData

DIGITS = named.load("digits", 28)
IMAGES, LABELS = DIGITS.images, DIGITS.labels
DATA = TrainingData(
    images=IMAGES[:48],
    labels=LABELS[:48],
    classes=10,
    crop=24,
    train_slice=EvaluatedImages(IMAGES[:8, 2:26, 2:26], LABELS[:8]),
    validation=EvaluatedImages(IMAGES[48:64, 2:26, 2:26], LABELS[48:64]),
)
RECIPE = Recipe(batch_size=16, epochs=4, warmup_epochs=1, learning_rate=0.02, flip=True, shift=1)
SMALL = {
    "plain_cnn": {"filters": [4], "kernels": [3], "dense": 8},
    "autoencoder_features": {"filters": [4], "code": 8},
    # Dropout draws from a generator whose state is part of the training.
    "vgg11": {"stem": "small", "width": 4, "dense": 16},
}
NARROW = {"width": 4, "dense": 16, "stem": "small"}


class EndedError(Exception):
    """The process is gone."""


def train(model, arguments, folder, recipe=RECIPE, end_in=None):
    """The metrics of each epoch, and the bits at the end; `end_in`: the epoch in which it is ended."""
    keras.utils.clear_session()
    learner = build.learner(model, arguments, DATA, recipe, seed=5)
    reports = {}

    def report(epoch, metrics):
        if epoch == end_in:
            raise EndedError
        reports[epoch] = {name: value for name, value in metrics.items() if name != "train_seconds"}

    chosen = learner.fit(DATA.evaluate, report, checkpoint.Checkpoints(folder, 0, clock=lambda: 0.0))
    bits = [array.tobytes() for array in learner.network.get_weights()] if learner.network else []
    return reports, (chosen, learner.predict(DATA.validation.images).tobytes(), bits)


def assert_resumes(model, arguments, folder, end_in=3, **how):
    reports, bits = train(model, arguments, folder / "undisturbed", **how)
    assert set(reports) == {1, 2, 3, 4}
    with pytest.raises(EndedError):
        train(model, arguments, folder / "ended", end_in=end_in, **how)
    again, bits_again = train(model, arguments, folder / "ended", **how)
    assert set(again) == set(range(end_in, 5))  # the checkpoint is of the epoch before
    assert again == {epoch: reports[epoch] for epoch in again}
    assert bits_again == bits


@pytest.fixture
def folder(tmp_path):
    for name in ("undisturbed", "ended"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("model", ["vgg11", "autoencoder_features"])
def test_small_networks_resume_to_the_last_bit(model, folder):
    assert_resumes(model, SMALL[model], folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", [name for name, row in catalog.CATALOG.items() if row.kind not in ("pipeline", "frozen")]
)
def test_every_network_resumes_to_the_last_bit(model, folder):
    known = catalog.CATALOG[model].arguments.model_fields
    assert_resumes(model, {name: value for name, value in NARROW.items() if name in known}, folder)


# A forest draws from the trial's seed, not from a generator that no checkpoint holds.
@pytest.mark.slow
@pytest.mark.parametrize("end_in", [3, 4])
def test_a_forest_on_the_features_is_the_same_forest(folder, end_in):
    arguments = {**SMALL["autoencoder_features"], "classifier": "random_forest"}
    assert_resumes("autoencoder_features", arguments, folder, end_in=end_in)


@pytest.mark.slow
def test_the_optimizer_s_moments_and_gradient_sums_are_kept(folder):
    recipe = RECIPE.model_copy(update={"optimizer": "adam", "learning_rate": 0.003, "gradient_flow": True})
    assert_resumes("plain_cnn", SMALL["plain_cnn"], folder, recipe=recipe)


# Epochs 2, 3 are one evaluation apart from 4, the last; the state of epoch 3 has a best epoch from before.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("every", "evaluated", "end_in"), [(2, [2, 4], 4), pytest.param(3, [3, 4], 3, marks=pytest.mark.slow)]
)
def test_epochs_between_evaluations_are_trained_as_ever(folder, every, evaluated, end_in):
    often, _ = train("plain_cnn", SMALL["plain_cnn"], folder / "undisturbed")
    recipe = RECIPE.model_copy(update={"evaluate_every": every})
    (folder / "seldom").mkdir()
    seldom, bits = train("plain_cnn", SMALL["plain_cnn"], folder / "seldom", recipe)
    assert seldom == {epoch: often[epoch] for epoch in evaluated}
    assert bits[0] in evaluated

    with pytest.raises(EndedError):
        train("plain_cnn", SMALL["plain_cnn"], folder / "ended", recipe, end_in=end_in)
    assert checkpoint.read(folder / "ended" / checkpoint.FILE).epoch == end_in - 1
    again, bits_again = train("plain_cnn", SMALL["plain_cnn"], folder / "ended", recipe)
    assert again == {epoch: often[epoch] for epoch in evaluated if epoch >= end_in}
    assert bits_again == bits


# Ended after its last checkpoint: nothing is trained again, the classifier is fitted anew.
@pytest.mark.slow
def test_a_training_that_was_over_ends_the_same(folder):
    assert_resumes("autoencoder_features", SMALL["autoencoder_features"], folder, end_in=4)


@pytest.mark.slow
def test_a_checkpoint_of_another_network_is_left_aside(folder):
    train("plain_cnn", SMALL["plain_cnn"], folder / "ended")
    reports, _ = train("plain_cnn", {"filters": [5], "kernels": [3], "dense": 8}, folder / "ended")
    assert set(reports) == {1, 2, 3, 4}


def test_the_clock_goes_on_from_what_was_logged(folder):
    train("plain_cnn", SMALL["plain_cnn"], folder / "ended")
    state = checkpoint.read(folder / "ended" / checkpoint.FILE)
    assert state.epoch == 4
    assert state.over
    seconds = []
    learner = build.learner("plain_cnn", SMALL["plain_cnn"], DATA, RECIPE, seed=5)
    scores = {"validation/accuracy": 0.5, "validation/loss": 1.0}
    learner.fit(
        lambda _: scores,
        lambda _, metrics: seconds.append(metrics["train_seconds"]),
        checkpoint.Checkpoints(folder / "undisturbed", 0),
        logged_seconds={1: 100.0, 2: 200.0},
    )
    assert seconds[:2] == [100.0, 200.0]
    assert 200 < seconds[2] < seconds[3]


# Of 16 validation images two are of class 1, so that the two accuracies choose different epochs or scores.
def test_an_epoch_is_chosen_by_the_measure_that_the_recipe_names():
    rare = np.flatnonzero(LABELS == 1)[-2:]
    common = np.flatnonzero(LABELS == 0)[-14:]
    images, labels = IMAGES[[*rare, *common], 2:26, 2:26], LABELS[[*rare, *common]]
    data = replace(DATA, validation=EvaluatedImages(images, labels), chosen_by="balanced_accuracy")
    recipe = RECIPE.model_copy(update={"chosen_by": "balanced_accuracy"})
    learner = build.learner("plain_cnn", SMALL["plain_cnn"], data, recipe, seed=5)
    reports = {}
    chosen = learner.fit(data.evaluate, lambda epoch, metrics: reports.update({epoch: metrics}))
    found = {epoch: metrics["validation/balanced_accuracy"] for epoch, metrics in reports.items()}
    assert found[chosen] == max(found.values())
    predicted = learner.predict(images).argmax(axis=1)
    assert found[chosen] == np.mean([np.mean(predicted[labels == each] == each) for each in (0, 1)])
    assert found != {epoch: metrics["validation/accuracy"] for epoch, metrics in reports.items()}
