"""How a network becomes a classifier of raw images: `fit` and `predict`, the same for every learner.

A learner trains on whole uint8 images, of which its stream takes windows at crop size, and predicts uint8
images at crop size. Whatever normalises them is a part of the model, so that its files need nothing else.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
import tensorflow as tf
from sklearn.pipeline import Pipeline

from experiments import names
from experiments.data import crops
from experiments.data.crops import View
from experiments.logs.checkpoint import Checkpoints
from experiments.studies.specification import Recipe
from experiments.trial import gradients, normalisation, pipeline, training
from experiments.trial.augmentation import Augmentation
from experiments.trial.evaluation import Predict
from experiments.trial.load import TrainingData

AUXILIARY_WEIGHT = 0.3  # of an auxiliary head's loss (Szegedy et al. 2014, section 5)

Evaluate = Callable[[Predict], dict[str, float]]
Report = Callable[[int, dict[str, float]], None]


class Learner(Protocol):
    """What a trial asks of a model."""

    network: keras.Model | None  # what is trained by gradient, if anything: the arm's parameters and MACs
    classifier: Pipeline | None  # by scikit-learn: of features, or of pixels
    can_start_anew: bool  # whether `start_anew` makes it the learner of another seed, with what it has traced

    def fit(
        self,
        evaluate: Evaluate,
        report: Report,
        checkpoints: Checkpoints | None = None,
        logged_seconds: Mapping[int, float] = training.NOTHING_LOGGED,
    ) -> int:
        """Train; returns the chosen epoch.

        Args:
            evaluate: measures the training slice and validation by a `predict`.
            report: called with each epoch's number and metrics.
            checkpoints: where a training that was ended goes on from. It reports again what was reported
                after the last checkpoint.
            logged_seconds: the training clock at the end of the epochs that were reported before.
        """
        ...

    def predict(self, images: np.ndarray | View) -> np.ndarray:
        """Probabilities float (n, classes) of uint8 images at crop size, at the chosen epoch."""
        ...

    def predict_anew(self, images: np.ndarray | View) -> np.ndarray:
        """The same, with nothing that is kept of these images: what a prediction costs."""
        ...

    def save(self, folder: Path) -> None:
        """Write the model files; `saved.load` reads them."""
        ...


class KerasLearner:
    """A network of logits, trained on labels; the epoch of best validation accuracy is kept.

    A network may have auxiliary heads behind its logits (GoogLeNet): they are trained beside it, on the same
    labels, and never predict.
    """

    classifier = None

    def __init__(
        self,
        network: keras.Model,
        data: TrainingData,
        recipe: Recipe,
        seed: int,
        own_normalisation: keras.Layer | None = None,
    ) -> None:
        """own_normalisation: for a network that expects other pixels than those of mean 0 and variance 1."""
        self.network = network
        self._data, self._recipe, self._seed = data, recipe, seed
        normalisation.fuse(network)
        images = keras.Input(data.input_shape, dtype="uint8", name="images")
        self._measured = None if own_normalisation else pixel_normalisation(data.images)
        normalise = own_normalisation or self._measured
        heads = keras.tree.flatten(network(normalise(images)))
        self._heads = len(heads)
        self._trained = keras.Model(images, heads)
        self._activations = None
        if recipe.gradient_flow:
            probed = data.train_slice.images[: gradients.PROBED_IMAGES]
            self._activations = gradients.Activations(network, np.asarray(normalise(probed)))
        self._predicting = keras.Model(images, keras.layers.Softmax(name="probabilities")(heads[0]))
        self._outputs = pipeline.Outputs(self._predicting)

    @property
    def can_start_anew(self) -> bool:
        """True once it has trained, unless stages are probed: those are of its first images."""
        return self._trained.compiled and self._activations is None

    def start_anew(self, built: keras.Model, data: TrainingData, seed: int) -> None:
        """Become the learner of another seed: `built` is its network, untrained. What is traced stays."""
        training.start_anew(self._trained, self.network, built)
        self._data, self._seed = data, seed
        if self._measured:
            normalise_as(self._measured, data.images)

    def fit(
        self,
        evaluate: Evaluate,
        report: Report,
        checkpoints: Checkpoints | None = None,
        logged_seconds: Mapping[int, float] = training.NOTHING_LOGGED,
        before: float = 0.0,
    ) -> int:
        """Train on the recipe; ends with the weights of the chosen epoch, and returns it.

        before: seconds of training that the clock begins with.
        """

        def epoch_ended(epoch: training.Epoch) -> tuple[float, float]:
            metrics = evaluate(self.predict)
            spreads = self._activations.spreads() if self._activations else {}
            report(epoch.number, {**epoch.progress, **metrics, **spreads})
            return rank(metrics, self._recipe.chosen_by)

        images = len(self._data.images)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        losses = [loss] * self._heads
        weights = [1.0] + [AUXILIARY_WEIGHT] * (self._heads - 1)
        if not self._trained.compiled:
            training.compile_for(self._trained, losses, self._recipe, images, weights)
        return training.train(
            self._trained,
            self._batches,
            self._recipe,
            images,
            epoch_ended,
            checkpoints,
            logged_seconds,
            before=before,
        )

    def _batches(self, first_epoch: int) -> tf.data.Dataset:
        batches = recipe_batches(self._data, self._recipe, self._seed, first_epoch)
        if self._recipe.class_weight is None:
            return batches.map(lambda images, labels: (images, (labels,) * self._heads))
        weights = tf.constant(training.class_weights(self._data.labels), tf.float32)
        return batches.map(
            lambda images, labels: (
                images,
                (labels,) * self._heads,
                (tf.gather(weights, labels),) * self._heads,
            )
        )

    def predict(self, images: np.ndarray | View) -> np.ndarray:
        """Probabilities float32 (n, classes)."""
        return self._outputs(images)

    predict_anew = predict

    def save(self, folder: Path) -> None:
        """Write one file: uint8 images in, probabilities out; it computes in float32 everywhere."""
        in_float32(self._predicting, self._recipe).save(folder / "model.keras")


def in_float32(network: keras.Model, recipe: Recipe) -> keras.Model:
    """The network itself if it computes in float32, else the same with the same weights that does."""
    if recipe.precision == "float32":
        return network

    def copied(layer: keras.Operation) -> keras.Operation:
        config = layer.get_config()  # of an operation, such as resizing, there is no dtype to state
        return type(layer).from_config(
            {**config, "dtype": "float32"} if isinstance(layer, keras.Layer) else config
        )

    copy = keras.models.clone_model(network, clone_function=copied, recursive=True)
    copy.set_weights(network.get_weights())
    return copy


def rank(metrics: dict[str, float], chosen_by: str = names.ACCURACY) -> tuple[float, float]:
    """Higher is better: a measure of validation, then validation loss (not-a-number is worst)."""
    loss = metrics[names.metric(names.VALIDATION, names.LOSS)]
    return metrics[names.metric(names.VALIDATION, chosen_by)], -loss if np.isfinite(loss) else -np.inf


def pixel_normalisation(images: np.ndarray | View) -> keras.layers.Normalization:
    """The layer that takes uint8 pixels to mean 0 and variance 1 by channel, as measured on these images."""
    mean, variance = _moments(images)
    layer = keras.layers.Normalization(mean=mean, variance=variance)
    layer.build((None, *images.shape[1:]))
    # Variables, so that a traced step goes on with the moments of other images; neither weights nor saved.
    layer.mean, layer.variance = (tf.Variable(each, trainable=False) for each in (layer.mean, layer.variance))
    return layer


def normalise_as(layer: keras.layers.Normalization, images: np.ndarray | View) -> None:
    """Let such a layer normalise as measured on other images of the same shape."""
    other = pixel_normalisation(images)
    layer.input_mean, layer.input_variance = other.input_mean, other.input_variance  # what is saved
    layer.mean.assign(other.mean)
    layer.variance.assign(other.variance)


def _moments(images: np.ndarray | View) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the pixels of each channel, float64 (channels,)."""
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
    return mean, np.maximum(variance, 1.0)  # a constant channel stays finite


def recipe_batches(data: TrainingData, recipe: Recipe, seed: int, first_epoch: int = 1) -> tf.data.Dataset:
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
