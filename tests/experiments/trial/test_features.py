"""Classifiers of raw pixels and principal components, against scikit-learn used by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
import skops.io
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from experiments.studies.specification import Recipe
from experiments.trial import build, saved
from experiments.trial.load import EvaluatedImages, TrainingData

DIGITS = load_digits()
IMAGES = np.rint(DIGITS.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
DATA = TrainingData(
    images=IMAGES[:500],
    labels=DIGITS.target[:500],
    classes=10,
    crop=None,
    train_slice=EvaluatedImages(IMAGES[:100], DIGITS.target[:100]),
    validation=EvaluatedImages(IMAGES[500:600], DIGITS.target[500:600]),
)


def fitted(model: str, **arguments):
    learner = build.learner(model, arguments, DATA, Recipe(), seed=0)
    told = []

    chosen = learner.fit(DATA.evaluate, lambda epoch, metrics: told.append((epoch, metrics)))
    return learner, chosen, told


def test_no_type_is_trusted_that_no_classifier_needs(tmp_path):
    needed = set()
    for kind in ("logistic", "svm", "random_forest", "knn"):
        learner, *_ = fitted("raw_pixels", classifier=kind)
        learner.save(tmp_path)
        needed |= set(skops.io.get_untrusted_types(file=tmp_path / "classifier.skops"))
    assert needed == set(saved.TRUSTED_TYPES)


def test_raw_pixels_are_what_scikit_learn_makes_of_them():
    learner, chosen, [(epoch, metrics)] = fitted("raw_pixels")
    assert chosen == epoch == 1
    assert metrics["images_seen"] == 500
    pixels = (IMAGES.reshape(len(IMAGES), -1) / 255).astype(np.float32)
    scaler = StandardScaler().fit(pixels[:500])
    by_hand = LogisticRegression(max_iter=2000).fit(scaler.transform(pixels[:500]), DIGITS.target[:500])
    expected = by_hand.score(scaler.transform(pixels[500:600]), DIGITS.target[500:600])
    assert metrics["validation/accuracy"] == pytest.approx(expected)
    assert saved.size(learner.network) == {}


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        ("raw_pixels", {"classifier": "random_forest"}),
        ("raw_pixels", {"classifier": "knn"}),
        ("raw_pixels", {"classifier": "svm"}),
        ("pca", {"components": 10}),
    ],
    ids=str,
)
def test_every_classifier_reads_digits_and_is_the_same_from_disk(model, arguments, tmp_path):
    learner, _, [(_, metrics)] = fitted(model, **arguments)
    assert metrics["validation/accuracy"] > 0.6  # these hundred are by other hands; chance is 0.1
    facts = SimpleNamespace(model=model, image_size=None, crop=None, windows="centre")
    saved.save(learner, tmp_path / "model", tuple("0123456789"), (8, 8, 1), facts)
    loaded = saved.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(IMAGES[600:700]), learner.predict(IMAGES[600:700]))
