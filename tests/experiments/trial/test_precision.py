"""bfloat16: what computes in it, what stays float32, what is saved, and where it is refused."""

import keras
import numpy as np
import pytest

from experiments import processes
from experiments.data import named
from experiments.errors import UserError
from experiments.planning import feasible
from experiments.studies import reading, variants
from experiments.studies.specification import Recipe
from experiments.trial import build, saved
from experiments.trial.load import EvaluatedImages, TrainingData
from tests.support.small_study import DIGESTS, SMALL

RECIPE = Recipe(epochs=3, batch_size=20, optimizer="adam", learning_rate=0.003, precision="bfloat16")
ARMS = {
    "resnet18": {"stem": "small", "width": 8},
    "plain_cnn": {"filters": (4, 8), "kernels": (3, 3), "dense": 16},
    "autoencoder_features": {"filters": (4,), "code": 8},
}


DIGITS = named.load("digits", 16)


def digits():
    images, labels = DIGITS.images, DIGITS.labels
    return TrainingData(
        images=images[:300],
        labels=labels[:300],
        classes=10,
        crop=None,
        train_slice=EvaluatedImages(images[:100], labels[:100]),
        validation=EvaluatedImages(images[300:400], labels[300:400]),
    )


@pytest.fixture(
    scope="module",
    params=[pytest.param(arm, marks=pytest.mark.slow) if arm == "resnet18" else arm for arm in ARMS],
)
def trained(request):
    """A learner after three epochs, and what it reported."""
    learner = build.learner(request.param, ARMS[request.param], digits(), RECIPE, seed=1)
    reported = {}
    learner.fit(digits().evaluate, reported.__setitem__)
    return request.param, learner, reported


def policies(network):
    """Of every layer, those of networks within it included, by name."""
    found = {}
    for layer in network.layers:
        found |= policies(layer) if isinstance(layer, keras.Model) else {layer.name: layer.dtype_policy.name}
    return found


def test_hidden_layers_compute_in_it_and_variables_and_outputs_are_float32(trained):
    _, learner, _ = trained
    found = policies(learner.network)
    outputs = {"logits", "code", "reconstruction"} & set(found)
    assert {found[name] for name in outputs} == {"float32"}
    assert {found[name] for name in set(found) - outputs} == {"mixed_bfloat16"}
    assert {variable.dtype for variable in learner.network.variables if "seed" not in variable.path} == {
        "float32"
    }
    assert keras.config.dtype_policy().name == "float32"  # nothing is left behind


def test_it_trains(trained):
    _, _, reported = trained
    losses = [
        next(value for name, value in metrics.items() if name.startswith("train/") and "loss" in name)
        for metrics in reported.values()
    ]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def test_what_is_saved_computes_in_float32_and_answers_alike(trained, tmp_path):
    name, learner, _ = trained
    trial = reading.parse(SMALL, "small").trials(DIGESTS)[0].trial.model_copy(update={"model": name})
    saved.save(learner, tmp_path / "model", tuple("0123456789"), (16, 16, 1), trial)
    for file in (tmp_path / "model").glob("*.keras"):
        loaded = keras.saving.load_model(file, safe_mode=True)
        assert set(policies(loaded).values()) == {"float32"}
    images = digits().validation.images
    one, other = learner.predict(images), saved.load(tmp_path / "model").predict(images)
    np.testing.assert_allclose(other, one, atol=0.1)
    assert (one.argmax(axis=1) == other.argmax(axis=1)).mean() > 0.9


def test_a_machine_without_the_arithmetic_refuses_in_one_line(monkeypatch):
    document = variants.in_precision(SMALL, "bfloat16")
    trials = [each.trial for each in reading.parse(document, "small-bfloat16").trials(DIGESTS)]
    monkeypatch.setattr(processes, "computes_in_bfloat16", lambda: False)
    with pytest.raises(UserError, match=r"^recipe.precision: bfloat16 needs .* use float32$"):
        feasible.check_machine(trials)
    monkeypatch.setattr(processes, "computes_in_bfloat16", lambda: True)
    feasible.check_machine(trials)


def test_another_precision_is_another_study_of_other_trials():
    document = variants.in_precision(
        {**SMALL, "models": {**SMALL["models"], "other": {"model": "plain_cnn", "recipe": {"epochs": 3}}}},
        "bfloat16",
    )
    study = reading.parse(document, "small-bfloat16")
    assert study.name == "small-bfloat16"
    found = study.trials(DIGESTS)
    assert {each.trial.recipe.precision for each in found} == {"bfloat16"}
    float32 = {each.trial.id for each in reading.parse(SMALL, "small").trials(DIGESTS)}
    assert not float32 & {each.trial.id for each in found}
    trial = found[0].trial
    recipe = trial.recipe.model_copy(update={"precision": "float32"})
    assert trial.model_copy(update={"recipe": recipe}).id in float32
