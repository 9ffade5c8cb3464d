"""GoogLeNet (Szegedy et al. 2014, "Going Deeper with Convolutions", table 1 and figure 3).

    googlenet((224, 224, 3), classes=1000)                      # three outputs: the main head is the first
    googlenet((32, 32, 3), classes=10, stem="small", width=16, auxiliary=False)       # one output

Train the three with weights 1, 0.3 and 0.3 (section 5), and predict with the first. Layers are named by
position: `inception4a_3x3_reduce`, `auxiliary1_dense`, `logits`.

Departures: the paper gives no constants for its local response normalisation, so they are AlexNet's.
He-normal weights and zero biases, as in every network here with ReLU (the paper does not say).
"""

from functools import partial

import keras
from keras import KerasTensor, layers

from baselines.arguments import Stem, check_choice, check_shape, in_proportion
from baselines.local_response import LocalResponseNormalization

WIDTH = 64

# Filters of the  1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection; an "a" comes behind a max pool.
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
AUXILIARY = {"4a": "auxiliary1", "4d": "auxiliary2"}  # the modules that have a head

conv = partial(layers.Conv2D, padding="same", activation="relu", kernel_initializer="he_normal")
# "same" rounds an odd size up, as the paper's network does: 112 → 56 → 28 → 14 → 7.
pool = partial(layers.MaxPooling2D, pool_size=3, strides=2, padding="same")
dense = partial(layers.Dense, kernel_initializer="he_normal")
# float32 whatever the policy: under mixed precision a loss of float16 logits loses digits.
logits = partial(dense, dtype="float32")


def googlenet(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "imagenet",
    width: int = WIDTH,
    auxiliary: bool = True,
) -> keras.Model:
    """From float images (batch, *input_shape), normalised by the caller, to float32 logits (batch, classes).

    With `auxiliary` the outputs are a list of three such logits: the main head's, then those of the heads on
    modules 4a and 4d; without, they are the main head's alone, and the network has no other head.
    The small stem is 3×3 at stride 1 without its pool. `width` is the filters of the first convolution, all
    other layers in proportion.
    ValueError if `input_shape` is not (height, width, channels) from 16×16 up, or for an unknown `stem`.
    """
    check_choice("stem", stem, Stem)
    check_shape(input_shape, 16)
    scaled = partial(in_proportion, width=width, paper_width=WIDTH)

    images = keras.Input(input_shape, name="images")
    x = _stem(images, stem, [scaled(count) for count in (64, 64, 192)])
    heads = []
    for name, counts in MODULES.items():
        if name.endswith("a"):
            x = pool(name=f"pool{int(name[0]) - 1}")(x)
        x = inception(x, [scaled(count) for count in counts], f"inception{name}")
        if auxiliary and name in AUXILIARY:
            heads.append(_auxiliary(x, scaled(128), scaled(1024), classes, AUXILIARY[name]))
    x = layers.GlobalAveragePooling2D(name="pool5")(x)
    x = layers.Dropout(0.4, name="dropout")(x)
    main = logits(classes, name="logits")(x)
    return keras.Model(images, [main, *heads] if auxiliary else main, name="googlenet")


def inception(x: KerasTensor, filters: list[int], name: str) -> KerasTensor:
    """Four ways side by side, height and width unchanged; figure 2(b). `filters` is a row of MODULES."""
    direct, reduce3, size3, reduce5, size5, projection = filters
    ways = [conv(direct, 1, name=f"{name}_1x1")(x)]
    for kernel, reduced, count in ((3, reduce3, size3), (5, reduce5, size5)):
        way = conv(reduced, 1, name=f"{name}_{kernel}x{kernel}_reduce")(x)
        ways.append(conv(count, kernel, name=f"{name}_{kernel}x{kernel}")(way))
    way = pool(strides=1, name=f"{name}_pool")(x)
    ways.append(conv(projection, 1, name=f"{name}_pool_projection")(way))
    return layers.Concatenate(name=name)(ways)


def _stem(x: KerasTensor, stem: Stem, filters: list[int]) -> KerasTensor:
    """ImageNet: 7×7 and max pool, leaving a quarter of height and width. Small: 3×3, leaving them whole."""
    first, reduced, second = filters
    if stem == "small":
        x = conv(first, 3, name="conv1")(x)
    else:
        # At stride 2 Keras pads "same" on one side more than on the other.
        x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
        x = conv(first, 7, strides=2, padding="valid", name="conv1")(x)
        x = pool(name="pool1")(x)
    x = LocalResponseNormalization(name="conv1_norm")(x)
    x = conv(reduced, 1, name="conv2_reduce")(x)
    x = conv(second, 3, name="conv2")(x)
    return LocalResponseNormalization(name="conv2_norm")(x)


def _auxiliary(x: KerasTensor, filters: int, neurons: int, classes: int, name: str) -> KerasTensor:
    """A head of section 5; a map below the paper's 5×5 window is averaged whole."""
    window = tuple(min(5, size) for size in x.shape[1:3])
    x = layers.AveragePooling2D(window, strides=3, name=f"{name}_pool")(x)
    x = conv(filters, 1, name=f"{name}_conv")(x)
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = dense(neurons, activation="relu", name=f"{name}_dense")(x)
    x = layers.Dropout(0.7, name=f"{name}_dropout")(x)
    return logits(classes, name=f"{name}_logits")(x)
