"""One command line for all that trains, plans or shows: `python -m experiments COMMAND`, or `--help`."""

import os
import sys
from collections.abc import Sequence

from experiments import catalog
from experiments.command_line import Command, Parser, exit_status
from experiments.errors import speak_plainly

# Where each stands, and what it does. Only the one that is called is imported.
COMMANDS = {
    "compare": ("experiments.compare:COMPARE", "train a study as far as it is not complete"),
    "plan": ("experiments.compare:PLAN", "what a study would still train, and how long that takes"),
    "run": ("experiments.run:RUN", "train one network"),
    "predict": ("experiments.delivery.predict:PREDICT", "the model of a run on a folder of images"),
    "deliver": ("experiments.delivery.deliver:DELIVER", "the model of a run in a folder to hand over"),
    "inspect": ("experiments.inspection.command:INSPECT", "a page about the data of a study"),
    "export": ("experiments.export:EXPORT", "pack a study's event logs into one small file"),
    "import": ("experiments.export:IMPORT", "rebuild a study in the store from a packed file"),
    "cost": ("experiments.bench.cost_table:COST", "parameters, MACs, memory and images/s of every network"),
    "diagrams": ("experiments.diagrams.drawing:DIAGRAMS", "structure pictures of networks"),
    "doctor": ("experiments.doctor.command:DOCTOR", "what this machine has for training, and what to do"),
    "ui": ("experiments.ui:UI", "serve MLflow's pages"),
    "bench": ("experiments.bench.command:BENCH", "how fast this is, beside yardsticks"),
    "bench-photographs": ("experiments.bench.photographs:PHOTOGRAPHS", "what decoding photographs costs"),
    "bench-reports": ("experiments.bench.reports:REPORTS", "how long reports of many trials take"),
}
DESCRIPTION = "Train studies, plan them, look at their data, move their results."
EPILOG = """example:
  python -m experiments plan smoke
  python -m experiments compare --help"""


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words name (by default those of the command line); its exit status."""
    speak_plainly()
    os.environ["KERAS_BACKEND"] = "tensorflow"  # a person's keras.json may name another
    return exit_status(lambda: _run([*sys.argv[1:]] if words is None else [*words]))


def _run(words: list[str]) -> int:
    parser = Parser(prog="python -m experiments", description=DESCRIPTION, epilog=EPILOG)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for name, (path, text) in COMMANDS.items():
        if words[:1] != [name]:
            commands.add_parser(name, help=text)
            continue
        command: Command = catalog.resolve(path)
        chosen = commands.add_parser(
            name,
            help=text,
            description=command.description,
            epilog="\n\n".join(
                filter(None, [f"example:\n  python -m experiments {command.example}", command.notes])
            ),
        )
        command.add_options(chosen)
        chosen.set_defaults(command=command.run, words=words)
        words = [name, *chosen.as_options(words[1:])]
    options = parser.parse_args(words)
    return options.command(options)


if __name__ == "__main__":
    sys.exit(main())
