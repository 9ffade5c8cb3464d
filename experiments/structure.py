"""What a built network consists of, read off its layers: rows of parts, alike ones folded, and their costs.

    from experiments import catalog, structure
    read = structure.read(catalog.build("resnet50", (224, 224, 3), 1000, {}))
    read.rows[1].lanes[0]       # stage 1: a block with a projection, then two alike with the identity

Layers are named by position (`stage2_block1_conv2`, `inception3a_5x5`, `conv1_tower2`), and the graph says
the rest: what runs beside what, and what a shortcut does. A row is a stage; a lane is a tower.
"""

import re
from typing import Any, Literal, NamedTuple

import keras
from keras import layers

from experiments import costs, gradients
from experiments.anatomy import Shortcut, group_of, parameters, producers, shortcut_of, take_apart
from experiments.diagram_labels import AUXILIARY, Step, notes, step, steps

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
        costs.macs(network),
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
        sum(costs.layer_macs(layer) for layer in some),
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
