"""The structure of a built network: stages, blocks and modules, read off its layers and their graph.

Blocks and modules are known by the names of their layers (`stage2_block1_conv2`, `inception3a_5x5`), the
rest by the graph: what runs beside what, and what a shortcut does. A lane is a tower.

A row is a stage, the first word of a layer's name: `conv1_pool` stands in the row "conv 1", `stem_conv` in
"stem". A word makes a row if a layer of it has weights and is not dense; dense layers are the row "head". Any
other layer stands in the row of the layer before it. Where a network's names say less, its row of the
catalog gives titles by first words.
"""

import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import keras
from keras import layers
from sklearn.pipeline import Pipeline

from experiments import catalog, files
from experiments.catalog import Built, Kind
from experiments.logs.network import CLASSIFIER, ENCODER, HEAD, Part, Row, Step, Structure, written
from experiments.trial import gradients, macs
from experiments.trial.anatomy import graph
from experiments.trial.anatomy.labels import notes, step, steps

NUMBERED = re.compile(r"([a-z]+)(\d+)[a-z]*")  # conv1, inception4a
CODE = "code"  # the layer of an autoencoder that a classifier starts from


class Parts(NamedTuple):
    """What is drawn of what a builder returns: a network, and what classifies its features."""

    network: keras.Model | None
    classifier: Pipeline | None


PARTS: Mapping[Kind, Callable[[Built], Parts]] = {
    "network": lambda built: Parts(built, None),
    "features": lambda built: Parts(built.autoencoder, built.classifier),
    "pipeline": lambda built: Parts(None, built),
    "frozen": lambda built: Parts(built.encoder, built.classifier),
    "finetuned": lambda built: Parts(built.network, None),
}


def of_model(model: str, arguments: Mapping[str, Any], parts: Parts, image: tuple[int, ...]) -> Structure:
    """The structure of a model of the catalog, built with these arguments for images of this shape."""
    row = catalog.CATALOG[model]
    departures = catalog.departures(model, dict(arguments))
    name = model if departures.pop("shortcuts", True) else twin(model)  # the title says it
    differing = tuple(f"{argument}={value}" for argument, value in departures.items())
    return read(parts, image, row.rows, name=name, title=title_of(model, arguments), departures=differing)


def leave(file: Path, model: str, arguments: Mapping[str, Any], parts: Parts, image: tuple[int, ...]) -> None:
    """Write the structure of a model as JSON; where it cannot be read, say why and leave none."""
    try:
        content = written(of_model(model, arguments, parts, image))
    except Exception:  # layers that share weights, say: no picture is worth a training
        traceback.print_exc()
        return
    files.replace(file, content)


def title_of(model: str, arguments: Mapping[str, Any]) -> str:
    """`ResNet-34`, or `Plain-34: ResNet-34 without shortcuts`."""
    title = catalog.CATALOG[model].title
    if arguments.get("shortcuts", True):
        return title
    return f"{title.replace('ResNet', 'Plain')}: {title} without shortcuts"


def twin(model: str) -> str:
    """The name of a residual network without its shortcuts: `plain34`."""
    return model.replace("resnet", "plain")


def read(
    parts: Parts,
    image: tuple[int, ...],
    rows: Mapping[str, str],
    *,
    name: str,
    title: str,
    departures: tuple[str, ...] = (),
) -> Structure:
    """Read the structure off what was built.

    rows: titles of rows by the first words of layers' names, for words that do not say it themselves.
    """
    found, texts, size, cost = [], (), 0, 0
    if built := parts.network:
        found = _rows(built, rows)
        texts = notes(built, heads=any(row.source for row in found))
        size, cost = graph.parameters(built.layers), macs.of_network(built)
    if parts.classifier:
        code = any(layer.name == CODE for layer in built.layers) if built else False
        found.append(_classifier_row(parts.classifier, source=CODE if code else ""))
    return Structure(name, title, departures, image, tuple(found), size, cost, texts)


def _rows(network: keras.Model, titles: Mapping[str, str]) -> list[Row]:
    before = graph.producers(network)
    main_way = graph.leading_to(network.outputs[0], before)
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
        if isinstance(layer, keras.Model):
            found[layer.name] = ENCODER
        elif word in titles:
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
        graph.parameters(group),
        sum(macs.of_layer(layer) for layer in group),
        source=before[group[0].name][0].name if beside else "",
        crosses=crosses,
    )


def _classifier_row(pipeline: Pipeline, source: str) -> Row:
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
        parts.setdefault(graph.group_of(layer) or layer.name, []).append(layer)
    return parts


def _part(name: str, group: list[keras.Layer], before: dict[str, list[keras.Layer]]) -> Part | None:
    if graph.group_of(group[0]) is None:
        way = steps(group)
        return Part("layer", (way,)) if way else None
    ways, merge, _ = graph.take_apart(group, before)
    if isinstance(merge, layers.Concatenate):
        short = re.sub(r"^\D+", "", name)
        return Part("module", tuple(map(steps, ways)), name=short, channels=merge.output.shape[-1])
    if merge is None:
        return Part("block", (steps(ways[0]),))
    shortcut, main = ways
    past = [layer for layer in shortcut if not isinstance(layer, layers.ZeroPadding2D)]
    detail = next((step(layer).detail for layer in past if step(layer)), "")
    if graph.shortcut_of(shortcut) == "zeros":
        stride = re.search(r"/\d", detail)
        detail = stride[0] if stride else ""
    return Part("block", (steps(main),), graph.shortcut_of(shortcut), detail)


def _folded(parts: list[Part]) -> tuple[Part, ...]:
    """Neighbours that are alike become one part with their number."""
    folded: list[Part] = []
    for part in parts:
        if folded and replace(folded[-1], repeats=1) == part:
            folded[-1] = replace(part, repeats=folded[-1].repeats + 1)
        else:
            folded.append(part)
    return tuple(folded)
