"""What every network costs at one input size: parameters, MACs, activations, measured images a second.

    python -m experiments cost                        # the whole catalog at 28×28×1
    python -m experiments cost resnet18 vgg11 --size 64 --channels 3 --set width=16

Nothing is trained: each network takes a few steps on random images, in a process of its own and on one
thread, and what was measured is kept in work/cost_table/costs/. Timings want an idle machine.
"""

import argparse
import csv
import datetime
import io
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from experiments import catalog, command_line, files, location, processes
from experiments.command_line import Command, Parser, positive, say
from experiments.errors import UserError
from experiments.planning import costs
from experiments.studies import cost
from experiments.studies.cost import Request
from experiments.studies.specification import Recipe

DESCRIPTION = """Measure every network of the catalog, or the ones named, at one input size. Below 64 pixels,
networks that have two stems get their small one."""
OUT = location.ROOT / "reports" / "figures" / "costs"
NONE = "–"
# Column of the CSV file, column of the table.
COLUMNS = {
    "network": "network",
    "parameters": "parameters",
    "macs": "MACs",
    "activation_bytes": "activations, MiB",
    "train_images_per_second": "training, images/s",
    "inference_images_per_second": "inference, images/s",
}


@dataclass(frozen=True)
class Measured:
    """One network at one size; `reason` says why there is no cost."""

    network: str
    arguments: dict[str, Any]
    cost: cost.Cost | None
    reason: str = ""

    def numbers(self, batch: int) -> dict[str, int | float | None]:
        """By column of the CSV file; None where there is nothing to say."""
        cost = self.cost
        if cost is None or not cost.parameters:
            return dict.fromkeys(list(COLUMNS)[1:])
        return {
            "parameters": cost.parameters,
            "macs": cost.macs,
            "activation_bytes": cost.activation_bytes,
            "train_images_per_second": batch / cost.step_seconds if cost.step_seconds else None,
            "inference_images_per_second": (
                1 / cost.evaluated_image_seconds if cost.evaluated_image_seconds else None
            ),
        }


def measured(options: argparse.Namespace, model: str, chosen: dict[str, Any]) -> Measured:
    """The cost of one network, from a child process, now or earlier."""
    wanted = Request(
        model=model,
        arguments=chosen,
        input_shape=(options.size, options.size, options.channels),
        classes=options.classes,
        recipe=Recipe(batch_size=options.batch, epochs=1, learning_rate=0.01),
        cpu=processes.cpu(),
    )
    work = options.work / "cost_table"
    if options.again:
        (work / "costs" / f"{wanted.key}.json").unlink(missing_ok=True)
    try:
        cost = costs.measured([wanted], work, workers=1, tell=lambda _: None)[wanted.key]
    except UserError as error:
        # "model … cannot be built: ValueError: …": the row says the first part, the last is the reason.
        return Measured(
            model, chosen, None, re.sub(r"^model .* cannot be built: (\w+Error: )?", "", str(error))
        )
    return Measured(model, chosen, cost, "" if cost.parameters else "nothing is trained by gradient")


def cells(row: Measured, batch: int) -> list[str]:
    """A row of the table as text, in the order of COLUMNS."""
    numbers = row.numbers(batch)
    texts = [row.network]
    for name, value in numbers.items():
        if value is None:
            texts.append(NONE)
        elif name == "activation_bytes":
            texts.append(f"{value / 2**20:.2f}")
        elif name.endswith("per_second"):
            texts.append(f"{value:,.0f}" if value >= 10 else f"{value:.1f}")
        else:
            texts.append(f"{value:,}")
    return texts


def markdown(rows: list[Measured], about: list[str], batch: int) -> str:
    """The table, what it was measured on, and why a row is empty."""
    lines = ["| " + " | ".join(COLUMNS.values()) + " |", "|---" + "|---:" * (len(COLUMNS) - 1) + "|"]
    lines += ["| " + " | ".join(cells(row, batch)) + " |" for row in rows]
    return "\n".join([*lines, "", *_notes(rows, about)]) + "\n"


