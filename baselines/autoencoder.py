"""Features learned without labels, then a classical classifier: a convolutional autoencoder and scikit-learn.

After Masci et al. 2011, "Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction", but
trained at once rather than layer by layer, with strides for pooling, and the code handed to a classifier
instead of fine-tuned.
"""

from functools import partial
from typing import NamedTuple

import keras
from keras import KerasTensor, layers
from sklearn.pipeline import Pipeline

from baselines.arguments import check_shape
from baselines.classifiers import Classifier, standardised

conv = partial(layers.Conv2D, kernel_size=3, padding="same", kernel_initializer="he_normal")


class FeatureModel(NamedTuple):
    """What is trained on images alone, the part of it that gives the features, and what learns the labels."""

    autoencoder: keras.Model  # images (batch, *input_shape) → reconstructions, same shape
    encoder: keras.Model  # images → codes (batch, code); its layers are the autoencoder's
    classifier: Pipeline  # codes (n, code) and labels (n,); has predict_proba


def autoencoder_features(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    filters: tuple[int, ...] = (16, 32),
    code: int = 64,
    classifier: Classifier = "logistic",
) -> FeatureModel:
    """Build the three parts, untrained. Images are float, normalised by the caller; outputs are float32.

    Each of `filters` is a convolution that halves height and width, rounding up. `classes` is every builder's
    second argument and unused here: the classifier learns the classes from its labels.
    ValueError if `input_shape` is not (height, width, channels), or for an unknown `classifier`.
    """
    check_shape(input_shape, 1)
    x = images = keras.Input(input_shape, name="images")
    maps = [x]
    for index, count in enumerate(filters, start=1):
        x = conv(count, strides=2, activation="relu", name=f"encoder_conv{index}")(x)
        maps.append(x)
    x = layers.Flatten(name="flatten")(x)
    codes = layers.Dense(code, dtype="float32", name="code")(x)
    return FeatureModel(
        autoencoder=keras.Model(
            images, _decode(codes, [each.shape[1:] for each in maps]), name="autoencoder"
        ),
        encoder=keras.Model(images, codes, name="encoder"),
        classifier=standardised(classifier),
    )


def _decode(codes: KerasTensor, shapes: list[tuple[int, int, int]]) -> KerasTensor:
    """Mirror the encoder, whose maps had `shapes`, (height, width, channels), the image's first.

    Upsampling and a convolution instead of a transposed one: no checkerboard (Odena et al. 2016).
    """
    height, width, count = shapes[-1]
    x = layers.Dense(
        height * width * count, activation="relu", kernel_initializer="he_normal", name="decode"
    )(codes)
    x = layers.Reshape((height, width, count), name="unflatten")(x)
    for index in range(len(shapes) - 1, 0, -1):
        height, width, count = shapes[index - 1]
        x = layers.UpSampling2D(2, name=f"decoder_up{index}")(x)
        # The encoder rounded an odd size up, so one row or column may be too many.
        surplus = ((0, x.shape[1] - height), (0, x.shape[2] - width))
        x = layers.Cropping2D(surplus, name=f"decoder_crop{index}")(x)
        if index > 1:
            x = conv(count, activation="relu", name=f"decoder_conv{index}")(x)
    # Linear: a normalised image has values below 0 and above 1.
    return conv(shapes[0][-1], dtype="float32", name="reconstruction")(x)
