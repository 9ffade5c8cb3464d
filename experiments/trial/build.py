"""The learner of a trial: builds a model's network with the weights of a seed, and chooses what trains it."""

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import keras

from experiments import catalog, names
from experiments.studies.specification import Precision, Recipe
from experiments.trial import saved
from experiments.trial.features import FeatureLearner, PipelineLearner
from experiments.trial.learners import KerasLearner, Learner
from experiments.trial.load import TrainingData
from experiments.trial.pretrained import FineTunedLearner, FrozenLearner

LEARNERS = {
    "network": KerasLearner,
    "features": FeatureLearner,
    "pipeline": PipelineLearner,
    "frozen": FrozenLearner,
    "finetuned": FineTunedLearner,
}


def learner(model: str, arguments: dict[str, Any], data: TrainingData, recipe: Recipe, seed: int) -> Learner:
    """Build a model of the catalog, untrained, and the learner that trains it.

    All that a trial draws follows from the seed: the first weights and the dropout (here), the order and the
    augmentation of the images (`pipeline`), the trees of a forest (`features`).
    """
    built = _built(model, arguments, data, recipe, seed)
    return LEARNERS[catalog.CATALOG[model].kind](built, data, recipe, seed)


def another(
    before: Learner, model: str, arguments: dict[str, Any], data: TrainingData, recipe: Recipe, seed: int
) -> Learner:
    """The learner of a further seed, where only the seed is another than that of the learner before.

    It is the learner before with the first weights, dropout seeds and images of this one, and with what has
    been traced: the numbers are those of a learner that is built new. Where it cannot, it is built new.
    """
    if not before.can_start_anew:
        return learner(model, arguments, data, recipe, seed)
    before.start_anew(_built(model, arguments, data, recipe, seed), data, seed)
    return before


def _built(
    model: str, arguments: dict[str, Any], data: TrainingData, recipe: Recipe, seed: int
) -> catalog.Built:
    """What the catalog's builder returns; an encoder that is another trial's is found among the trials."""
    resolved = {}
    if trial := catalog.encoder_trial(arguments):
        resolved["encoder"] = data.trials / trial / names.MODEL_FOLDER
        catalog.import_layers(saved.facts(resolved["encoder"]).model)
    with keras_seeds_from(seed), computing_in(recipe.precision):
        return catalog.build(model, data.input_shape, data.classes, arguments, resolved)


@contextlib.contextmanager
def computing_in(precision: Precision) -> Iterator[None]:
    """Within, layers are built to compute in this precision; their variables are float32 in each."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextlib.contextmanager
def keras_seeds_from(seed: int) -> Iterator[None]:
    """Within, keras' initialisers and dropout layers follow from the seed.

    A layer that is built without a seed of its own takes one from Python's global generator; our builders
    leave it at that, so that they read like the papers. The process gets its generator back as it was.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
