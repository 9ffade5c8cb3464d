"""How a network becomes a classifier of raw images: `fit` and `predict`, the same for every learner.

A learner takes uint8 images at crop size; normalisation is the first layer of its model, so the model
file needs nothing else.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np

from experiments import names
from experiments.data import crops
from experiments.data.crops import View, Windows
from experiments.logs.checkpoint import Checkpoints
from experiments.studies.specification import Recipe
from experiments.trial import gradients, pipeline, training
from experiments.trial.augmentation import Augmentation
from experiments.trial.evaluation import Predict

AUXILIARY_WEIGHT = 0.3  # of an auxiliary head's loss (Szegedy et al. 2014, section 5)


class TrainingData(NamedTuple):
    """The training subset in training order; validation is for the choice of an epoch only.

    images: uint8 (n, height, width, channels), whole; labels: int64 (n,); classes: their number;
    slice_images: windows of the training images that are evaluated, validation_images: windows of those of
    validation, both at crop size, those of one image beside each other.
    """

    images: np.ndarray | View
    labels: np.ndarray
    classes: int
    crop: int | None
    slice_images: np.ndarray | View
    validation_images: np.ndarray | View
    windows: Windows = "centre"

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels at crop size."""
        return self.validation_images.shape[1:]

    def seen(self) -> tuple[np.ndarray | View, np.ndarray]:
        """All training images as evaluation sees them, and the label of each window."""
        view = View(self.images, crop=self.crop, windows=self.windows)
        return view.settled(), np.repeat(self.labels, len(view) // len(self.labels))


Evaluate = Callable[[Predict], dict[str, float]]
Report = Callable[[int, dict[str, float]], None]


class Learner(Protocol):
    """What a trial asks of a model."""

    network: keras.Model | None  # what is trained by gradient, if anything: the arm's parameters and MACs

    def fit(self, evaluate: Evaluate, report: Report, checkpoints: Checkpoints | None = None) -> int:
        """Train; evaluate(predict) measures the splits, report(epoch, metrics) tells; the chosen epoch.

        With checkpoints, a training goes on where an earlier process was ended; it may report again what
        was reported after the last checkpoint.
        """
        ...

    def predict(self, images: np.ndarray | View) -> np.ndarray:
        """Probabilities float (n, classes) of uint8 images at crop size, at the chosen epoch."""
        ...

    def save(self, folder: Path) -> None:
        """Write the model files; `models.load` reads them."""
        ...


class KerasLearner:
    """A network of logits, trained on labels; the epoch of best validation accuracy is kept.

    A network may have auxiliary heads behind its logits (GoogLeNet): they are trained beside it, on the same
    labels, and never predict.
    """

    def __init__(self, network: keras.Model, data: TrainingData, recipe: Recipe, seed: int) -> None:
        self.network = network
        self._data, self._recipe, self._seed = data, recipe, seed
        images = keras.Input(data.input_shape, dtype="uint8", name="images")
        normalise = normalisation(data.images)
        heads = keras.tree.flatten(network(normalise(images)))
        self._heads = len(heads)
        self._trained = keras.Model(images, heads)
        self._activations = None
        if recipe.gradient_flow:
            self._activations = gradients.Activations(
                network, np.asarray(normalise(data.slice_images[: gradients.PROBED_IMAGES]))
            )
        self._classifier = keras.Model(images, keras.layers.Softmax(name="probabilities")(heads[0]))

    def fit(self, evaluate: Evaluate, report: Report, checkpoints: Checkpoints | None = None) -> int:
        """Train on the recipe; ends with the weights of the chosen epoch, and returns it."""
        best = training.Best()

        def epoch_ended(epoch: int, progress: dict[str, float], last: bool) -> None:
            metrics = evaluate(self.predict)
            if best.improved(epoch, rank(metrics)):
                best.weights = self._trained.get_weights()
            spreads = self._activations.spreads() if self._activations else {}
            report(epoch, {**progress, **metrics, **spreads})

        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        losses = [loss] * self._heads
        weights = [1.0] + [AUXILIARY_WEIGHT] * (self._heads - 1)
        training.compile_for(self._trained, losses, self._recipe, len(self._data.images), weights)
        images = len(self._data.images)
        training.train(self._trained, self._batches, self._recipe, images, epoch_ended, best, checkpoints)
        self._trained.set_weights(best.weights)
        return best.epoch

    def _batches(self, first_epoch: int) -> Any:  # noqa: ANN401 - a tf.data.Dataset
        batches = recipe_batches(self._data, self._recipe, self._seed, first_epoch)
        return batches.map(lambda images, labels: (images, (labels,) * self._heads))

    def predict(self, images: np.ndarray | View) -> np.ndarray:
        """Probabilities float32 (n, classes)."""
        return pipeline.outputs(self._classifier, images)

    def save(self, folder: Path) -> None:
        """One file: uint8 images in, probabilities out."""
        self._classifier.save(folder / "model.keras")


def rank(metrics: dict[str, float]) -> tuple[float, float]:
    """Higher is better: validation accuracy, then validation loss (not-a-number is worst)."""
    loss = metrics[names.metric(names.VALIDATION, names.LOSS)]
    return metrics[names.metric(names.VALIDATION, names.ACCURACY)], -loss if np.isfinite(loss) else -np.inf


def normalisation(images: np.ndarray | View) -> keras.layers.Normalization:
    """The layer that takes uint8 pixels to mean 0 and variance 1 by channel, as measured on these images."""
    values = np.arange(256)
    # Counting is exact, and takes no float copy of the images.
    counts = np.zeros((images.shape[-1], 256), np.int64)
    for portion in crops.portions(images):
        for channel in range(images.shape[-1]):
            counts[channel] += np.bincount(portion[..., channel].ravel(), minlength=256)
    mean = np.array([np.average(values, weights=count) for count in counts])
    variance = [
        np.average((values - centre) ** 2, weights=count) for count, centre in zip(counts, mean, strict=True)
    ]
    # A constant channel stays finite.
    return keras.layers.Normalization(mean=mean, variance=np.maximum(variance, 1.0))


def recipe_batches(data: TrainingData, recipe: Recipe, seed: int, first_epoch: int = 1) -> Any:  # noqa: ANN401
    """The training stream of a recipe; every arm of the same seed sees the same images in the same order."""
    return pipeline.training_batches(
        data.images,
        data.labels,
        seed=seed,
        batch_size=recipe.batch_size,
        augmentation=Augmentation.of(data.crop, data.windows, recipe),
        steps=recipe.steps,
        first_epoch=first_epoch,
    )
