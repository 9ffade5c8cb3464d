"""`class_weight: balanced`: what it does to a network's updates and to classifiers, and what it leaves."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from experiments.data import named
from experiments.studies.specification import Recipe
from experiments.trial import build, features, learners
from experiments.trial.load import EvaluatedImages, TrainingData

DIGITS = named.load("digits", None)
ONE_STEP = Recipe(momentum=0, learning_rate=0.1, schedule="constant", batch_size=40, epochs=1)
BALANCED = ONE_STEP.model_copy(update={"class_weight": "balanced"})
SMALL = {"filters": [4], "kernels": [3], "dense": 8}


def of_classes(*counts):
    """So many images of digit 0, of digit 1, …; validation: fifty others."""
    chosen = [np.flatnonzero(DIGITS.labels[:1200] == digit)[:count] for digit, count in enumerate(counts)]
    positions, rest = np.concatenate(chosen), np.arange(1200, 1250)
    images, labels = DIGITS.images[positions], DIGITS.labels[positions]
    return TrainingData(
        images=images,
        labels=labels,
        classes=10,
        crop=None,
        train_slice=EvaluatedImages(images[:50], labels[:50]),
        validation=EvaluatedImages(DIGITS.images[rest], DIGITS.labels[rest]),
    )


def trained(data, recipe, model="plain_cnn", arguments=SMALL):
    learner = build.learner(model, arguments, data, recipe, seed=1)
    reports = []
    learner.fit(data.evaluate, lambda *report: reports.append(report))
    return learner, reports[-1][1]


# 30 images of one class and 10 of the other: weights 40 / (2 × 30) and 40 / (2 × 10), all images in one step.
def test_an_update_is_that_of_the_weighted_loss():
    data = of_classes(30, 10)
    learner, _ = trained(data, BALANCED)
    by_hand = build.learner("plain_cnn", SMALL, data, BALANCED, seed=1).network
    images = learners.pixel_normalisation(data.images)(data.images)
    weights = np.where(data.labels == 0, 2 / 3, 2).astype(np.float32)
    with tf.GradientTape() as tape:
        logits = by_hand(images, training=True)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(data.labels, logits)
        loss = tf.reduce_sum(weights * losses) / 40
    gradients = tape.gradient(loss, by_hand.trainable_variables)
    for trained_, variable, gradient in zip(
        learner.network.trainable_variables, by_hand.trainable_variables, gradients, strict=True
    ):
        np.testing.assert_allclose(trained_.numpy(), variable.numpy() - 0.1 * gradient.numpy(), atol=1e-6)
    plain, _ = trained(data, ONE_STEP)
    assert not np.allclose(plain.predict(data.images), learner.predict(data.images), atol=1e-4)


# 100 / (10 × 10) is 1 to the last bit.
def test_of_classes_of_one_size_nothing_changes():
    data = of_classes(*[10] * 10)
    (plain, before), (balanced, after) = (trained(data, recipe) for recipe in (ONE_STEP, BALANCED))
    np.testing.assert_array_equal(plain.predict(data.images), balanced.predict(data.images))
    assert before["validation/loss"] == after["validation/loss"]


def test_what_is_measured_is_not_weighted():
    data = of_classes(30, 10)
    learner, metrics = trained(data, BALANCED)
    assert metrics == metrics | data.evaluate(learner.predict)
    predicted = learner.predict(data.validation.images).argmax(axis=1)
    assert metrics["validation/accuracy"] == np.mean(predicted == data.validation.labels)


# GoogLeNet's heads behind the logits learn from the same labels, so with the same weights.
@pytest.mark.slow
def test_every_head_of_a_network_is_weighted():
    data = of_classes(30, 10)
    wide = [each.repeat(2, axis=1).repeat(2, axis=2) for each in (data.images, data.validation.images)]
    validation = EvaluatedImages(wide[1], data.validation.labels)
    data = replace(data, images=wide[0], validation=validation, train_slice=validation)
    learner, metrics = trained(data, BALANCED, "googlenet", {"stem": "small", "width": 8})
    assert np.isfinite(metrics["validation/loss"])
    _, targets, weights = next(iter(learner._batches(1)))
    assert len(targets) == len(weights) == 3
    for labels, each in zip(targets, weights, strict=True):
        expected = np.where(labels.numpy() == 0, np.float32(2 / 3), np.float32(2))
        np.testing.assert_allclose(each.numpy(), expected)


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        ("logistic", LogisticRegression(max_iter=2000, class_weight="balanced")),
        (
            "random_forest",
            RandomForestClassifier(n_estimators=200, class_weight="balanced", random_state=1),
        ),
    ],
)
def test_a_classifier_is_scikit_learn_s_balanced_one(name, by_hand):
    data = of_classes(60, 12, 8)
    learner, _ = trained(data, BALANCED, "raw_pixels", {"classifier": name})
    expected = make_pipeline(StandardScaler(), by_hand).fit(features.flattened(data.images), data.labels)
    np.testing.assert_allclose(
        learner.predict(data.validation.images)[:, :3],
        expected.predict_proba(features.flattened(data.validation.images)),
        atol=1e-4,
    )


# Eights look like ones to many a classifier; with 8 images of them against 120 they are hardly ever answered.
@pytest.mark.parametrize(
    ("model", "arguments"), [("raw_pixels", {"classifier": "svm"}), ("pca", {"components": 4})]
)
def test_a_rare_class_is_answered_more_often(model, arguments):
    data = of_classes(0, 120, 0, 0, 0, 0, 0, 0, 8)
    unseen = DIGITS.images[1250:][DIGITS.labels[1250:] == 8]
    found = [
        np.mean(trained(data, recipe, model, arguments)[0].predict(unseen).argmax(axis=1) == 8)
        for recipe in (ONE_STEP, BALANCED)
    ]
    assert found[1] > found[0]


def test_nearest_neighbours_take_no_weights():
    data = of_classes(60, 12, 8)
    one, other = (
        trained(data, recipe, "raw_pixels", {"classifier": "knn"})[0] for recipe in (ONE_STEP, BALANCED)
    )
    images = data.validation.images
    np.testing.assert_array_equal(one.predict(images), other.predict(images))


def test_features_are_learned_alike_and_classified_by_weight():
    data = of_classes(30, 10)
    arguments = {"filters": [4], "code": 8}
    one, other = (
        trained(data, recipe, "autoencoder_features", arguments)[0] for recipe in (ONE_STEP, BALANCED)
    )
    for mine, theirs in zip(one.network.get_weights(), other.network.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not np.allclose(one.predict(data.images), other.predict(data.images))
