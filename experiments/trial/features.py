"""Classical classifiers, on features learned without labels or on the pixels themselves.

The autoencoder trains on the training images alone; the encoder of the epoch with the lowest validation
reconstruction loss is kept, and the classifier is fitted once on its codes. The accuracy is therefore one
point at the whole cost, reported with the last epoch; the learning curve is the reconstruction loss.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import skops.io
import tensorflow as tf
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from experiments import catalog, names
from experiments.data import crops
from experiments.data.crops import View
from experiments.logs.checkpoint import Checkpoints
from experiments.studies.specification import Recipe
from experiments.trial import pipeline, training
from experiments.trial.learners import (
    Evaluate,
    Report,
    in_float32,
    normalise_as,
    pixel_normalisation,
    recipe_batches,
)
from experiments.trial.load import TrainingData


class FeatureLearner:
    """An autoencoder's code, standardised, and a scikit-learn classifier."""

    def __init__(self, parts: catalog.Built, data: TrainingData, recipe: Recipe, seed: int) -> None:
        self.network = parts.autoencoder
        self.classifier = seeded(parts.classifier, seed)
        self._data, self._recipe, self._seed = data, recipe, seed
        self._normalise = pixel_normalisation(data.images)
        images = keras.Input(data.input_shape, dtype="uint8", name="images")
        normalised = self._normalise(images)
        self._trained = keras.Model(images, parts.autoencoder(normalised))
        self._encoder = keras.Model(images, parts.encoder(normalised))
        self._reconstruct, self._encode = pipeline.Outputs(self._trained), pipeline.Outputs(self._encoder)

    @property
    def can_start_anew(self) -> bool:
        """True once it has trained."""
        return self._trained.compiled

    def start_anew(self, built: catalog.Built, data: TrainingData, seed: int) -> None:
        """Become the learner of another seed: `built` has its network and classifier, untrained."""
        training.start_anew(self._trained, self.network, built.autoencoder)
        self.classifier = seeded(built.classifier, seed)
        self._data, self._seed = data, seed
        normalise_as(self._normalise, data.images)

    def fit(
        self,
        evaluate: Evaluate,
        report: Report,
        checkpoints: Checkpoints | None = None,
        logged_seconds: Mapping[int, float] = training.NOTHING_LOGGED,
    ) -> int:
        """Train the autoencoder, then the classifier; returns the last epoch, whose cost the accuracy has."""
        data, recipe = self._data, self._recipe
        last, metrics = 0, {}

        def epoch_ended(epoch: training.Epoch) -> tuple[float]:
            nonlocal last, metrics
            losses = self._reconstruction_losses()
            if epoch.last:  # reported below, with the classifier's accuracy
                last, metrics = epoch.number, {**epoch.progress, **losses}
            else:
                report(epoch.number, {**epoch.progress, **losses})
            return _rank(losses)

        if not self._trained.compiled:
            training.compile_for(self._trained, [self._squared_error], recipe, len(data.images))
        training.train(
            self._trained, self._batches, recipe, len(data.images), epoch_ended, checkpoints, logged_seconds
        )
        images, labels = data.evaluated_windows()
        self._codes(images[:1])  # compiles the encoder, outside the clock
        began = time.perf_counter()
        fit_classifier(self.classifier, self._codes(images), labels, recipe)
        metrics[names.TRAIN_SECONDS] += time.perf_counter() - began
        report(last, {**metrics, **evaluate(self.predict)})
        return last

    def predict(self, images: np.ndarray | View) -> np.ndarray:
        """Probabilities float64 (n, classes)."""
        return class_probabilities(self.classifier, self._codes(images), self._data.classes)

    predict_anew = predict

    def save(self, folder: Path) -> None:
        """Write two files: uint8 images to codes, codes to probabilities."""
        in_float32(self._encoder, self._recipe).save(folder / "encoder.keras")
        skops.io.dump(self.classifier, folder / "classifier.skops")

    def _batches(self, first_epoch: int) -> tf.data.Dataset:
        batches = recipe_batches(self._data, self._recipe, self._seed, first_epoch)
        return batches.map(lambda images, _: (images, images))

    def _codes(self, images: np.ndarray | View) -> np.ndarray:
        return finite(self._encode(images))

    def _squared_error(self, images: tf.Tensor, reconstruction: tf.Tensor) -> tf.Tensor:
        return keras.ops.mean(keras.ops.square(self._normalise(images) - reconstruction))

    def _reconstruction_losses(self) -> dict[str, float]:
        """Mean squared error per normalised pixel, of the training slice and of validation."""
        splits = {names.TRAIN: self._data.train_slice, names.VALIDATION: self._data.validation}
        losses = {}
        for split, evaluated in splits.items():
            errors, counts = [], []
            for portion in crops.portions(evaluated.images):
                reconstruction = self._reconstruct(portion)
                error = np.square(np.asarray(self._normalise(portion)) - reconstruction)
                errors.append(error.mean(dtype=np.float64))
                counts.append(len(portion))
            losses[names.metric(split, names.RECONSTRUCTION_LOSS)] = float(np.average(errors, weights=counts))
        return losses


