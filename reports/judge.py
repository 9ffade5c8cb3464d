"""The verdicts of a study's claims alone, as JSON: what `make compare UNTIL=decided` asks after each look.

Nothing is drawn. Each claim has its verdict, p (adjusted) and note; `undecided` is how many still are.
"""

import argparse
import json
import math
from dataclasses import replace

from reports import command
from reports.store import reading

EPILOG = """example:
  python -m reports judge compare

exit status: 0 judged; 2 there is nothing to judge, or the trials may not be compared"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    command.add_study(parser)
    parser.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        metavar="SEED",
        help="judge as if the store had these alone (default: all), as it did at an earlier look",
    )


def main(options: argparse.Namespace) -> int:
    """Judge and print; the exit status."""
    from reports import drawing  # only now: pandas takes longer than everything above
    from reports.answers import verdicts

    study = None
    try:
        study = command.choose_study(options)
        report = drawing.read_fair(options.store, study)
        if options.seeds:
            report = replace(report, record=report.record.at_seeds(options.seeds))
        judged = report.judged
    except (reading.StoreError, *drawing.REFUSALS) as reason:
        return command.refuse(reason, options.study or study, options.data)
    command.warn(report.lacking)
    current = [each for each in judged if each.stated.current]
    claims = [
        {
            "claim": each.stated.text,
            "verdict": each.verdict,
            "p": None if math.isnan(each.p) else each.p,
            "note": each.note,
        }
        for each in current
    ]
    undecided = sum(each.verdict == verdicts.UNDECIDED for each in current)
    print(json.dumps({"study": study, "undecided": undecided, "claims": claims}, ensure_ascii=False))
    return 0
