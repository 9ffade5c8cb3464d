"""Two ways to use an encoder that was trained on other photographs: its features as they are, or trained on.

Donahue et al. 2014 (features as they are); Yosinski et al. 2014 (trained on). Fine-tuning begins with the
head that was fitted on the features as they are (Kumar et al. 2022): a head of random weights would first
spoil what the encoder has learnt.
"""

from pathlib import Path
from typing import NamedTuple

import keras
from keras import layers
from sklearn.pipeline import Pipeline, make_pipeline

from baselines.classifiers import CLASSIFIERS, Classifier, standardised
from baselines.pretrained.encoders import EncoderName, pretrained_encoder

# The strengths of a classifier that validation chooses from: C of logistic regression and of the SVM.
STRENGTHS = (0.001, 0.01, 0.1, 1.0)
HEAD_STRENGTHS = (0.01, 0.1, 1.0, 10.0)  # of features as they are, which vary by a fraction of 1


class Pretrained(NamedTuple):
    """An encoder, what learns the labels from its features, and for fine-tuning the network of both.

    Images are pixels from 0 to 255: the encoder normalises them as its weights expect it.
    """

    encoder: keras.Model  # images (batch, *input_shape) → features float32 (batch, n)
    classifier: Pipeline  # features (n, …) and labels (n,); has predict_proba
    strengths: tuple[float, ...]  # its C, of which validation chooses
    network: keras.Model | None = None  # images → logits; its layers but the last are the encoder


def pretrained_features(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    encoder: EncoderName | Path = "efficientnet_lite0",
    pixels: int = 96,
    classifier: Classifier = "logistic",
) -> Pretrained:
    """The features of a frozen encoder, then a classifier as for the autoencoder.

    encoder: a name, or the folder of a model that was trained here. `pixels` is the side that smaller images
    are enlarged to before a named encoder sees them. `classes` is every
    builder's second argument and unused here. ValueError for an unknown encoder or classifier, or fewer than
    32 pixels; MissingError where the encoder's weights cannot be had.
    """
    pipeline = standardised(classifier)
    return Pretrained(
        pretrained_encoder(encoder, input_shape, pixels),
        pipeline,
        STRENGTHS if _has_strength(pipeline) else (),
    )


def finetuned(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    encoder: EncoderName | Path = "efficientnet_lite0",
    pixels: int = 96,
) -> Pretrained:
    """The encoder with a head of logits, all of it to be trained on, from the head of `pretrained_features`.

    Its normalisations stay as they are, scales and offsets too: batches of few photographs would replace
    what a million taught. Errors as above.
    """
    network = pretrained_encoder(encoder, input_shape, pixels)
    freeze_statistics(network)
    logits = layers.Dense(classes, dtype="float32", name="logits")(network.output)
    return Pretrained(
        network,
        # Not standardised: what a feature hardly varies by would become a step of that size in the encoder.
        make_pipeline(CLASSIFIERS["logistic"]()),
        HEAD_STRENGTHS,
        keras.Model(network.input, logits, name=f"finetuned_{network.name.partition('_at_')[0]}"),
    )


def freeze_statistics(network: keras.Model) -> None:
    """Let every normalisation, those of networks inside too, compute as in prediction, and never change."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            freeze_statistics(layer)
        elif isinstance(layer, layers.BatchNormalization):
            layer.trainable = False


def _has_strength(pipeline: Pipeline) -> bool:
    return any(name.rpartition("__")[2] == "C" for name in pipeline.get_params())
