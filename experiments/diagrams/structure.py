"""The structure of a built network: stages, blocks and modules, read off its layers and their graph.

Blocks and modules are known by the names of their layers (`stage2_block1_conv2`, `inception3a_5x5`), the
rest by the graph: what runs beside what, and what a shortcut does. A lane is a tower.

A row is a stage, the first word of a layer's name: `conv1_pool` stands in the row "conv 1", `stem_conv` in
"stem". A word makes a row if a layer of it has weights and is not dense; dense layers are the row "head". Any
other layer stands in the row of the layer before it. Where a network's names say less, its row of the
catalog gives titles by first words.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import keras
from keras import layers

from experiments.catalog import Built
from experiments.diagrams.labels import Step, notes, step, steps
from experiments.trial import gradients, macs

HEAD = "head"
CLASSIFIER = "classifier"
NUMBERED = re.compile(r"([a-z]+)(\d+)[a-z]*")  # conv1, inception4a
GROUP = re.compile(r"(stage\d+_block\d+|inception\w+?)(_|$)")
Shortcut = Literal["identity", "projection", "zeros"]


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
    origin = {id(tensor): layer for layer in network.layers for tensor in keras.tree.flatten(layer.output)}
    return {
        layer.name: [origin[id(tensor)] for tensor in keras.tree.flatten(layer.input)]
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


class Part(NamedTuple):
    """A layer, a residual block or its plain twin, or a module, `repeats` times one behind the other.

    A module has several ways side by side; layers and blocks have one.
    """

    kind: Literal["layer", "block", "module"]
    ways: tuple[tuple[Step, ...], ...]
    shortcut: Shortcut | None = None
    shortcut_detail: str = ""  # such as `128, /2`
    name: str = ""  # of a module
    channels: int = 0  # that a module puts out
    repeats: int = 1


class Row(NamedTuple):
    """A stage; `parameters` counts trainable ones, `macs` those of one forward pass of one image."""

    title: str
    lanes: tuple[tuple[Part, ...], ...]  # two for two towers
    output: tuple[int, ...]  # (height, width, channels) or (units,)
    parameters: int
    macs: int
    source: str = ""  # the layer that a row beside the main way starts from
    crosses: bool = False  # each lane sees what all lanes before it put out


class Structure(NamedTuple):
    """A whole network; `notes` say what holds for all of its layers."""

    title: str
    input: tuple[int, ...]
    rows: tuple[Row, ...]
    parameters: int
    macs: int
    notes: tuple[str, ...]

    @property
    def depth(self) -> int:
        """Count the layers with weights one behind the other, shortcuts left out: the 18 of ResNet-18."""
        return sum(
            part.repeats * max(sum(step.kind in ("conv", "dense") for step in way) for way in part.ways)
            for row in self.rows
            if not row.source
            for part in row.lanes[0]
        )


def read(built: Built, title: str, input_shape: tuple[int, ...], rows: Mapping[str, str]) -> Structure:
    """Read the structure off what `catalog.build` returned.

    `rows`: titles of rows by the first words of layers' names, for words that do not say it themselves.
    """
    network = getattr(built, "autoencoder", built)
    if not isinstance(network, keras.Model):
        return Structure(title, input_shape, (_classifier_row(built, source=""),), 0, 0, ())
    read_rows = _rows(network, rows)
    texts = notes(network, heads=any(row.source for row in read_rows))
    if network is not built:
        read_rows.append(_classifier_row(built.classifier, source="code"))
    size = parameters(network.layers)
    return Structure(title, input_shape, tuple(read_rows), size, macs.of_network(network), texts)


def _rows(network: keras.Model, titles: Mapping[str, str]) -> list[Row]:
    before = producers(network)
    main_way = _leading_to(network.outputs[0], network, before)
    of_row: dict[str, list[keras.Layer]] = {}
    for layer, title in _row_titles(network, before, titles):
        of_row.setdefault(title, []).append(layer)
    rows = [_row(title, group, before, main_way) for title, group in of_row.items()]
    rows = [row for row in rows if row.lanes]  # one that only reshapes has nothing to draw
    return sorted(rows, key=lambda row: bool(row.source))  # beside the main way: at the end


def _row_titles(
    network: keras.Model, before: dict[str, list[keras.Layer]], titles: Mapping[str, str]
) -> list[tuple[keras.Layer, str]]:
    """Each layer but the input's, with the row that it stands in."""
    rows = {
        gradients.stage_of(layer.name)
        for layer in network.layers
        if layer.weights and step(layer) and not isinstance(layer, layers.Dense)
    }
    found: dict[str, str] = {}
    for layer in network.layers:
        if layer.name not in before:
            continue
        word = gradients.stage_of(layer.name)
        if word in titles:
            found[layer.name] = titles[word]
        elif word in rows:
            numbered = NUMBERED.fullmatch(word)
            unnamed = word == type(layer).__name__.lower()  # Keras' own name: conv2d
            found[layer.name] = " ".join(numbered.groups()) if numbered and not unnamed else word
        elif isinstance(layer, layers.Dense | layers.GlobalAveragePooling2D):
            found[layer.name] = HEAD
        else:
            found[layer.name] = found.get(before[layer.name][0].name, word)
    return [(layer, found[layer.name]) for layer in network.layers if layer.name in found]