def comma_separated(rows: list[Measured], about: dict[str, str], batch: int) -> str:
    """Plain numbers for other programs; every row says what it was measured on."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*COLUMNS, "arguments", "reason", *about])
    for row in rows:
        numbers = ["" if value is None else value for value in row.numbers(batch).values()]
        departures = json.dumps(catalog.departures(row.network, row.arguments))
        table.writerow([row.network, *numbers, departures, row.reason, *about.values()])
    return text.getvalue()


def show(rows: list[Measured], about: list[str], batch: int) -> None:
    """On a terminal a table of its width, in a pipe the Markdown."""
    console = Console()
    if not console.is_terminal:
        say(markdown(rows, about, batch).rstrip())
        return
    table = Table(box=SIMPLE_HEAD)
    for index, title in enumerate(COLUMNS.values()):
        table.add_column(title, justify="right" if index else "left", no_wrap=not index)
    for row in rows:
        table.add_row(*cells(row, batch))
    console.print(table)
    console.print("\n".join(_notes(rows, about)), markup=False, highlight=False)


def _notes(rows: list[Measured], about: list[str]) -> list[str]:
    reasons = [f"{NONE} {row.network}: {row.reason}" for row in rows if row.reason]
    changed = [(row.network, catalog.departures(row.network, row.arguments)) for row in rows]
    departures = [f"{name}: {json.dumps(given)}" for name, given in changed if given]
    notes = [f"Not as in the catalog: {'; '.join(departures)}"] if departures else []
    return [line for each in (*reasons, *notes, *about) for line in (each, "")][:-1]


def add_options(parser: Parser) -> None:
    """Its arguments."""
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="default: all of the catalog")
    parser.add_argument("--size", type=positive, default=28, help="pixels, square (default: %(default)s)")
    parser.add_argument("--channels", type=positive, default=1, help="default: %(default)s")
    parser.add_argument("--classes", type=positive, default=10, help="default: %(default)s")
    parser.add_argument(
        "--batch", type=positive, default=32, help="images a training step (default: %(default)s)"
    )
    command_line.add_set(parser)
    parser.add_argument("--again", action="store_true", help="measure anew what was measured before")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of costs.csv and costs.md")
    parser.add_argument("--work", type=Path, default=location.WORK, help="where measurements are kept")


def main(options: argparse.Namespace) -> int:
    """Measure, print and write the table."""
    models = options.networks or list(catalog.CATALOG)
    given = command_line.set_arguments(options.set)
    catalog.check_arguments(models, given)
    chosen = {model: catalog.arguments_at_size(model, options.size, given) for model in models}
    rows: list[Measured] = []
    for number, (model, arguments) in enumerate(chosen.items(), start=1):
        rows.append(measured(options, model, arguments))
        say(f"{number} of {len(chosen)}: {model}" + (f": {rows[-1].reason}" if rows[-1].reason else ""))
    about = {
        "input": f"{options.size}×{options.size}×{options.channels}, {options.classes} classes",
        "batch": str(options.batch),
        "machine": f"{processes.cpu()}, one thread",
        "date": datetime.date.today().isoformat(),
        "command": shlex.join(["python", "-m", "experiments", *options.words]),
    }
    notes = [
        f"Input {about['input']}. Activations: the outputs of all layers for one image, in float32. "
        f"Training in batches of {options.batch}; inference as a trial evaluates, its scores included.",
        f"{about['machine']}; {about['date']}; `{about['command']}`",
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    files.replace(options.out / "costs.csv", comma_separated(rows, about, options.batch))
    files.replace(options.out / "costs.md", markdown(rows, notes, options.batch))
    show(rows, notes, options.batch)
    say(f"{options.out / 'costs.md'} and costs.csv")
    return 0


COST = Command(DESCRIPTION, "cost resnet18 vgg11 --size 64 --channels 3 --set width=16", add_options, main)
