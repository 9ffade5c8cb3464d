"""The graph of a built network: which layer runs behind which, and what runs beside what in a block."""

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

import keras
from keras import layers

from experiments.logs.network import Shortcut

GROUP = re.compile(r"(stage\d+_block\d+|inception\w+?)(_|$)")


class Anatomy(NamedTuple):
    """The layers of a block or module in order, from its input to its output."""

    ways: list[list[keras.Layer]]  # side by side; an empty one is an identity
    merge: keras.Layer | None  # adds or concatenates the ways; None for a single way
    tail: list[keras.Layer]  # behind the merge


def parameters(group: Iterable[keras.Layer]) -> int:
    """The number of trainable weights of some layers."""
    return sum(math.prod(weight.shape) for layer in group for weight in layer.trainable_variables)


def group_of(layer: keras.Layer) -> str | None:
    """The block or module that a layer belongs to, such as `stage2_block1`; None if it belongs to none."""
    found = GROUP.match(layer.name)
    return found[1] if found else None


def producers(network: keras.Model) -> dict[str, list[keras.Layer]]:
    """By a layer's name, the layers that its inputs come from, in order."""
    # By the history of tensors: a network inside a network knows its own input, not what it is given.
    found: dict[str, list[keras.Layer]] = {}
    due = keras.tree.flatten(network.outputs)
    while due:
        operation, node, _ = due.pop()._keras_history
        if operation.name not in found:
            inputs = operation._inbound_nodes[node].input_tensors
            found[operation.name] = _makers(inputs)
            due += inputs
    return {
        layer.name: found[layer.name] for layer in network.layers if not isinstance(layer, layers.InputLayer)
    }


def _makers(tensors: Iterable[keras.KerasTensor]) -> list[keras.Layer]:
    """The layers that tensors come from; an operation that is no layer, such as resizing, is passed over."""
    found: list[keras.Layer] = []
    for tensor in tensors:
        operation, node, _ = tensor._keras_history
        layer = isinstance(operation, keras.Layer)
        found += [operation] if layer else _makers(operation._inbound_nodes[node].input_tensors)
    return found


def leading_to(output: keras.KerasTensor, before: dict[str, list[keras.Layer]]) -> set[str]:
    """The names of the layers that an output is computed from."""
    due = _makers([output])
    names: set[str] = set()
    while due:
        layer = due.pop()
        if layer.name not in names:
            names.add(layer.name)
            due += before.get(layer.name, [])
    return names


def depth(network: keras.Model) -> int:
    """Convolutions and dense layers one behind the other, on the longest way."""
    before = producers(network)
    found: dict[str, int] = {}
    for layer in network.layers:  # in an order in which each stands behind its producers
        counts = "Conv" in type(layer).__name__ or isinstance(layer, layers.Dense)
        inside = depth(layer) if isinstance(layer, keras.Model) else int(counts)
        found[layer.name] = inside + max((found[each.name] for each in before.get(layer.name, [])), default=0)
    return max(found.values())


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
