"""A saved model as one file of LiteRT (TensorFlow Lite): raw uint8 images in, probabilities out."""

import contextlib
import io
import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from experiments.trial import process
from experiments.trial.saved import CLASSIFIER, ENCODER, NETWORK, TRUSTED_TYPES


class NoLayersError(Exception):
    """A classifier that is no sum and softmax: it cannot be a part of a network."""


def whole_network(folder: Path, classes: int) -> keras.Model:
    """The model of a folder as one network: uint8 (batch, height, width, channels) → (batch, classes).

    Raises:
        NoLayersError: its classifier cannot be one, the message says which it is.
    """
    process.settle_keras()
    if not (folder / CLASSIFIER).exists():
        return keras.saving.load_model(folder / NETWORK, compile=False)
    classifier = skops.io.load(folder / CLASSIFIER, trusted=list(TRUSTED_TYPES))
    if not (folder / ENCODER).exists():
        raise NoLayersError("a classifier of pixels or components")
    encoder = keras.saving.load_model(folder / ENCODER, compile=False)
    return keras.Model(encoder.input, _as_layers(classifier, encoder.output, classes), name="delivered")


def _as_layers(classifier: Pipeline, features: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """Standardisation and logistic regression on features, as a normalisation, a dense layer and softmax."""
    steps = [step for _, step in classifier.steps]
    if [type(step) for step in steps] != [StandardScaler, LogisticRegression]:
        raise NoLayersError(f"a {type(steps[-1]).__name__}")
    scaler, logistic = steps
    kernel, bias = logistic.coef_, logistic.intercept_
    if len(kernel) == 1:  # two classes: one logit, of the second against the first
        kernel, bias = np.concatenate([-kernel, kernel]) / 2, np.concatenate([-bias, bias]) / 2
    of_all, biases = np.zeros((kernel.shape[1], classes)), np.full(classes, -np.inf)
    of_all[:, logistic.classes_], biases[logistic.classes_] = kernel.T, bias
    finite = np.where(np.isfinite(biases), biases, np.finfo(np.float32).min / 2)
    x = keras.layers.Normalization(mean=scaler.mean_, variance=scaler.scale_**2, name="standardised")(
        features
    )
    dense = keras.layers.Dense(classes, name="logits")
    x = dense(x)
    dense.set_weights([of_all, finite])
    return keras.layers.Softmax(name="probabilities")(x)


def to_litert(network: keras.Model) -> bytes:
    """The content of a .tflite file; float32, nothing is rounded."""
    import tensorflow as tf

    silent: Any = io.StringIO()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with contextlib.redirect_stdout(silent):  # the converter prints every tensor of the network
        return tf.lite.TFLiteConverter.from_keras_model(network).convert()
