"""A training that was ended and goes on from its checkpoint ends with the bits of one that was not."""

import keras
import pytest

from experiments import catalog
from experiments.data import named
from experiments.logs import checkpoint
from experiments.studies.specification import Recipe
from experiments.trial import evaluation
from experiments.trial.learners import TrainingData

DIGITS = named.load("digits", 28)
IMAGES, LABELS = DIGITS.images, DIGITS.labels
DATA = TrainingData(IMAGES[:48], LABELS[:48], 10, 24, IMAGES[:8, 2:26, 2:26], IMAGES[48:64, 2:26, 2:26])
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
    """What was told of each epoch, and the bits at the end; `end_in`: the epoch in which it is ended."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(5)
    built = catalog.build(model, DATA.input_shape, 10, arguments)
    learner = catalog.learner(model)(built, DATA, recipe, 5)
    told = {}

    def evaluate(predict):
        return {
            **evaluation.score("train", predict(DATA.slice_images), LABELS[:8]),
            **evaluation.score("validation", predict(DATA.validation_images), LABELS[48:64]),
        }

    def report(epoch, metrics):
        if epoch == end_in:
            raise EndedError
        told[epoch] = {name: value for name, value in metrics.items() if name != "train_seconds"}

    chosen = learner.fit(evaluate, report, checkpoint.Checkpoints(folder, 0, clock=lambda: 0.0))
    bits = [array.tobytes() for array in learner.network.get_weights()] if learner.network else []
    return told, (chosen, learner.predict(DATA.validation_images).tobytes(), bits)


def assert_resumes(model, arguments, folder, end_in=3, **how):
    told, bits = train(model, arguments, folder / "undisturbed", **how)
    assert set(told) == {1, 2, 3, 4}
    with pytest.raises(EndedError):
        train(model, arguments, folder / "ended", end_in=end_in, **how)
    again, bits_again = train(model, arguments, folder / "ended", **how)
    assert set(again) == set(range(end_in, 5))  # the checkpoint is of the epoch before
    assert again == {epoch: told[epoch] for epoch in again}
    assert bits_again == bits


@pytest.fixture
def folder(tmp_path):
    for name in ("undisturbed", "ended"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.mark.parametrize("model", ["autoencoder_features", "vgg11"])
def test_small_networks_resume_to_the_last_bit(model, folder):
    assert_resumes(model, SMALL[model], folder)


@pytest.mark.slow
@pytest.mark.parametrize("model", [name for name in catalog.CATALOG if name not in {"raw_pixels", "pca"}])
def test_every_network_resumes_to_the_last_bit(model, folder):
    known = catalog.CATALOG[model].arguments.model_fields
    assert_resumes(model, {name: value for name, value in NARROW.items() if name in known}, folder)


# A forest draws from numpy's own generator, which no checkpoint holds: nothing before it may draw.
@pytest.mark.slow
@pytest.mark.parametrize("end_in", [3, 4])
def test_a_forest_on_the_features_is_the_same_forest(folder, end_in):
    arguments = {**SMALL["autoencoder_features"], "classifier": "random_forest"}
    assert_resumes("autoencoder_features", arguments, folder, end_in=end_in)


def test_the_optimizer_s_moments_and_gradient_sums_are_kept(folder):
    recipe = RECIPE.model_copy(update={"optimizer": "adam", "learning_rate": 0.003, "gradient_flow": True})
    assert_resumes("plain_cnn", SMALL["plain_cnn"], folder, recipe=recipe)


# EndedError after its last checkpoint: nothing is trained again, the classifier is fitted anew.
def test_a_training_that_was_over_ends_the_same(folder):
    assert_resumes("autoencoder_features", SMALL["autoencoder_features"], folder, end_in=4)


def test_a_checkpoint_of_another_network_is_left_aside(folder):
    train("plain_cnn", SMALL["plain_cnn"], folder / "ended")
    told, _ = train("plain_cnn", {"filters": [5], "kernels": [3], "dense": 8}, folder / "ended")
    assert set(told) == {1, 2, 3, 4}


def test_the_clock_goes_on_from_what_was_told(folder):
    train("plain_cnn", SMALL["plain_cnn"], folder / "ended")
    state = checkpoint.read(folder / "ended" / checkpoint.FILE)
    assert state.epoch == 4
    assert state.over
    seconds = []
    keras.utils.set_random_seed(5)
    built = catalog.build("plain_cnn", DATA.input_shape, 10, SMALL["plain_cnn"])
    learner = catalog.learner("plain_cnn")(built, DATA, RECIPE, 5)
    told = checkpoint.Checkpoints(folder / "undisturbed", 0, told_seconds={1: 100.0, 2: 200.0})
    scores = {"validation/accuracy": 0.5, "validation/loss": 1.0}
    learner.fit(lambda _: scores, lambda _, metrics: seconds.append(metrics["train_seconds"]), told)
    assert seconds[:2] == [100.0, 200.0]
    assert 200 < seconds[2] < seconds[3] < 210
