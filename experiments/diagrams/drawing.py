"""Draw networks, read off their built layers: a structure picture each, blocks in detail, blocks on a slide.

    python -m experiments diagrams                              # all of them, into docs/diagrams/
    python -m experiments diagrams resnet50 plain34 block_inception --out pictures

Each picture is a PNG and an SVG file, byte-equal for an unchanged network. Beside that of a network stands,
as JSON, what was read: reports show each network as it was trained beside this form.
"""

import argparse
import importlib.util
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments import catalog, command_line, files, location, words
from experiments.catalog import Built, Input
from experiments.command_line import Command, Parser, say
from experiments.errors import UserError
from experiments.logs import network

if TYPE_CHECKING:
    import keras

    from experiments.diagrams.sheet import Sheet

DESCRIPTION = """Draw the structure of networks, read off their built layers: stages, what is repeated,
channels, strides, shortcuts, parameters and multiply-accumulates. A NETWORK is one of the catalog, the plain
twin of a residual one (plain50), a block in detail (block_basic_identity), or the slide that compares three
blocks (slide_blocks). Without any: all of the catalog, plain18, plain34, every block and the slide. Each at
its paper's input size, unless you say another."""
OUT = location.ROOT / "docs" / "diagrams"
TWINS = ("plain18", "plain34")  # of the default; those that the paper trains


@dataclass(frozen=True)
class Picture:
    """What is drawn under a name: a network of the catalog with some arguments, a block of it, or a slide."""

    name: str
    model: str
    arguments: dict[str, Any] = field(default_factory=dict)
    block: Any = None  # a blocks.Block
    columns: tuple["Picture", ...] = ()  # of a slide: blocks, from left to right


def pictures(names: Iterable[str]) -> list[Picture]:
    """The pictures of these names; without any, of the whole catalog, of TWINS, of every block and slide.

    Raises:
        UserError: an unknown name, with the known ones.
    """
    from experiments.diagrams.blocks import BLOCKS
    from experiments.diagrams.slide import SLIDES
    from experiments.trial.anatomy import structure

    twins = {
        name: Picture(name, model, {"shortcuts": False})
        for model, row in catalog.CATALOG.items()
        if "shortcuts" in row.arguments.model_fields
        for name in [structure.twin(model)]
    }
    known = {model: Picture(model, model) for model in catalog.CATALOG} | twins
    known |= {name: Picture(name, block.model, block.arguments, block) for name, block in BLOCKS.items()}
    for name, shown in SLIDES.items():
        columns = tuple(known[each.block] for each in shown)
        known[name] = Picture(name, columns[0].model, columns=columns)
    wanted = list(names) or [name for name in known if name not in twins or name in TWINS]
    for name in wanted:
        if name not in known:
            raise UserError(words.unknown(f"unknown network {name!r}", name, known))
    return [known[name] for name in wanted]


def arguments_of(picture: Picture, size: int, given: dict[str, Any]) -> dict[str, Any]:
    """All arguments of a picture's network for images of this size; a block takes none of the given ones."""
    given = {} if picture.block else given
    return catalog.arguments_at_size(picture.model, size, given | picture.arguments)


def build(picture: Picture, seen: Input, arguments: dict[str, Any]) -> Built:
    """Build the network of a picture.

    Raises:
        UserError: it cannot be built for this input.
    """
    try:
        return catalog.build(picture.model, seen.image, seen.classes, arguments)
    except ValueError as error:
        raise UserError(f"{picture.name} cannot be built: {str(error).splitlines()[0]}") from None


def draw(
    picture: Picture, seen: Input, given: dict[str, Any], folder: Path
) -> tuple["keras.Model | None", list[Path]]:
    """Build what a picture shows and draw it; returns the network of a network's picture, and the files.

    given: arguments of the command line.
    """
    from experiments.diagrams import blocks, networks, slide
    from experiments.trial.anatomy import structure

    if picture.columns:
        columns = [
            slide.Column(shown, each.block, build(each, seen, arguments_of(each, seen.size, {})))
            for shown, each in zip(slide.SLIDES[picture.name], picture.columns, strict=True)
        ]
        return None, save(slide.draw(columns), folder, picture.name)
    arguments = arguments_of(picture, seen.size, given)
    built = build(picture, seen, arguments)
    if picture.block:
        title = structure.title_of(picture.model, arguments)
        return None, save(blocks.draw(built, title, picture.block), folder, picture.name)
    parts = structure.PARTS[catalog.CATALOG[picture.model].kind](built)
    found = structure.of_model(picture.model, arguments, parts, seen.image)
    paths = save(networks.draw(found), folder, picture.name)
    files.replace(folder / f"{picture.name}.json", network.written(found))
    return parts.network, [*paths, folder / f"{picture.name}.json"]


def save(sheet: "Sheet", folder: Path, name: str) -> list[Path]:
    """Write a picture as `name`.png and `name`.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {folder / f"{name}.png": sheet.png(), folder / f"{name}.svg": sheet.svg()}
    for path, content in contents.items():
        files.replace(path, content)
    return [*contents]


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
        drawn, paths = draw(picture, seen, given, options.out)
        if drawn and options.plot_model and not missing:
            file = options.out / f"{picture.name}_layers.png"
            keras.utils.plot_model(drawn, file, show_shapes=True, show_layer_names=True)
        say(f"{number} of {len(wanted)}: {' '.join(map(str, paths))}")
    return 0


DIAGRAMS = Command(DESCRIPTION, "diagrams resnet50 plain34 block_inception --out pictures", add_options, main)
