"""The command `inspect`: writes work/inspection/<study>.html, a file without links to elsewhere."""

import argparse
from functools import partial
from pathlib import Path

from experiments import command_line, files, location
from experiments.command_line import Command, Parser
from experiments.inspection import page
from experiments.planning import minutes, request
from experiments.studies import reading

DESCRIPTION = (
    "One page about a study's data: classes, splits, what a network sees, duplicates, and files that cannot "
    "be used."
)


def add_options(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "study",
        nargs="?",
        help="whose sizes, crops and augmentation (default: compare, of --data path:… photographs)",
    )
    command_line.add_data_options(parser)
    parser.add_argument("--work", type=Path, default=location.WORK)


def main(options: argparse.Namespace) -> int:
    """Write the page and say where it is."""
    # Bad files do not stop an inspection: it shows them.
    taken = command_line.data_options(options) | {"on_bad": "skip"}
    name = options.study or request.usual_study(options.data)
    study = request.read_study(
        name,
        options.data,
        options.work,
        command_line.say,
        taken=taken,
        fitted=partial(minutes.standing, work=options.work),
    )
    on_bad = options.on_bad or reading.load(reading.find(name))["data"].get("on_bad", "stop")
    written = page.page(study, options.work, on_bad)
    file = options.work / "inspection" / f"{study.name}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    files.replace(file, written.html)
    command_line.say("\n".join([*written.lines, f"{file}"]))
    return 0


INSPECT = Command(DESCRIPTION, "inspect compare --data path:photographs", add_options, main)
