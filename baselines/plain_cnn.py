"""The traditional convolutional network: convolution, ReLU and max pool, repeated, then two dense layers.

The pattern of LeCun et al. 1998 with the ReLU and max pool of Krizhevsky et al. 2012. It has neither batch
normalisation nor dropout: both came later, and a comparison with "before ResNet" is one without them.
"""

import keras
from keras import layers

from baselines.arguments import check_shape


def plain_cnn(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    filters: tuple[int, ...] = (32, 64, 128),
    kernels: tuple[int, ...] = (3, 3, 3),
    dense: int = 128,
) -> keras.Model:
    """From float images (batch, *input_shape), normalised by the caller, to float32 logits (batch, classes).

    `filters` and `kernels` have one entry a convolution; each ends in a 2×2 max pool, which drops an odd last
    row or column. ValueError if their lengths differ, or if `input_shape` is not (height, width, channels)
    with 2 ** len(filters) pixels or more each way.
    """
    if len(filters) != len(kernels):
        raise ValueError(f"filters and kernels must have one length, not {len(filters)} and {len(kernels)}")
    check_shape(input_shape, 2 ** len(filters))

    x = images = keras.Input(input_shape, name="images")
    for index, (count, kernel) in enumerate(zip(filters, kernels, strict=True), start=1):
        x = layers.Conv2D(
            count,
            kernel,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name=f"conv{index}",
        )(x)
        x = layers.MaxPooling2D(2, name=f"pool{index}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(dense, activation="relu", kernel_initializer="he_normal", name="dense")(x)
    # float32 whatever the policy: under mixed precision a loss of float16 logits loses digits.
    logits = layers.Dense(classes, kernel_initializer="he_normal", dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="plain_cnn")
