"""The encoders by name, each with the weights of ImageNet: pixels 0 to 255 to features."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import keras
from keras import KerasTensor, layers, ops

from baselines.arguments import check_choice, check_shape
from baselines.pretrained.efficientnet_lite import LEAST_PIXELS, MissingError, efficientnet_lite0
from baselines.pretrained.own import own_encoder

EncoderName = Literal["efficientnet_lite0", "mobilenet_v2", "efficientnet_v2_b0", "resnet50"]

Preprocess = Callable[[KerasTensor], KerasTensor]


def pretrained_encoder(
    name: EncoderName | Path, input_shape: tuple[int, int, int], pixels: int
) -> keras.Model:
    """Pixels 0 to 255 (batch, *input_shape) → float32 features (batch, n); its weights are ImageNet's, or
    those of the model in a folder, whose size is its own.

    Images whose shorter side has fewer than `pixels` are enlarged to it, larger ones stay: on images of 32
    pixels a network that halves them five times sees next to nothing of what it has learnt. The name of the
    model has encoder and size, which its features depend on. All encoders but efficientnet_lite0 are those
    of keras.applications, which downloads their weights once. ValueError for an unknown name, or below 32
    pixels.

    Raises:
        MissingError: its weights are not here and cannot be had.
    """
    if isinstance(name, Path):
        return own_encoder(name, input_shape)
    check_choice("encoder", name, EncoderName)
    check_shape(input_shape, 1)
    shorter = min(input_shape[:2])
    shape = tuple(math.ceil(side * max(pixels, shorter) / shorter) for side in input_shape[:2])
    build = efficientnet_lite0 if name == "efficientnet_lite0" else partial(_of_keras, name)
    network = build((*shape, input_shape[2]))
    x = images = keras.Input(input_shape, name="images")
    if shorter < pixels:
        # Not layers.Resizing: unless told otherwise it lets all layers behind it compute as in training.
        x = ops.image.resize(x, shape, interpolation="bilinear")
    return keras.Model(images, network(x), name=f"{name}_at_{shape[0]}x{shape[1]}")


def _of_keras(name: str, input_shape: tuple[int, int, int]) -> keras.Model:
    check_shape(input_shape, LEAST_PIXELS)
    build, preprocess = APPLICATIONS[name]
    x = images = keras.Input(input_shape, name="images")
    if input_shape[2] == 1:
        x = layers.Concatenate(name="colours")([x, x, x])
    try:
        network = build(include_top=False, weights="imagenet", input_shape=(*input_shape[:2], 3))
    except Exception as error:  # whatever stands between keras and its download
        reason = " ".join(str(error).split())[:200]
        raise MissingError(
            f"the weights of {name} are not here and cannot be downloaded ({reason}); "
            "efficientnet_lite0 comes with `make set-up`"
        ) from None
    # float32 whatever the policy: features are what the classifier sees.
    features = layers.GlobalAveragePooling2D(dtype="float32", name="features")(network(preprocess(x)))
    return keras.Model(images, features, name=name)


def _of_resnet(x: KerasTensor) -> KerasTensor:
    """Blue, green and red less their means over ImageNet, as the weights of keras.applications expect it."""
    red, green, blue = (x[..., channel : channel + 1] for channel in range(3))
    swapped = layers.Concatenate(name="blue_green_red")([blue, green, red])
    return layers.Normalization(mean=[103.939, 116.779, 123.68], variance=[1.0, 1.0, 1.0], name="centred")(
        swapped
    )


APPLICATIONS: Mapping[str, tuple[Callable[..., keras.Model], Preprocess]] = {
    "mobilenet_v2": (
        keras.applications.MobileNetV2,
        lambda x: layers.Rescaling(1 / 127.5, offset=-1.0, name="rescaled")(x),
    ),
    "efficientnet_v2_b0": (keras.applications.EfficientNetV2B0, lambda x: x),
    "resnet50": (keras.applications.ResNet50, _of_resnet),
}
assert set(APPLICATIONS) < set(get_args(EncoderName))
