"""How a built network hangs together: what feeds a layer, and how a block or module is put together.

Blocks and modules are told from the names of their layers (`stage2_block1_conv2`, `inception3a_5x5`), the
rest from the graph.
"""

import math
import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

import keras
from keras import layers

GROUP = re.compile(r"(stage\d+_block\d+|inception\w+?)(_|$)")

Shortcut = Literal["identity", "projection", "zeros"]


class Anatomy(NamedTuple):
    """The layers of a block or module in order, from its input to its output."""

    ways: list[list[keras.Layer]]  # side by side; an empty one is an identity
    merge: keras.Layer | None  # adds or concatenates the ways; None for a single way
    tail: list[keras.Layer]  # behind the merge


def parameters(some: Iterable[keras.Layer]) -> int:
    """Trainable weights."""
    return sum(math.prod(weight.shape) for layer in some for weight in layer.trainable_variables)


def group_of(layer: keras.Layer) -> str | None:
    """The block or module that a layer belongs to, such as `stage2_block1`; None for a layer of its own."""
    found = GROUP.match(layer.name)
    return found[1] if found else None


def producers(network: keras.Model) -> dict[str, list[keras.Layer]]:
    """By a layer's name: the layers that its input comes from, in order."""
    maker = {id(tensor): layer for layer in network.layers for tensor in keras.tree.flatten(layer.output)}
    return {
        layer.name: [maker[id(tensor)] for tensor in keras.tree.flatten(layer.input)]
        for layer in network.layers
        if not isinstance(layer, layers.InputLayer)
    }


def members(network: keras.Model, group: str) -> list[keras.Layer]:
    """The layers of a block or module, such as `stage2_block1`, from input to output."""
    return [layer for layer in network.layers if group_of(layer) == group]


def take_apart(group: list[keras.Layer], before: dict[str, list[keras.Layer]]) -> Anatomy:
    """Take a block or module apart, from its last layer backwards."""
    inside = {layer.name for layer in group}

    def back(layer: keras.Layer) -> tuple[list[keras.Layer], keras.Layer | None]:
        way: list[keras.Layer] = []
        while layer.name in inside:
            if len(before[layer.name]) > 1:
                return way[::-1], layer
            way.append(layer)
            layer = before[layer.name][0]
        return way[::-1], None

    tail, merge = back(group[-1])
    if merge is None:
        return Anatomy([tail], None, [])
    return Anatomy([back(layer)[0] for layer in before[merge.name]], merge, tail)


def shortcut_of(way: list[keras.Layer]) -> Shortcut:
    """What the way past the convolutions of a residual block does."""
    if any(isinstance(layer, layers.Conv2D) for layer in way):
        return "projection"
    return "zeros" if way else "identity"
