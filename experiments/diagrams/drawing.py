"""Draw networks from what is built: a structure picture each, and one block of each kind in detail.

    python -m experiments diagrams                              # all of them, into docs/diagrams/
    python -m experiments diagrams resnet50 plain34 block_inception --out pictures

Each picture is a PNG and an SVG file, byte-equal for an unchanged network.
"""

import argparse
import difflib
import importlib.util
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from experiments import catalog, command_line, location
from experiments.command_line import Command, Parser, say
from experiments.errors import UserError

DESCRIPTION = """Draw the structure of networks, read off their built layers: stages, what is repeated,
channels, strides, shortcuts, parameters and multiply-accumulates. A NETWORK is one of the catalog, the plain
twin of a residual one (plain34), or a block in detail (block_basic_identity). Without any: all of the
catalog, plain34 and every block. Each at its paper's input size, unless you say another."""
OUT = location.ROOT / "docs" / "diagrams"
TWINS = ("plain34",)  # of the default; the paper's figure 3


class Input(NamedTuple):
    """What a network is built for."""

    size: int
    channels: int
    classes: int


IMAGENET, CIFAR = Input(224, 3, 1000), Input(32, 3, 10)
PAPERS = {"alexnet": Input(227, 3, 1000), "lenet5": Input(32, 1, 10)}


class Drawn(NamedTuple):
    """What is drawn under a name."""

    name: str
    model: str
    own: dict[str, Any]  # arguments that the name stands for
    block: Any = None  # a drawing_blocks.Block


def paper_input(model: str) -> Input:
    """The input of a network's paper; a network without a stem for ImageNet has CIFAR's."""
    fields = catalog.CATALOG[model].arguments.model_fields
    return PAPERS.get(model, IMAGENET if "stem" in fields else CIFAR)


def drawn(names: Iterable[str]) -> list[Drawn]:
    """What the names stand for; everything if there are none.

    Raises:
        UserError: an unknown name, with the known ones.
    """
    from experiments.diagrams.blocks import BLOCKS

    twins = {
        model.replace("resnet", "plain"): Drawn(model.replace("resnet", "plain"), model, {"shortcuts": False})
        for model, entry in catalog.CATALOG.items()
        if "shortcuts" in entry.arguments.model_fields
    }
    known = {model: Drawn(model, model, {}) for model in catalog.CATALOG} | twins
    known |= {name: Drawn(name, block.model, block.arguments, block) for name, block in BLOCKS.items()}
    wanted = list(names) or [name for name in known if name not in twins or name in TWINS]
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise UserError(f"unknown network {name!r}; {hint}choose from: {', '.join(known)}")
    return [known[name] for name in wanted]


def build(wanted: Drawn, shape: Input, given: dict[str, Any]) -> Any:  # noqa: ANN401
    """The built network.

    Raises:
        UserError: it cannot be built for this input.
    """
    given = {} if wanted.block else given  # a block is what its name says
    chosen = catalog.arguments_at_size(wanted.model, shape.size, given | wanted.own)
    try:
        images = (shape.size, shape.size, shape.channels)
        return catalog.build(wanted.model, images, shape.classes, chosen)
    except ValueError as error:
        raise UserError(f"{wanted.name} cannot be built: {str(error).splitlines()[0]}") from None


def draw(wanted: Drawn, built: Any, shape: Input, folder: Path) -> list[Path]:  # noqa: ANN401
    """Write the picture of what was built."""
    from experiments.diagrams import blocks, networks, structure

    if wanted.block:
        return blocks.draw(built, wanted.block, folder, wanted.name)
    read = structure.read(built, wanted.name, (shape.size, shape.size, shape.channels))
    return networks.draw(read, folder, wanted.name)


def plot_model(built: Any, file: Path) -> None:  # noqa: ANN401
    """Keras' own picture of every single layer."""
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
    everything = drawn(options.networks)
    catalog.check_arguments([each.model for each in everything], given)
    missing = missing_for_plot_model()
    if options.plot_model and missing:
        say(f"no plot_model pictures: they need {' and '.join(missing)}; the others are drawn")
    import keras

    for number, wanted in enumerate(everything, start=1):
        keras.utils.clear_session()
        said = {field: value for field in Input._fields if (value := getattr(options, field))}
        shape = paper_input(wanted.model)._replace(**said)
        built = build(wanted, shape, given)
        paths = draw(wanted, built, shape, options.out)
        if options.plot_model and not missing and not wanted.block:
            plot_model(built, options.out / f"{wanted.name}_layers.png")
        say(f"{number} of {len(everything)}: {' '.join(map(str, paths))}")
    return 0


DIAGRAMS = Command(DESCRIPTION, "diagrams resnet50 plain34 block_inception --out pictures", add_options, main)
