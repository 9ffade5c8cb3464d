"""All that a trial draws follows from the seed that it is given, whatever the process drew before."""

import random

import keras
import numpy as np
import pytest

from experiments import catalog
from experiments.studies.specification import Recipe
from experiments.trial import build
from experiments.trial.features import FeatureLearner, PipelineLearner
from experiments.trial.learners import KerasLearner
from experiments.trial.load import EvaluatedImages, TrainingData

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 1), np.uint8)
LABELS = np.arange(40) % 4
EVALUATED = EvaluatedImages(IMAGES[:8], LABELS[:8])
DATA = TrainingData(IMAGES, LABELS, classes=4, crop=None, train_slice=EVALUATED, validation=EVALUATED)
DROPOUT = {"stem": "small", "width": 4, "dense": 16}


def learner(model, seed, **arguments):
    return build.learner(model, arguments, DATA, Recipe(), seed)


def weights(network):
    """All variables, those of dropout's generators among them."""
    return b"".join(variable.numpy().tobytes() for variable in network.variables)


def test_weights_and_dropout_follow_from_the_seed_alone():
    found = []
    for seed in (5, 5, 6):
        random.seed()
        np.random.seed()
        found.append(weights(learner("vgg11", seed, **DROPOUT).network))
    assert found[0] == found[1] != found[2]


# What keras.utils.set_random_seed gives, by which all results so far were trained.
def test_weights_are_those_of_a_process_that_was_seeded():
    keras.utils.set_random_seed(5)
    expected = catalog.build("vgg11", DATA.input_shape, 4, DROPOUT)
    assert weights(learner("vgg11", 5, **DROPOUT).network) == weights(expected)


def test_the_process_gets_its_generator_back():
    random.seed(3)
    expected = random.random()
    random.seed(3)
    learner("vgg11", 5, **DROPOUT)
    assert random.random() == expected


def test_a_forest_follows_from_the_seed_alone():
    found = []
    for seed in (5, 5, 6):
        np.random.seed()
        forest = learner("raw_pixels", seed, classifier="random_forest")
        forest.fit(DATA.evaluate, lambda *_: None)
        found.append(forest.predict(IMAGES).tobytes())
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ("model", "kind"),
    [("plain_cnn", KerasLearner), ("autoencoder_features", FeatureLearner), ("pca", PipelineLearner)],
)
def test_the_learner_of_each_kind(model, kind):
    assert type(learner(model, 0)) is kind
