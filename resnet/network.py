"""The residual networks of He et al. 2015: table 1 (ImageNet, 18 to 152) and section 4.2 (CIFAR, 20 to 110).

    resnet18((32, 32, 3), classes=10, stem="small")                     # a keras.Model, images to logits
    resnet18((32, 32, 3), classes=10, stem="small", shortcuts=False)    # its plain twin, named "plain18"
    resnet18((32, 32, 3), classes=10, stem="small", batch_norm=False)   # without normalisation, with biases
    resnet26((32, 32, 3), classes=10, stem="small", block="bottleneck") # either block at the same depth

Layers are named by position: `stem_conv`, `stage2_block1_conv2`, `logits`. Stages 1 to 4 are the paper's
conv2_x to conv5_x.

Departures: ResNet-18 and 34 have option B shortcuts (as torchvision; the paper's table 3 has it for 34
and deeper, its table 2 option A for both). The small stem on 18 to 152 is ours: the ImageNet stem leaves
little of a small image. So are the networks without batch normalisation and ResNet-26, whose 24
convolutions in blocks are basic or bottleneck.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

import keras
from keras import KerasTensor, layers

from resnet.blocks import (
    Shortcut,
    StrideOn,
    basic_block,
    bottleneck_block,
    conv_norm_relu,
    projection_shortcut,
    zero_shortcut,
)

Stem = Literal["imagenet", "small"]
BlockKind = Literal["basic", "bottleneck"]
Block = Callable[..., KerasTensor]

# Blocks in each stage; filters double and height and width halve from one stage to the next.
IMAGENET_BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
EQUAL_DEPTH_BLOCKS = {  # 4 · 3 · 2 = 4 · 2 · 3 convolutions
    "basic": (3, 3, 3, 3),
    "bottleneck": (2, 2, 2, 2),
}
CIFAR_BLOCKS = {  # 6n + 2 layers
    20: (3, 3, 3),
    32: (5, 5, 5),
    44: (7, 7, 7),
    56: (9, 9, 9),
    110: (18, 18, 18),
}


def _basic(
    depth: int,
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "imagenet",
    width: int = 64,
    shortcuts: bool = True,
    batch_norm: bool = True,
) -> keras.Model:
    """Build ResNet-18 or 34; see `_network` for shapes and errors."""
    blocks, shortcut = IMAGENET_BLOCKS[depth], _projection(shortcuts, batch_norm)
    return _network(depth, blocks, basic_block, shortcut, input_shape, classes, stem, width, batch_norm)


def _bottleneck(
    depth: int,
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "imagenet",
    width: int = 64,
    stride_on: StrideOn = "1x1",
    shortcuts: bool = True,
    batch_norm: bool = True,
) -> keras.Model:
    """Build ResNet-50, 101 or 152; see `_network` for shapes and errors."""
    _check_choice("stride_on", stride_on, StrideOn)
    block = partial(bottleneck_block, stride_on=stride_on)
    blocks, shortcut = IMAGENET_BLOCKS[depth], _projection(shortcuts, batch_norm)
    return _network(depth, blocks, block, shortcut, input_shape, classes, stem, width, batch_norm)


def resnet26(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    block: BlockKind = "basic",
    stem: Stem = "imagenet",
    width: int = 64,
    shortcuts: bool = True,
    batch_norm: bool = True,
) -> keras.Model:
    """Build 26 layers of either block; see `_network` for shapes and errors."""
    _check_choice("block", block, BlockKind)
    kind = basic_block if block == "basic" else bottleneck_block
    blocks, shortcut = EQUAL_DEPTH_BLOCKS[block], _projection(shortcuts, batch_norm)
    return _network(26, blocks, kind, shortcut, input_shape, classes, stem, width, batch_norm)


def _cifar(
    depth: int,
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    shortcuts: bool = True,
    batch_norm: bool = True,
) -> keras.Model:
    """Build one of the 6n + 2 family, 16, 32 and 64 filters; see `_network` for shapes and errors."""
    blocks, shortcut = CIFAR_BLOCKS[depth], zero_shortcut if shortcuts else None
    return _network(depth, blocks, basic_block, shortcut, input_shape, classes, "small", 16, batch_norm)


def _projection(shortcuts: bool, batch_norm: bool) -> Shortcut | None:
    return partial(projection_shortcut, batch_norm=batch_norm) if shortcuts else None


resnet18 = partial(_basic, 18)
resnet34 = partial(_basic, 34)
resnet50 = partial(_bottleneck, 50)
resnet101 = partial(_bottleneck, 101)
resnet152 = partial(_bottleneck, 152)
resnet20 = partial(_cifar, 20)
resnet32 = partial(_cifar, 32)
resnet44 = partial(_cifar, 44)
resnet56 = partial(_cifar, 56)
resnet110 = partial(_cifar, 110)


def _network(
    depth: int,
    blocks: tuple[int, ...],
    block: Block,
    shortcut: Shortcut | None,
    input_shape: tuple[int, int, int],
    classes: int,
    stem: Stem,
    width: int,
    batch_norm: bool,
) -> keras.Model:
    """Build stem, stages, global average and logits.

    From float images (batch, *input_shape), normalised by the caller, to float32 logits (batch, classes).
    `input_shape` is (height, width, channels), at least 16×16; `width` is the filters of the first stage.
    ValueError for another shape or an unknown `stem`.
    """
    if len(input_shape) != 3 or min(input_shape[:2]) < 16:
        raise ValueError(f"input_shape must be (height, width, channels) from 16×16 up, not {input_shape}")
    _check_choice("stem", stem, Stem)

    images = keras.Input(input_shape, name="images")
    x = _stem(images, stem, width, batch_norm)
    for stage, count in enumerate(blocks, start=1):
        filters = width * 2 ** (stage - 1)
        for index in range(1, count + 1):
            stride = 2 if stage > 1 and index == 1 else 1
            x = block(x, filters, stride, shortcut, f"stage{stage}_block{index}", batch_norm)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    # float32 whatever the policy: under mixed precision a loss of float16 logits loses digits.
    logits = layers.Dense(classes, kernel_initializer="he_normal", dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name=f"{'resnet' if shortcut else 'plain'}{depth}")


def _stem(x: KerasTensor, stem: Stem, width: int, batch_norm: bool) -> KerasTensor:
    """ImageNet: 7×7 and max pool, leaving a quarter of height and width. Small: 3×3, leaving them whole."""
    if stem == "small":
        return conv_norm_relu(x, width, 3, 1, "stem_conv", batch_norm)
    x = conv_norm_relu(x, width, 7, 2, "stem_conv", batch_norm)
    # A ReLU came before, so zeros never win over a pixel.
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="stem_pool")(x)


def _check_choice(argument: str, value: str, kind: object) -> None:
    """ValueError for a value that `kind`, a Literal, does not list."""
    choices = get_args(kind)
    if value not in choices:
        raise ValueError(f"{argument} must be {' or '.join(map(repr, choices))}, not {value!r}")
