"""From the store to answers: `python -m reports COMMAND`; `--help` lists them.

Nothing here trains, and each command works at any time: while a study runs, from its complete trials.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from experiments.errors import of_the_system, printable, speak_plainly
from reports import command

# The module of each, and what it does. Only the module of the command that runs is imported.
COMMANDS = {
    "draw": ("reports.draw", "figures, tables and the page of a study"),
    "recommend": ("reports.recommend", "which arm to use, and why"),
    "forecast": ("reports.forecast", "whether more images would help, by arm"),
    "judge": ("reports.judge", "the verdicts of a study's claims alone, as JSON"),
    "check": ("reports.check", "whether what was drawn is of the runs that the store holds now"),
    "calibrate": ("reports.calibration.command", "how often verdicts are false, and what intervals cover"),
    "pages": ("reports.docs_pages", "bring README.md and docs/answers up to date with a study"),
}
EPILOG = """example:
  python -m reports draw compare
  python -m reports check --help"""


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words name (by default those of the command line); its exit status."""
    speak_plainly()
    words = [*sys.argv[1:]] if words is None else [*words]
    parser = command.Parser(prog="python -m reports", description=__doc__, epilog=EPILOG)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for name, (path, text) in COMMANDS.items():
        if words[:1] != [name]:
            commands.add_parser(name, help=text)
            continue
        module = importlib.import_module(path)
        chosen = commands.add_parser(name, help=text, description=module.__doc__, epilog=module.EPILOG)
        module.add_options(chosen)
        chosen.set_defaults(command=module.main)
    options: argparse.Namespace = parser.parse_args(words)
    try:
        return options.command(options)
    except OSError as error:
        print(f"error: {printable(of_the_system(error))}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
