"""Draw networks, read off their built layers: a structure picture each, and one block of each kind in detail.

    python -m experiments diagrams                              # all of them, into docs/diagrams/
    python -m experiments diagrams resnet50 plain34 block_inception --out pictures

Each picture is a PNG and an SVG file, byte-equal for an unchanged network.
"""

import argparse
import importlib.util
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from experiments import catalog, command_line, location, words
from experiments.catalog import Built, Input
from experiments.command_line import Command, Parser, say
from experiments.errors import UserError

DESCRIPTION = """Draw the structure of networks, read off their built layers: stages, what is repeated,
channels, strides, shortcuts, parameters and multiply-accumulates. A NETWORK is one of the catalog, the plain
twin of a residual one (plain34), or a block in detail (block_basic_identity). Without any: all of the
catalog, plain34 and every block. Each at its paper's input size, unless you say another."""
OUT = location.ROOT / "docs" / "diagrams"
TWINS = ("plain34",)  # of the default; the paper's figure 3


@dataclass(frozen=True)
class Picture:
    """What is drawn under a name: a network of the catalog with some arguments, or a block of it."""

    name: str
    model: str
    arguments: dict[str, Any] = field(default_factory=dict)
    block: Any = None  # a blocks.Block


def pictures(names: Iterable[str]) -> list[Picture]:
    """The pictures of these names; without any, of the whole catalog, of TWINS and of every block.

    Raises:
        UserError: an unknown name, with the known ones.
    """
    from experiments.diagrams.blocks import BLOCKS

    twins = {
        name: Picture(name, model, {"shortcuts": False})
        for model, row in catalog.CATALOG.items()
        if "shortcuts" in row.arguments.model_fields
        for name in [model.replace("resnet", "plain")]
    }
    known = {model: Picture(model, model) for model in catalog.CATALOG} | twins
    known |= {name: Picture(name, block.model, block.arguments, block) for name, block in BLOCKS.items()}
    wanted = list(names) or [name for name in known if name not in twins or name in TWINS]
    for name in wanted:
        if name not in known:
            raise UserError(words.unknown(f"unknown network {name!r}", name, known))
    return [known[name] for name in wanted]


def arguments_of(picture: Picture, size: int, given: dict[str, Any]) -> dict[str, Any]:
    """All arguments of a picture's network for images of this size; a block takes none of the given ones."""
    given = {} if picture.block else given
    return catalog.arguments_at_size(picture.model, size, given | picture.arguments)


def title(model: str, arguments: dict[str, Any]) -> str:
    """`ResNet-34`, or `Plain-34: ResNet-34 without shortcuts`."""
    title = catalog.CATALOG[model].title
    if arguments.get("shortcuts", True):
        return title
    return f"{title.replace('ResNet', 'Plain')}: {title} without shortcuts"


def build(picture: Picture, seen: Input, arguments: dict[str, Any]) -> Built:
    """Build the network of a picture.

    Raises:
        UserError: it cannot be built for this input.
    """
    try:
        return catalog.build(picture.model, seen.image, seen.classes, arguments)
    except ValueError as error:
        raise UserError(f"{picture.name} cannot be built: {str(error).splitlines()[0]}") from None


def draw(picture: Picture, seen: Input, arguments: dict[str, Any], folder: Path) -> tuple[Built, list[Path]]:
    """Build the network of a picture and draw it; returns the network and the files."""
    from experiments.diagrams import blocks, networks, structure

    built = build(picture, seen, arguments)
    written = title(picture.model, arguments)
    if picture.block:
        return built, blocks.draw(built, written, picture.block, folder, picture.name)
    rows = catalog.CATALOG[picture.model].rows
    return built, networks.draw(structure.read(built, written, seen.image, rows), folder, picture.name)


def plot_model(built: Built, file: Path) -> None:
    """Write Keras' picture of every single layer."""
    import keras

    network = getattr(built, "autoencoder", built)
    if isinstance(network, keras.Model):
        keras.utils.plot_model(network, file, show_shapes=True, show_layer_names=True)


def missing_for_plot_model() -> list[str]:
    """What `keras.utils.plot_model` needs and this machine lacks."""
    program = [] if shutil.which("dot") else ["the program dot (Graphviz)"]
    return program + ([] if importlib.util.find_spec("pydot") else ["the Python package pydot"])


def add_options(parser: Parser) -> None:
    """Its arguments."""
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="default: all")
    parser.add_argument("--size", type=command_line.positive, help="pixels of a square image")
    parser.add_argument("--channels", type=command_line.positive, help="of an image")
    parser.add_argument("--classes", type=command_line.positive)
    command_line.add_set(parser)
    parser.add_argument("--out", type=Path, default=OUT, help="folder (default: docs/diagrams)")
    parser.add_argument(
        "--plot-model", action="store_true", help="also Keras' plot_model, as NETWORK_layers.png; needs dot"
    )


def main(options: argparse.Namespace) -> int:
    """Draw the networks named on the command line."""
    given = command_line.set_arguments(options.set)
    wanted = pictures(options.networks)
    catalog.check_arguments([each.model for each in wanted], given)
    missing = missing_for_plot_model()
    if options.plot_model and missing:
        say(f"no plot_model pictures: they need {' and '.join(missing)}; the others are drawn")
    import keras

    from experiments.trial import process

    process.settle_keras()
    for number, picture in enumerate(wanted, start=1):
        keras.utils.clear_session()
        chosen = {each.name: value for each in fields(Input) if (value := getattr(options, each.name))}
        seen = replace(catalog.CATALOG[picture.model].input, **chosen)
        built, paths = draw(picture, seen, arguments_of(picture, seen.size, given), options.out)
        if options.plot_model and not missing and not picture.block:
            plot_model(built, options.out / f"{picture.name}_layers.png")
        say(f"{number} of {len(wanted)}: {' '.join(map(str, paths))}")
    return 0


DIAGRAMS = Command(DESCRIPTION, "diagrams resnet50 plain34 block_inception --out pictures", add_options, main)
