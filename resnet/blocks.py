"""The two residual blocks of He et al. 2015, "Deep Residual Learning for Image Recognition", figures 2 and 5.

Post-activation: convolution, batch normalisation, ReLU; the last ReLU comes after the addition.
Every function takes a tensor and returns one, (batch, height, width, channels).

With `batch_norm=False` a block has no normalisation, and its convolutions have the bias that the offset of a
normalisation stands for, as in the networks before it (VGG). Nothing then bounds the sums of the shortcuts:
activations grow from block to block.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

from keras import KerasTensor, layers

StrideOn = Literal["1x1", "3x3"]
Shortcut = Callable[[KerasTensor, int, int, str], KerasTensor]

# He et al. draw from a normal distribution; Keras truncates it at two deviations and keeps the variance.
conv = partial(layers.Conv2D, padding="same", kernel_initializer="he_normal")
norm = partial(layers.BatchNormalization, momentum=0.9, epsilon=1e-5)


def conv_norm(
    x: KerasTensor, filters: int, kernel: int, stride: int, name: str, batch_norm: bool = True
) -> KerasTensor:
    """Convolve and normalise; `stride` 2 halves height and width, rounding up."""
    padding = "same"
    if stride > 1 and kernel > 1:
        # At stride 2 Keras pads "same" on one side more than on the other, as the paper's networks do not.
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)
        padding = "valid"
    x = conv(filters, kernel, strides=stride, padding=padding, use_bias=not batch_norm, name=name)(x)
    return norm(name=f"{name}_norm")(x) if batch_norm else x


def conv_norm_relu(
    x: KerasTensor, filters: int, kernel: int, stride: int, name: str, batch_norm: bool = True
) -> KerasTensor:
    """`conv_norm` and a ReLU."""
    return layers.ReLU(name=f"{name}_relu")(conv_norm(x, filters, kernel, stride, name, batch_norm))


def projection_shortcut(
    x: KerasTensor, filters: int, stride: int, name: str, batch_norm: bool = True
) -> KerasTensor:
    """Option B: a normalised 1×1 convolution where the shape changes, else `x` itself."""
    if stride == 1 and x.shape[-1] == filters:
        return x
    return conv_norm(x, filters, 1, stride, f"{name}_shortcut", batch_norm)


def zero_shortcut(x: KerasTensor, filters: int, stride: int, name: str) -> KerasTensor:
    """Option A, no parameters: every `stride`-th pixel, and zeros as new channels behind the old ones."""
    if stride > 1:
        x = layers.AveragePooling2D(1, strides=stride, name=f"{name}_shortcut_stride")(x)
    if x.shape[-1] < filters:
        # "channels_first" makes this layer pad the last two axes, of which the last holds our channels:
        # a built-in layer loads anywhere in safe mode, a Lambda or a layer of ours would not.
        new = ((0, 0), (0, filters - x.shape[-1]))
        x = layers.ZeroPadding2D(new, data_format="channels_first", name=f"{name}_shortcut_zeros")(x)
    return x


def basic_block(
    x: KerasTensor,
    filters: int,
    stride: int,
    shortcut: Shortcut | None,
    name: str,
    batch_norm: bool = True,
) -> KerasTensor:
    """Two 3×3 convolutions; `filters` channels come out. Without `shortcut` it is the plain block."""
    y = conv_norm_relu(x, filters, 3, stride, f"{name}_conv1", batch_norm)
    y = conv_norm(y, filters, 3, 1, f"{name}_conv2", batch_norm)
    if shortcut:
        y = layers.Add(name=f"{name}_add")([shortcut(x, filters, stride, name), y])
    return layers.ReLU(name=f"{name}_relu")(y)


def bottleneck_block(
    x: KerasTensor,
    filters: int,
    stride: int,
    shortcut: Shortcut | None,
    name: str,
    batch_norm: bool = True,
    stride_on: StrideOn = "1x1",
) -> KerasTensor:
    """1×1, 3×3 and 1×1 convolutions; 4 × `filters` channels come out. Without `shortcut`: the plain block.

    On the first 1×1 the stride is the paper's; on the 3×3 it makes the variant "ResNet v1.5" (torchvision).
    """
    first, second = (stride, 1) if stride_on == "1x1" else (1, stride)
    y = conv_norm_relu(x, filters, 1, first, f"{name}_conv1", batch_norm)
    y = conv_norm_relu(y, filters, 3, second, f"{name}_conv2", batch_norm)
    y = conv_norm(y, 4 * filters, 1, 1, f"{name}_conv3", batch_norm)
    if shortcut:
        y = layers.Add(name=f"{name}_add")([shortcut(x, 4 * filters, stride, name), y])
    return layers.ReLU(name=f"{name}_relu")(y)
