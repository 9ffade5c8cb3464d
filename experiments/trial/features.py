"""Classical classifiers, on features learned without labels or on the pixels themselves.

The autoencoder trains on the training images alone; the encoder of the epoch with the lowest validation
reconstruction loss is kept, and the classifier is fitted once on its codes. The accuracy is therefore one
point at the whole cost, told with the last epoch; the learning curve is the reconstruction loss.
"""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import skops.io

from experiments import names
from experiments.data import crops
from experiments.data.crops import View
from experiments.logs.checkpoint import Checkpoints
from experiments.studies.specification import Recipe
from experiments.trial import pipeline, training
from experiments.trial.learners import Evaluate, Report, TrainingData, normalisation, recipe_batches


class FeatureLearner:
    """An autoencoder's code, standardised, and a scikit-learn classifier."""

    def __init__(self, parts: Any, data: TrainingData, recipe: Recipe, seed: int) -> None:  # noqa: ANN401
        self.network = parts.autoencoder
        self._classifier = parts.classifier
        self._data, self._recipe, self._seed = data, recipe, seed
        self._normalise = normalisation(data.images)
        images = keras.Input(data.input_shape, dtype="uint8", name="images")
        normalised = self._normalise(images)
        self._trained = keras.Model(images, parts.autoencoder(normalised))
        self._encoder = keras.Model(images, parts.encoder(normalised))

    def fit(self, evaluate: Evaluate, report: Report, checkpoints: Checkpoints | None = None) -> int:
        """Train the autoencoder, then the classifier; returns the last epoch, whose cost the accuracy has."""
        best = training.Best()
        ended: list[tuple[int, dict[str, float]]] = []
        data, recipe = self._data, self._recipe

        def epoch_ended(epoch: int, progress: dict[str, float], last: bool) -> None:
            losses = self._reconstruction_losses()
            if best.improved(epoch, _rank(losses)):
                best.weights = self._trained.get_weights()
            if last:
                ended.append((epoch, {**progress, **losses}))  # told with the classifier's accuracy
            else:
                report(epoch, {**progress, **losses})

        training.compile_for(self._trained, [self._squared_error], recipe, len(data.images))
        training.train(self._trained, self._batches, recipe, len(data.images), epoch_ended, best, checkpoints)
        self._trained.set_weights(best.weights)
        images, labels = data.seen()
        self._codes(images[:1])  # compiles the encoder, outside the clock
        began = time.perf_counter()
        self._classifier.fit(self._codes(images), labels)
        [(last, metrics)] = ended
        metrics[names.TRAIN_SECONDS] += time.perf_counter() - began
        report(last, {**metrics, **evaluate(self.predict)})
        return last

    def predict(self, images: np.ndarray | View) -> np.ndarray:
        """Probabilities float64 (n, classes)."""
        return class_probabilities(self._classifier, self._codes(images), self._data.classes)

    def save(self, folder: Path) -> None:
        """Two files: uint8 images to codes, codes to probabilities."""
        self._encoder.save(folder / "encoder.keras")
        skops.io.dump(self._classifier, folder / "classifier.skops")

    def _batches(self, first_epoch: int) -> Any:  # noqa: ANN401 - a tf.data.Dataset
        batches = recipe_batches(self._data, self._recipe, self._seed, first_epoch)
        return batches.map(lambda images, _: (images, images))

    def _codes(self, images: np.ndarray | View) -> np.ndarray:
        codes = pipeline.outputs(self._encoder, images)
        # The codes of a diverged encoder are no numbers; zeros keep the trial a result, at chance.
        return np.nan_to_num(codes, posinf=0, neginf=0)

    def _squared_error(self, images: Any, reconstruction: Any) -> Any:  # noqa: ANN401 - tensors
        return keras.ops.mean(keras.ops.square(self._normalise(images) - reconstruction))

    def _reconstruction_losses(self) -> dict[str, float]:
        """Mean squared error per normalised pixel, of the training slice and of validation."""
        splits = {names.TRAIN: self._data.slice_images, names.VALIDATION: self._data.validation_images}
        losses = {}
        for split, images in splits.items():
            errors, counts = [], []
            for portion in crops.portions(images):
                reconstruction = pipeline.outputs(self._trained, portion)
                error = np.square(np.asarray(self._normalise(portion)) - reconstruction)
                errors.append(error.mean(dtype=np.float64))
                counts.append(len(portion))
            losses[names.metric(split, names.RECONSTRUCTION_LOSS)] = float(np.average(errors, weights=counts))
        return losses


class PipelineLearner:
    """A scikit-learn pipeline on flattened pixels: nothing is trained by gradient, and there are no epochs.

    Its accuracy is one point, told as epoch 1, at the cost of one fit.
    """

    network = None

    def __init__(self, pipeline_: Any, data: TrainingData, recipe: Recipe, seed: int) -> None:  # noqa: ANN401
        self._pipeline, self._data = pipeline_, data

    def fit(self, evaluate: Evaluate, report: Report, checkpoints: Checkpoints | None = None) -> int:
        """Fit once on the training images; there is no state to keep meanwhile."""
        images, labels = self._data.seen()
        began = time.perf_counter()
        self._pipeline.fit(flattened(images), labels)
        cost = {
            names.TRAIN_SECONDS: time.perf_counter() - began,
            names.IMAGES_SEEN: float(len(self._data.images)),
        }
        report(1, {**cost, **evaluate(self.predict)})
        return 1

    def predict(self, images: np.ndarray | View) -> np.ndarray:
        """Probabilities float64 (n, classes)."""
        parts = [
            class_probabilities(self._pipeline, flattened(portion), self._data.classes)
            for portion in crops.portions(images)
        ]
        return np.concatenate(parts)

    def save(self, folder: Path) -> None:
        """One file: flattened images to probabilities."""
        skops.io.dump(self._pipeline, folder / "classifier.skops")


def flattened(images: np.ndarray | View) -> np.ndarray:
    """uint8 (n, height, width, channels) to float32 (n, pixels) from 0 to 1."""
    return images[:].reshape(len(images), -1).astype(np.float32) / 255


def class_probabilities(classifier: Any, codes: np.ndarray, classes: int) -> np.ndarray:  # noqa: ANN401
    """Probabilities (n, classes); a class that the classifier never saw has probability 0."""
    probabilities = np.zeros((len(codes), classes))
    probabilities[:, classifier.classes_] = classifier.predict_proba(codes)
    return probabilities


def _rank(losses: dict[str, float]) -> tuple[float]:
    """Higher is better: the validation reconstruction loss, negated (not-a-number is worst)."""
    loss = losses[names.metric(names.VALIDATION, names.RECONSTRUCTION_LOSS)]
    return (-loss if np.isfinite(loss) else -np.inf,)