def _leading_to(
    output: keras.KerasTensor, network: keras.Model, before: dict[str, list[keras.Layer]]
) -> set[str]:
    """The names of the layers that an output is computed from."""
    due = [layer for layer in network.layers if layer.output is output]
    names: set[str] = set()
    while due:
        layer = due.pop()
        if layer.name not in names:
            names.add(layer.name)
            due += before.get(layer.name, [])
    return names


def _row(
    title: str, group: Sequence[keras.Layer], before: dict[str, list[keras.Layer]], main_way: set[str]
) -> Row:
    lanes: dict[str, list[Part]] = {}
    output: tuple[int, ...] = tuple(group[-1].output.shape[1:])
    crosses = False
    for name, members_of_part in _by_part(group).items():
        tower = re.search(r"_tower\d", name)
        lane = tower[0] if tower else ""
        part = _part(name, members_of_part, before)
        if part:
            output = tuple(members_of_part[-1].output.shape[1:])
            lanes.setdefault(lane, []).append(part)
            crosses |= bool(lane) and isinstance(before[name][0], layers.Concatenate)
    *size, channels = output
    beside = not any(layer.name in main_way for layer in group)
    return Row(
        title,
        tuple(_folded(parts) for parts in lanes.values()),
        (*size, channels * len(lanes)),
        parameters(group),
        sum(macs.of_layer(layer) for layer in group),
        source=before[group[0].name][0].name if beside else "",
        crosses=crosses,
    )


def _classifier_row(pipeline: Built, source: str) -> Row:
    """The steps of a scikit-learn pipeline, one a box."""
    parts = []
    for _, stage in pipeline.steps:
        kind = type(getattr(stage, "estimator", stage)).__name__  # a calibrated classifier wraps its own
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).split(" ")
        title, detail = (words[0], " ".join(words[1:]).lower()) if len(words) > 1 else (kind, "")
        if components := getattr(stage, "n_components", None):
            detail = f"{components}"
        parts.append(Part("layer", ((Step("other", title, detail),),)))
    return Row(CLASSIFIER, (tuple(parts),), (), 0, 0, source)


def _by_part(group: Sequence[keras.Layer]) -> dict[str, list[keras.Layer]]:
    """Layers by block or module; one that belongs to none is a part alone."""
    parts: dict[str, list[keras.Layer]] = {}
    for layer in group:
        parts.setdefault(group_of(layer) or layer.name, []).append(layer)
    return parts


def _part(name: str, group: list[keras.Layer], before: dict[str, list[keras.Layer]]) -> Part | None:
    if group_of(group[0]) is None:
        way = steps(group)
        return Part("layer", (way,)) if way else None
    ways, merge, _ = take_apart(group, before)
    if isinstance(merge, layers.Concatenate):
        short = re.sub(r"^\D+", "", name)
        return Part("module", tuple(map(steps, ways)), name=short, channels=merge.output.shape[-1])
    if merge is None:
        return Part("block", (steps(ways[0]),))
    shortcut, main = ways
    past = [layer for layer in shortcut if not isinstance(layer, layers.ZeroPadding2D)]
    detail = next((step(layer).detail for layer in past if step(layer)), "")
    if shortcut_of(shortcut) == "zeros":
        stride = re.search(r"/\d", detail)
        detail = stride[0] if stride else ""
    return Part("block", (steps(main),), shortcut_of(shortcut), detail)


def _folded(parts: list[Part]) -> tuple[Part, ...]:
    """Neighbours that are alike become one part with their number."""
    folded: list[Part] = []
    for part in parts:
        if folded and folded[-1]._replace(repeats=1) == part:
            folded[-1] = part._replace(repeats=folded[-1].repeats + 1)
        else:
            folded.append(part)
    return tuple(folded)