class PipelineLearner:
    """A scikit-learn pipeline on flattened pixels: nothing is trained by gradient, and there are no epochs.

    Its accuracy is one point, reported as epoch 1, at the cost of one fit.
    """

    network = None
    can_start_anew = False  # nothing is traced

    def __init__(self, classifier: Pipeline, data: TrainingData, recipe: Recipe, seed: int) -> None:
        self.classifier, self._data, self._recipe = seeded(classifier, seed), data, recipe

    def fit(
        self,
        evaluate: Evaluate,
        report: Report,
        checkpoints: Checkpoints | None = None,
        logged_seconds: Mapping[int, float] = training.NOTHING_LOGGED,
    ) -> int:
        """Fit once on the training images; there is no state to keep meanwhile."""
        images, labels = self._data.evaluated_windows()
        began = time.perf_counter()
        fit_classifier(self.classifier, flattened(images), labels, self._recipe)
        cost = {
            names.TRAIN_SECONDS: time.perf_counter() - began,
            names.IMAGES_SEEN: float(len(self._data.images)),
        }
        report(1, {**cost, **evaluate(self.predict)})
        return 1

    def predict(self, images: np.ndarray | View) -> np.ndarray:
        """Probabilities float64 (n, classes)."""
        parts = [
            class_probabilities(self.classifier, flattened(portion), self._data.classes)
            for portion in crops.portions(images)
        ]
        return np.concatenate(parts)

    predict_anew = predict

    def save(self, folder: Path) -> None:
        """Write one file: flattened images to probabilities."""
        skops.io.dump(self.classifier, folder / "classifier.skops")


def seeded(classifier: Pipeline, seed: int) -> Pipeline:
    """The pipeline with every step that draws drawing from the seed; of ours only the forest does."""
    steps = [name for name in classifier.get_params() if name.endswith("random_state")]
    return classifier.set_params(**dict.fromkeys(steps, seed))


def fit_classifier(classifier: Pipeline, features: np.ndarray, labels: np.ndarray, recipe: Recipe) -> None:
    """Fit the pipeline; by a balanced recipe its classifier weighs each image by its class, where it can.

    The weights of images are what scikit-learn's class_weight="balanced" makes of classes. They reach Platt's
    probabilities too, which would else be those of the unbalanced classes; nearest neighbours take none.
    """
    name, last = classifier.steps[-1]
    weights = {}
    if recipe.class_weight is not None and has_fit_parameter(last, "sample_weight"):
        weights[f"{name}__sample_weight"] = training.class_weights(labels)[labels]
    classifier.fit(features, labels, **weights)


def finite(codes: np.ndarray) -> np.ndarray:
    """Zeros for what is no number, as the codes of a diverged encoder are: the trial stays a result."""
    return np.nan_to_num(codes, posinf=0, neginf=0)


def flattened(images: np.ndarray | View) -> np.ndarray:
    """uint8 (n, height, width, channels) to float32 (n, pixels) from 0 to 1."""
    return images[:].reshape(len(images), -1).astype(np.float32) / 255


def class_probabilities(classifier: Pipeline, codes: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities (n, classes); a class that the classifier never saw has probability 0."""
    probabilities = np.zeros((len(codes), classes))
    probabilities[:, classifier.classes_] = classifier.predict_proba(codes)
    return probabilities


def _rank(losses: dict[str, float]) -> tuple[float]:
    """Higher is better: the validation reconstruction loss, negated (not-a-number is worst)."""
    loss = losses[names.metric(names.VALIDATION, names.RECONSTRUCTION_LOSS)]
    return (-loss if np.isfinite(loss) else -np.inf,)
