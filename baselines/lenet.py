"""LeNet-5 (LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition", figure 2).

    lenet5((28, 28, 1), classes=10)         # a keras.Model, images to logits

Layers carry the paper's numbers: C1 is `conv1`, S2 `pool2`, C5 `dense5`, F6 `dense6`.

Departures, those of the form that is usual today, with 61,706 parameters:
- S2 and S4 average; the paper's also multiply by a trained weight, add a bias and squash.
- Every map of C3 sees all six of S2; the paper's table 1 leaves 36 of the 96 pairs out.
- Logits for a softmax instead of distances to drawn digits (RBF units).
- tanh as it is, not 1.7159 · tanh(2x / 3); LeCun-normal weights, not uniform ones within 2.4 / inputs.
"""

from functools import partial

import keras
from keras import layers

from baselines.arguments import check_shape, in_proportion

SIZE, WIDTH = 32, 6  # the paper's image and filters of C1

conv = partial(layers.Conv2D, kernel_size=5, activation="tanh", kernel_initializer="lecun_normal")
dense = partial(layers.Dense, activation="tanh", kernel_initializer="lecun_normal")


def lenet5(input_shape: tuple[int, int, int], classes: int, *, width: int = WIDTH) -> keras.Model:
    """From float images (batch, *input_shape), normalised by the caller, to float32 logits (batch, classes).

    An image below 32×32 is padded with zeros on all sides, as the paper pads MNIST's 28×28; a larger one
    stays as it is, and C5 sees all of the larger map. `width` is the filters of C1, the other layers in
    proportion.
    ValueError if `input_shape` is not (height, width, channels) from 16×16 up.
    """
    check_shape(input_shape, 16)
    scaled = partial(in_proportion, width=width, paper_width=WIDTH)

    x = images = keras.Input(input_shape, name="images")
    if min(input_shape[:2]) < SIZE:
        missing = [max(0, SIZE - size) for size in input_shape[:2]]
        padding = tuple((each // 2, each - each // 2) for each in missing)
        x = layers.ZeroPadding2D(padding, name="pad")(x)
    x = conv(scaled(6), name="conv1")(x)
    x = layers.AveragePooling2D(2, name="pool2")(x)
    x = conv(scaled(16), name="conv3")(x)
    x = layers.AveragePooling2D(2, name="pool4")(x)
    # The paper has C5 as a 5×5 convolution; on its 5×5 maps that is a dense layer.
    x = layers.Flatten(name="flatten")(x)
    x = dense(scaled(120), name="dense5")(x)
    x = dense(scaled(84), name="dense6")(x)
    # float32 whatever the policy: under mixed precision a loss of float16 logits loses digits.
    logits = dense(classes, activation=None, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="lenet5")
