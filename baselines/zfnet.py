"""ZFNet (Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", figure 3).

    zfnet((224, 224, 3), classes=1000)                          # a keras.Model, images to logits
    zfnet((32, 32, 3), classes=10, stem="small", width=32, dense=256)

AlexNet without its towers and with a finer first look: 7×7 at stride 2 for 11×11 at stride 4. The pool comes
before the normalisation.

Departures: where figure 3 gives map sizes and no padding (110, 55, 26, 13, 6), the padding is the one with
which they come out. "Contrast normalized across feature maps" is AlexNet's local response normalisation with
its constants. He-normal weights and zero biases, as in every network here with ReLU, not a deviation of 0.01.
"""

from functools import partial

import keras
from keras import layers

from baselines.arguments import Stem, check_choice, check_shape, in_proportion
from baselines.dense_head import dense_head
from baselines.local_response import LocalResponseNormalization

WIDTH = 96
LEAST = {"imagenet": 53, "small": 13}  # pixels that leave one behind the last pool

conv = partial(layers.Conv2D, activation="relu", kernel_initializer="he_normal")
pool = partial(layers.MaxPooling2D, pool_size=3, strides=2)


def zfnet(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "imagenet",
    width: int = WIDTH,
    dense: int = 4096,
) -> keras.Model:
    """From float images (batch, *input_shape), normalised by the caller, to float32 logits (batch, classes).

    The small stem is 3×3 at stride 1 without its pool; the second layer keeps its stride of 2. `width` is the
    filters of the first layer, the other layers in proportion; `dense` the neurons of the two hidden dense
    layers.
    ValueError if `input_shape` is not (height, width, channels) from 53×53 up (small stem: 13×13), or for an
    unknown `stem`.
    """
    check_choice("stem", stem, Stem)
    check_shape(input_shape, LEAST[stem])
    scaled = partial(in_proportion, width=width, paper_width=WIDTH)

    x = images = keras.Input(input_shape, name="images")
    if stem == "small":
        x = conv(scaled(96), 3, padding="same", name="conv1")(x)
    else:
        x = layers.ZeroPadding2D(1, name="conv1_pad")(x)
        x = conv(scaled(96), 7, strides=2, name="conv1")(x)
        # "same" rounds an even size up to half of it: 110 → 55, 26 → 13.
        x = pool(padding="same", name="conv1_pool")(x)
    x = LocalResponseNormalization(name="conv1_norm")(x)
    x = conv(scaled(256), 5, strides=2, name="conv2")(x)
    x = pool(padding="same", name="conv2_pool")(x)
    x = LocalResponseNormalization(name="conv2_norm")(x)
    for index, filters in ((3, 384), (4, 384), (5, 256)):
        x = conv(scaled(filters), 3, padding="same", name=f"conv{index}")(x)
    x = pool(name="conv5_pool")(x)
    logits = dense_head(x, dense, classes)
    return keras.Model(images, logits, name="zfnet")
