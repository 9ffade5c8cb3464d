"""How a built network hangs together: stages, blocks and modules, read off its layers and their graph.

Blocks and modules are known by the names of their layers (`stage2_block1_conv2`, `inception3a_5x5`), the
rest by the graph: what runs beside what, and what a shortcut does. A row is a stage; a lane is a tower.
"""

import math
import re
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import keras
from keras import layers

from experiments.diagrams.labels import AUXILIARY, Step, notes, step, steps
from experiments.trial import gradients, macs

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


# What the first word of a layer's name says about its row.
ROWS = (
    (r"stem", "stem"),
    (r"(stage|inception|auxiliary|conv)(\d+)\w*", r"\1 \2"),
    (r"encoder|code", "encoder"),
    (r"decoder?|reconstruction", "decoder"),
)
HEAD = "head"
CLASSIFIER = "classifier"


class Part(NamedTuple):
    """What stands in a row `repeats` times: a layer, a residual block or its plain twin, or a module.

    A module has several ways side by side; layers and blocks have one.
    """

    kind: Literal["layer", "block", "module"]
    ways: tuple[tuple[Step, ...], ...]
    shortcut: Shortcut | None = None
    shortcut_detail: str = ""  # such as `128, /2`
    name: str = ""  # of a module
    channels: int = 0  # out of a module
    repeats: int = 1


class Row(NamedTuple):
    """A stage. Parameters are trainable ones; MACs are those of one forward pass of one image."""

    title: str
    lanes: tuple[tuple[Part, ...], ...]  # two for two towers
    output: tuple[int, ...]  # (height, width, channels) or (units,)
    parameters: int
    macs: int
    source: str = ""  # the layer that a row beside the main way starts from
    crosses: bool = False  # each lane sees what all lanes before it put out


class Structure(NamedTuple):
    """A whole network; `notes` say what holds for all of its layers."""

    name: str
    input: tuple[int, ...]
    rows: tuple[Row, ...]
    parameters: int
    macs: int
    notes: tuple[str, ...]

    @property
    def depth(self) -> int:
        """Layers with weights one behind the other, as networks are named by them; no shortcuts."""
        return sum(
            part.repeats * max(sum(step.kind in ("conv", "dense") for step in way) for way in part.ways)
            for row in self.rows
            if not row.source
            for part in row.lanes[0]
        )


def read(built: Any, name: str = "", input_shape: tuple[int, ...] = ()) -> Structure:  # noqa: ANN401
    """What `catalog.build` returned: a keras model, the parts of a feature model, or a pipeline.

    `name` and `input_shape` are those of a pipeline, which knows neither.
    """
    network = getattr(built, "autoencoder", built)
    if not isinstance(network, keras.Model):
        return Structure(name, input_shape, (_classifier_row(built, ""),), 0, 0, ())
    rows = _rows(network)
    if network is not built:
        rows.append(_classifier_row(built.classifier, "code"))
    return Structure(
        network.name,
        tuple(network.input_shape[1:]),
        tuple(rows),
        parameters(network.layers),
        macs.of_network(network),
        notes(network),
    )


def _rows(network: keras.Model) -> list[Row]:
    before = producers(network)
    title: dict[str, str] = {}
    of_row: dict[str, list[keras.Layer]] = {}
    for layer in network.layers:
        if not isinstance(layer, layers.InputLayer):
            title[layer.name] = _row_title(layer, title.get(before[layer.name][0].name))
            of_row.setdefault(title[layer.name], []).append(layer)
    rows = [_row(name, some, before) for name, some in of_row.items()]
    rows = [row for row in rows if row.lanes]  # one that only reshapes has nothing to draw
    return sorted(rows, key=lambda row: bool(row.source))  # beside the main way: at the end


def _row_title(layer: keras.Layer, previous: str | None) -> str:
    word = gradients.stage_of(layer.name)
    for pattern, title in ROWS:
        if found := re.fullmatch(pattern, word):
            return found.expand(title)
    if isinstance(layer, layers.Dense | layers.GlobalAveragePooling2D):
        return HEAD
    return previous if previous and not layer.weights else word


def _row(title: str, some: list[keras.Layer], before: dict[str, list[keras.Layer]]) -> Row:
    lanes: dict[str, list[Part]] = {}
    output: tuple[int, ...] = tuple(some[-1].output.shape[1:])
    crosses = False
    for group, members_ in _grouped(some).items():
        lane = "".join(re.findall(r"_tower\d", group)[:1])
        part = _part(group, members_, before)
        if part:
            output = tuple(members_[-1].output.shape[1:])
            lanes.setdefault(lane, []).append(part)
            crosses |= bool(lane) and isinstance(before[group][0], layers.Concatenate)
    *size, channels = output
    first = before[some[0].name][0].name
    return Row(
        title,
        tuple(_folded(parts) for parts in lanes.values()),
        (*size, channels * len(lanes)),
        parameters(some),
        sum(macs.of_layer(layer) for layer in some),
        first if title.startswith(AUXILIARY) else "",
        crosses,
    )


def _classifier_row(pipeline: Any, source: str) -> Row:  # noqa: ANN401 - of scikit-learn
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


def _grouped(some: list[keras.Layer]) -> dict[str, list[keras.Layer]]:
    """Layers by block or module; one that belongs to none is a group of its own."""
    groups: dict[str, list[keras.Layer]] = {}
    for layer in some:
        groups.setdefault(group_of(layer) or layer.name, []).append(layer)
    return groups


def _part(name: str, group: list[keras.Layer], before: dict[str, list[keras.Layer]]) -> Part | None:
    if group_of(group[0]) is None:
        drawn = steps(group)
        return Part("layer", (drawn,)) if drawn else None
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
        detail = "".join(re.findall(r"/\d", detail))
    return Part("block", (steps(main),), shortcut_of(shortcut), detail)


def _folded(parts: list[Part]) -> tuple[Part, ...]:
    """Alike neighbours as one, counted."""
    folded: list[Part] = []
    for part in parts:
        if folded and folded[-1]._replace(repeats=1) == part:
            folded[-1] = part._replace(repeats=folded[-1].repeats + 1)
        else:
            folded.append(part)
    return tuple(folded)
