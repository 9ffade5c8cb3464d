"""Features that an encoder learnt on other photographs, and a classifier; or all of it trained on.

Features are those of images as evaluation sees them: augmentation reaches fine-tuning alone. The strength of
the classifier is chosen on validation, by the measure that chooses epochs.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import skops.io
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from experiments import catalog, names, processes
from experiments.data.crops import View
from experiments.data.feature_store import FeatureStore
from experiments.logs.checkpoint import Checkpoints
from experiments.studies.specification import Recipe
from experiments.trial import normalisation, pipeline, provenance, training
from experiments.trial.features import class_probabilities, fit_classifier, seeded
from experiments.trial.learners import Evaluate, KerasLearner, Report, in_float32, rank
from experiments.trial.load import TrainingData

ABSENT = -30.0  # the logit of a class that no training image has
# Of the recipe's learning rate, for an encoder that has learnt already. At a tenth of 0.05 it forgot all of
# it in one epoch: 1,000 photographs of CIFAR-10 at 64 pixels, 0.16 of validation right after three, 0.66
# so.
FINE_TUNING = 0.01


class Fitted(NamedTuple):
    """A classifier of features, and the seconds of its features and of all that was tried."""

    classifier: Pipeline
    seconds: float


class Frozen:
    """An encoder whose weights stay, as a function of uint8 images."""

    def __init__(self, built: catalog.Built, data: TrainingData, recipe: Recipe) -> None:
        # As fine-tuning computes them: kept features are the same whichever arm came first.
        normalisation.fuse(built.encoder)
        images = keras.Input(data.input_shape, dtype="uint8", name="images")
        pixels = keras.layers.Rescaling(1.0, name="pixels")(images)
        self.model = keras.Model(images, built.encoder(pixels))
        facts = (
            built.encoder.name, data.input_shape, recipe.precision, recipe.threads, names.RESULTS_VERSION,
            processes.cpu(), provenance.gpu(), provenance.versions(),
        )  # fmt: skip
        self.encode = pipeline.Outputs(self.model)
        self._store = FeatureStore(data.features, self.encode, self.model.output_shape[-1], repr(facts))

    def features(self, images: np.ndarray | View) -> np.ndarray:
        """Float32 (n, width)."""
        return self._store.of(images)[0]

    def fit(
        self, classifier: Pipeline, strengths: Sequence[float], data: TrainingData, recipe: Recipe
    ) -> Fitted:
        """Fit the classifier on training images, with the strength that is best on validation."""
        images, labels = data.evaluated_windows()
        features, seconds = self._store.of(images)
        # Outside the clock: what is evaluated is no part of training, nor is waiting for another trial.
        validation = self.features(data.validation.images)
        began = time.perf_counter()
        tried = []
        for strength in strengths or (None,):
            fitted = _of_strength(classifier, strength)
            fit_classifier(fitted, features, labels, recipe)
            scores = data.validation.scores(
                names.VALIDATION,
                lambda _, by=fitted: class_probabilities(by, validation, data.classes),
                data.chosen_by,
            )
            tried.append((rank(scores, data.chosen_by), fitted))
        best = max(tried, key=lambda each: each[0])  # of equals the first, the one that shrinks most
        return Fitted(best[1], seconds + time.perf_counter() - began)


class FrozenLearner:
    """The features as they are, and a classifier: one point, at the cost of features and fits."""

    can_start_anew = True  # the encoder is the same for every seed

    def __init__(self, built: catalog.Built, data: TrainingData, recipe: Recipe, seed: int) -> None:
        self.network, self._recipe = built.encoder, recipe
        self.frozen = Frozen(built, data, recipe)
        self.start_anew(built, data, seed)

    def start_anew(self, built: catalog.Built, data: TrainingData, seed: int) -> None:
        """Become the learner of another seed, with the encoder as it is."""
        self.classifier, self._strengths = seeded(built.classifier, seed), built.strengths
        self._data = data

    def fit(
        self,
        evaluate: Evaluate,
        report: Report,
        checkpoints: Checkpoints | None = None,
        logged_seconds: Mapping[int, float] = training.NOTHING_LOGGED,
    ) -> int:
        """Fit once; there is no state to keep meanwhile but the features, which are kept for all trials."""
        fitted = self.frozen.fit(self.classifier, self._strengths, self._data, self._recipe)
        self.classifier = fitted.classifier
        cost = {names.TRAIN_SECONDS: fitted.seconds, names.IMAGES_SEEN: float(len(self._data.images))}
        report(1, {**cost, **evaluate(self.predict)})
        return 1

    def predict(self, images: np.ndarray | View) -> np.ndarray:
        """Probabilities float64 (n, classes)."""
        return class_probabilities(self.classifier, self.frozen.features(images), self._data.classes)

    def predict_anew(self, images: np.ndarray | View) -> np.ndarray:
        """The same, with features that are computed now."""
        return class_probabilities(self.classifier, self.frozen.encode(images), self._data.classes)

    def save(self, folder: Path) -> None:
        """Write two files: uint8 images to features, features to probabilities."""
        in_float32(self.frozen.model, self._recipe).save(folder / "encoder.keras")
        skops.io.dump(self.classifier, folder / "classifier.skops")


class FineTunedLearner:
    """The encoder with the head that its frozen features give, then all of it at a low rate."""

    classifier = None  # what is fitted first becomes the network's last layer

    def __init__(self, built: catalog.Built, data: TrainingData, recipe: Recipe, seed: int) -> None:
        self.network, self._recipe = built.network, recipe
        self.frozen = Frozen(built, data, recipe)
        slower = recipe.model_copy(update={"learning_rate": FINE_TUNING * recipe.learning_rate})
        as_they_are = keras.layers.Rescaling(1.0, name="pixels")
        self._learner = KerasLearner(built.network, data, slower, seed, as_they_are)
        self._built, self._data = built, data

    @property
    def can_start_anew(self) -> bool:
        """True once it has trained."""
        return self._learner.can_start_anew

    def start_anew(self, built: catalog.Built, data: TrainingData, seed: int) -> None:
        """Become the learner of another seed: `built` has the encoder's own weights."""
        self._learner.start_anew(built.network, data, seed)
        self._built, self._data = built._replace(encoder=self._built.encoder), data

    def fit(
        self,
        evaluate: Evaluate,
        report: Report,
        checkpoints: Checkpoints | None = None,
        logged_seconds: Mapping[int, float] = training.NOTHING_LOGGED,
    ) -> int:
        """Fit the head, then train all; the clock begins with the head. Returns the chosen epoch."""
        head = self.frozen.fit(self._built.classifier, self._built.strengths, self._data, self._recipe)
        logits = self.network.get_layer("logits")
        logits.set_weights(as_dense(head.classifier, self._data.classes))
        return self._learner.fit(evaluate, report, checkpoints, logged_seconds, head.seconds)

    def predict(self, images: np.ndarray | View) -> np.ndarray:
        """Probabilities float32 (n, classes)."""
        return self._learner.predict(images)

    predict_anew = predict

    def save(self, folder: Path) -> None:
        """Write one file: uint8 images in, probabilities out."""
        self._learner.save(folder)


def as_dense(classifier: Pipeline, classes: int) -> list[np.ndarray]:
    """Kernel (features, classes) and bias (classes,) of a logistic regression."""
    logistic = classifier[-1]
    kernel, bias = logistic.coef_, logistic.intercept_
    if len(kernel) == 1:  # two classes: one logit, of the second against the first
        kernel, bias = np.concatenate([-kernel, kernel]) / 2, np.concatenate([-bias, bias]) / 2
    of_all = np.zeros((kernel.shape[1], classes), np.float32)
    biases = np.full(classes, ABSENT, np.float32)
    of_all[:, logistic.classes_], biases[logistic.classes_] = kernel.T, bias
    return [of_all, biases]


def _of_strength(classifier: Pipeline, strength: float | None) -> Pipeline:
    """A pipeline like it with this C; as it is where there is none."""
    copy = clone(classifier)
    if strength is not None:
        copy.set_params(**{name: strength for name in copy.get_params() if name.rpartition("__")[2] == "C"})
    return copy
