"""A learner that starts anew with another seed gives the bits of one that is built for it."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from experiments.data import named
from experiments.studies.specification import Recipe
from experiments.trial import build
from experiments.trial.load import EvaluatedImages, TrainingData

DIGITS = named.load("digits", 16)
RECIPE = Recipe(batch_size=16, epochs=2, learning_rate=0.02, flip=True)
ADAM = RECIPE.model_copy(update={"optimizer": "adam", "learning_rate": 0.003, "schedule": "constant"})
MODELS = {
    "plain_cnn": {"filters": [4], "kernels": [3], "dense": 8},
    "resnet18": {"stem": "small", "width": 4},
    "autoencoder_features": {"filters": [4], "code": 8},
    "vgg11": {"stem": "small", "width": 4, "dense": 16},  # has dropout
    "finetuned": {"pixels": 32},
}


def data(seed: int) -> TrainingData:
    """Images of a split of its own, of another brightness, so that their moments differ."""
    order = np.random.default_rng(seed).permutation(len(DIGITS.labels))[:80]
    images = (DIGITS.images[order] // (1 + seed)).astype(np.uint8)
    labels = DIGITS.labels[order]
    few = EvaluatedImages(images[48:], labels[48:])
    return TrainingData(images[:48], labels[:48], 10, crop=None, train_slice=few, validation=few)


def train(learner, given):
    reports = {}

    def report(epoch, metrics):
        reports[epoch] = {name: value for name, value in metrics.items() if name != "train_seconds"}

    chosen = learner.fit(given.evaluate, report)
    weights = [array.tobytes() for array in learner.network.get_weights()]
    return reports, chosen, weights, learner.predict(given.validation.images).tobytes()


BFLOAT16 = RECIPE.model_copy(update={"precision": "bfloat16"})
CASES = [
    ("plain_cnn", ADAM),
    pytest.param("vgg11", RECIPE, marks=pytest.mark.slow),
    pytest.param("autoencoder_features", RECIPE, marks=pytest.mark.slow),
]
SLOW = [
    ("resnet18", RECIPE),
    ("plain_cnn", RECIPE),
    ("plain_cnn", BFLOAT16),
    ("resnet18", BFLOAT16),
    ("autoencoder_features", ADAM),
    ("autoencoder_features", BFLOAT16),
    ("finetuned", RECIPE),
]


@pytest.mark.parametrize(
    ("model", "recipe"), [*CASES, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)]
)
def test_the_same_bits_as_one_that_is_built_new(model, recipe, tmp_path):
    wanted = (model, MODELS[model])
    keras.utils.clear_session()
    first, second = data(1), data(2)
    fresh = train(build.learner(*wanted, second, recipe, seed=2), second)
    before = build.learner(*wanted, first, recipe, seed=1)
    train(before, first)
    learner = build.another(before, *wanted, second, recipe, seed=2)
    assert learner is before
    assert train(learner, second) == fresh
    # And what is saved predicts the same, in float32: the moments of its images are in its file.
    learner.save(tmp_path)
    file = next(tmp_path.glob("*.keras"))
    near = 1e-5 if recipe.precision == "float32" else 0.1
    outputs = keras.models.load_model(file)(second.validation.images, training=False)
    expected = {
        "autoencoder_features": lambda: learner._encode,
        "finetuned": lambda: learner._learner._outputs,
    }.get(model, lambda: learner._outputs)()
    np.testing.assert_allclose(outputs, expected(second.validation.images), atol=near)


def test_one_that_cannot_is_built_new():
    recipe = RECIPE.model_copy(update={"gradient_flow": True})
    wanted = ("plain_cnn", MODELS["plain_cnn"])
    before = build.learner(*wanted, data(1), recipe, seed=1)
    train(before, data(1))
    assert not before.can_start_anew
    assert build.another(before, *wanted, data(2), recipe, seed=2) is not before
    pixels = build.learner("raw_pixels", {}, data(1), RECIPE, seed=1)
    assert build.another(pixels, "raw_pixels", {}, data(2), RECIPE, seed=2) is not pixels


def test_nothing_is_traced_again():
    wanted = ("plain_cnn", MODELS["plain_cnn"])
    learner = build.learner(*wanted, data(1), RECIPE, seed=1)
    train(learner, data(1))
    traced = learner._outputs._answer.experimental_get_tracing_count()
    step = learner._trained.train_function
    learner = build.another(learner, *wanted, replace(data(2)), RECIPE, seed=2)
    train(learner, data(2))
    assert learner._outputs._answer.experimental_get_tracing_count() == traced
    assert learner._trained.train_function is step
