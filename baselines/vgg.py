"""VGG-11 to 19 (Simonyan & Zisserman 2014, "Very Deep Convolutional Networks …", table 1: A, B, D, E).

    vgg16((224, 224, 3), classes=1000)                          # a keras.Model, images to logits
    vgg16((32, 32, 3), classes=10, stem="small", width=16, dense=256)

Layers are named by position: `stage2_conv1`, `dense1`, `logits`.

Departure: He-normal weights and zero biases, as in every network here with ReLU; the paper starts the deeper
networks from a trained VGG-11.
"""

from functools import partial

import keras
from keras import layers

from baselines.arguments import Stem, check_choice, check_shape, in_proportion
from baselines.dense_head import dense_head

# Convolutions in each stage; every stage ends in a 2×2 max pool.
STAGES = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
FILTERS = (64, 128, 256, 512, 512)
LEAST = {"imagenet": 32, "small": 16}  # pixels that leave one behind the last pool

conv = partial(
    layers.Conv2D, kernel_size=3, padding="same", activation="relu", kernel_initializer="he_normal"
)


def _vgg(
    depth: int,
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "imagenet",
    width: int = 64,
    dense: int = 4096,
) -> keras.Model:
    """From float images (batch, *input_shape), normalised by the caller, to float32 logits (batch, classes).

    Every convolution is 3×3 at stride 1 already: the small stem only leaves out the first stage's pool.
    `width` is the filters of the first stage, the others in proportion; `dense` the neurons of the two hidden
    dense layers.
    ValueError if `input_shape` is not (height, width, channels) from 32×32 up (small stem: 16×16), or for an
    unknown `stem`.
    """
    check_choice("stem", stem, Stem)
    check_shape(input_shape, LEAST[stem])

    x = images = keras.Input(input_shape, name="images")
    for stage, (count, filters) in enumerate(zip(STAGES[depth], FILTERS, strict=True), start=1):
        for index in range(1, count + 1):
            x = conv(in_proportion(filters, width, FILTERS[0]), name=f"stage{stage}_conv{index}")(x)
        if stage > 1 or stem == "imagenet":
            x = layers.MaxPooling2D(2, name=f"stage{stage}_pool")(x)
    logits = dense_head(x, dense, classes)
    return keras.Model(images, logits, name=f"vgg{depth}")


vgg11 = partial(_vgg, 11)
vgg13 = partial(_vgg, 13)
vgg16 = partial(_vgg, 16)
vgg19 = partial(_vgg, 19)
