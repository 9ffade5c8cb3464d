"""Arms whose features were learnt elsewhere: kept once for all trials, fitted, trained on, and saved."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from experiments import catalog, names
from experiments.data import feature_store, named
from experiments.data.crops import View
from experiments.data.feature_store import FeatureStore
from experiments.studies.specification import Recipe, Trial
from experiments.trial import build, pipeline, pretrained, saved
from experiments.trial.load import EvaluatedImages, TrainingData

DIGITS = named.load("digits", 32)
ARGUMENTS = {"pixels": 32}
RECIPE = Recipe(batch_size=16, epochs=2, learning_rate=0.05)


def data(seed=0, folder=None):
    order = np.random.default_rng(seed).permutation(200)
    images, labels = DIGITS.images[order], DIGITS.labels[order]
    validation = EvaluatedImages(images[120:], labels[120:])
    return TrainingData(
        images[:120], labels[:120], 10, None, EvaluatedImages(images[:80], labels[:80]), validation,
        features=folder,
    )  # fmt: skip


def fitted(model, given, recipe=RECIPE, seed=1, **arguments):
    learner, reports = build.learner(model, ARGUMENTS | arguments, given, recipe, seed), {}
    learner.fit(given.evaluate, reports.__setitem__)
    return learner, reports


@pytest.fixture(scope="module")
def frozen():
    given = data()
    return given, *fitted("pretrained_features", given)


# Guessing gives 0.1; strokes of 8 pixels, enlarged, are no photographs.
def test_frozen_features_tell_digits_apart(frozen):
    given, learner, reports = frozen
    assert [*reports] == [1]
    assert reports[1]["validation/accuracy"] > 0.3
    assert reports[1][names.IMAGES_SEEN] == 120
    assert reports[1][names.TRAIN_SECONDS] > 0
    probabilities = learner.predict(given.validation.images)
    assert probabilities.shape == (80, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


# By hand: each strength fitted, and the one of the highest validation accuracy, then the lowest loss.
def test_validation_chooses_the_strength(frozen):
    given, learner, _ = frozen
    built = catalog.build("pretrained_features", given.input_shape, 10, ARGUMENTS)
    features = learner.frozen.features(given.images)
    ranked = []
    for strength in built.strengths:
        one = pretrained._of_strength(built.classifier, strength).fit(features, given.labels)
        found = one.predict_proba(learner.frozen.features(given.validation.images))
        right = np.mean(found.argmax(axis=1) == given.validation.labels)
        loss = -np.log(found[np.arange(80), given.validation.labels]).mean()
        ranked.append((right, -loss, strength))
    assert learner.classifier.get_params()["logisticregression__C"] == max(ranked)[2]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_feature_depends_on_its_image_alone(precision):
    with build.computing_in(precision):
        encoder = catalog.build("pretrained_features", (32, 32, 1), 10, ARGUMENTS).encoder
    encode = pipeline.Outputs(encoder)
    images = DIGITS.images[:130]
    order = np.random.default_rng(0).permutation(130)
    np.testing.assert_array_equal(encode(images)[order], encode(images[order]))
    np.testing.assert_array_equal(encode(images)[order[:7]], encode(images[order[:7]]))


class Counting:
    """An encoder that counts: features are the mean and the largest pixel."""

    def __init__(self):
        self.images = 0

    def __call__(self, images):
        self.images += len(images)
        return np.stack([images.mean(axis=(1, 2, 3)), images.max(axis=(1, 2, 3))], axis=1).astype("f4")


@pytest.fixture
def counting():
    return Counting()


def expected(images):
    return np.stack([images.mean(axis=(1, 2, 3)), images.max(axis=(1, 2, 3))], axis=1).astype("f4")


def test_no_feature_is_computed_twice(counting, tmp_path):
    images = DIGITS.images
    first = FeatureStore(tmp_path, counting, 2, "one encoder")
    found, seconds = first.of(images[:40])
    np.testing.assert_array_equal(found, expected(images[:40]))
    traced = 1  # one image more, which traces the encoder
    assert counting.images == 40 + traced
    # Another process, another split: what is new alone.
    again = FeatureStore(tmp_path, counting, 2, "one encoder")
    found, _ = again.of(View(images, np.array([50, 3, 3, 49, 0, 50])))
    np.testing.assert_array_equal(found, expected(images[[50, 3, 3, 49, 0, 50]]))
    assert counting.images == 40 + 2 + 2 * traced
    # The same images cost the same, whoever computed them.
    assert again.of(images[:40])[1] == pytest.approx(seconds)
    assert counting.images == 42 + 2 * traced
    FeatureStore(tmp_path, counting, 2, "another encoder").of(images[:5])
    assert counting.images == 47 + 3 * traced


# A process that is killed leaves features without keys, or half a record of either.
@pytest.mark.parametrize(("name", "kept"), [(feature_store.KEYS, 20 * 20 + 7), (feature_store.KEYS, 0)])
def test_what_is_half_written_is_computed_again(name, kept, counting, tmp_path):
    images = DIGITS.images[:60]
    FeatureStore(tmp_path, counting, 2, "x").of(images[:30])
    [path] = tmp_path.glob(f"*/{name}")
    path.write_bytes(path.read_bytes()[:kept])
    found, _ = FeatureStore(tmp_path, counting, 2, "x").of(images)
    np.testing.assert_array_equal(found, expected(images))
    assert path.stat().st_size == 60 * feature_store.KEY.itemsize
    before = counting.images
    np.testing.assert_array_equal(FeatureStore(tmp_path, counting, 2, "x").of(images)[0], expected(images))
    assert counting.images == before


def test_a_process_that_is_killed_loses_a_portion_at_most(tmp_path, monkeypatch):
    monkeypatch.setattr(feature_store, "PORTION", 10)

    class Killed(Counting):
        def __call__(self, images):
            if self.images > 25:
                raise KeyboardInterrupt
            return super().__call__(images)

    with pytest.raises(KeyboardInterrupt):
        FeatureStore(tmp_path, Killed(), 2, "x").of(DIGITS.images[:60])
    after = Counting()
    found, _ = FeatureStore(tmp_path, after, 2, "x").of(DIGITS.images[:60])
    np.testing.assert_array_equal(found, expected(DIGITS.images[:60]))
    assert after.images == 60 - 30 + 1


def test_images_of_one_sum_are_told_apart(counting):
    store = FeatureStore(None, counting, 2, "x")
    images = np.zeros((2, 4, 2, 1), np.uint8)
    images[1, 0, 0] = 1
    assert store.of(images)[0].tolist() == [[0, 0], [0.125, 1]]


# Three classes, of which the training images have two, and all three.
@pytest.mark.parametrize("present", [[0, 2], [0, 1, 2]])
def test_the_head_is_the_classifier(present):
    generator = np.random.default_rng(0)
    labels = generator.choice(present, 60)
    features = generator.normal(labels[:, None], 1, (60, 5))
    fitted = make_pipeline(LogisticRegression(C=0.3)).fit(features, labels)
    kernel, bias = pretrained.as_dense(fitted, 3)
    logits = features @ kernel + bias
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities[:, present], fitted.predict_proba(features), atol=1e-5)


@pytest.mark.slow
def test_fine_tuning_begins_with_the_head_that_frozen_features_give(tmp_path):
    given = data(folder=tmp_path)
    still = RECIPE.model_copy(update={"learning_rate": 1e-12, "epochs": 1})
    learner, reports = fitted("finetuned", given, still)
    built = catalog.build("finetuned", given.input_shape, 10, ARGUMENTS)
    head = learner.frozen.fit(built.classifier, built.strengths, given, still).classifier
    np.testing.assert_allclose(
        learner.predict(given.validation.images),
        head.predict_proba(learner.frozen.features(given.validation.images)),
        atol=1e-3,
    )
    assert reports[1][names.TRAIN_SECONDS] > learner.frozen._store.of(given.images)[1]


@pytest.mark.slow
def test_fine_tuning_learns_and_repeats_itself(tmp_path):
    given = data(folder=tmp_path)
    learner, reports = fitted("finetuned", given, pixels=64)
    assert [*reports] == [1, 2]
    assert reports[2]["train/loss"] < reports[1]["train/loss"]
    # With features from the disk or computed anew.
    for folder in (tmp_path, None):
        keras.utils.clear_session()
        again, _ = fitted("finetuned", replace(given, features=folder), pixels=64)
        np.testing.assert_array_equal(
            again.predict(given.validation.images), learner.predict(given.validation.images)
        )


@pytest.mark.slow
@pytest.mark.parametrize("model", ["pretrained_features", pytest.param("finetuned", marks=pytest.mark.slow)])
def test_a_saved_model_predicts_the_same(model, tmp_path):
    given = data()
    learner, _ = fitted(model, given)
    trial = Trial(
        model=model, arguments=ARGUMENTS, data_digest="d", partition="p", image_size=32, crop=None, train=120,
        validation=80, test=10, split_seed=0, recipe=RECIPE, seed=1,
    )  # fmt: skip
    saved.save(learner, tmp_path / "model", tuple("0123456789"), given.input_shape, trial)
    images = given.validation.images
    found = saved.load(tmp_path / "model").predict(images)
    # What is saved normalises by Keras' own kernel; a classifier of standardised features shows it ten times.
    np.testing.assert_allclose(found, learner.predict(images), atol=1e-4)


# Images that are smaller than the encoder's take a step that no dtype can be given to.
@pytest.mark.parametrize("precision", ["float32", pytest.param("bfloat16", marks=pytest.mark.slow)])
@pytest.mark.parametrize("model", ["pretrained_features", pytest.param("finetuned", marks=pytest.mark.slow)])
def test_enlarged_images_are_saved_in_either_precision(model, precision, tmp_path):
    given = data()
    recipe = RECIPE.model_copy(update={"precision": precision, "epochs": 1})
    learner, _ = fitted(model, given, recipe, pixels=48)
    learner.save(tmp_path)
    file = next(tmp_path.glob("*.keras"))
    network = keras.saving.load_model(file, compile=False)
    assert network.output.dtype == "float32"
    assert network(given.validation.images[:2], training=False).shape[0] == 2


# Fine-tuning computes features in a process whose layers were made faster: they must be the other arm's.
def test_features_are_the_same_whichever_arm_came_first(tmp_path):
    given = data(folder=tmp_path)
    first = build.learner("pretrained_features", ARGUMENTS, given, RECIPE, 1).frozen
    images = given.images[:20]
    kept = first.features(images)
    other = build.learner("finetuned", ARGUMENTS, replace(given, features=None), RECIPE, 1).frozen
    np.testing.assert_array_equal(kept, other.features(images))
    found = build.learner("finetuned", ARGUMENTS, given, RECIPE, 1).frozen
    found.encode = None  # nothing is left to compute
    np.testing.assert_array_equal(kept, found.features(images))
