"""Which arm to use: the cheapest at prediction of those that were not shown to be worse than the best.

Nothing is drawn. The same sentences open the page of a study and close what `draw` prints.
"""

import argparse
import json

from reports import command
from reports.store import reading

EPILOG = """examples:
  python -m reports recommend photographs-holidays-3f2a10
  python -m reports recommend --json | jq .recommended

exit status: 0 whatever the answer is; 2 there is nothing to compare, or the trials may not be compared"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    command.add_study(parser)
    parser.add_argument("--json", action="store_true", help="for scripts: the arms with their numbers")


def main(options: argparse.Namespace) -> int:
    """Judge and print; the exit status."""
    from reports import drawing  # only now: pandas takes longer than everything above
    from reports.answers import advice
    from reports.tables import markdown, results

    study = None
    try:
        study = command.choose_study(options)
        report = drawing.read_fair(options.store, study)
        found = advice.as_json(report.record) if options.json else results.recommendation(report.record)
    except (reading.StoreError, *drawing.REFUSALS) as reason:
        return command.refuse(reason, options.study or study, options.data)
    command.warn(report.lacking)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        markdown.show(found)
    return 0
