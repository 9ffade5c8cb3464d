"""Would more images help? What the curves of a study that varies `data.train` say of up to twice as many.

An arm whose curve would not have told the largest size from the smaller ones has no forecast. With
--register the forecasts are kept in the store, where trials that begin later, at more images, judge them:
train the study again when the photographs are there, and the page says what became of each.
"""

import argparse
import json

from reports import command
from reports.store import reading

EPILOG = """examples:
  python -m reports forecast train_size
  python -m reports forecast train_size --data path:photographs --register

exit status: 0 whatever the answer is; 2 there is nothing to read, or the trials may not be compared"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    command.add_study(parser)
    parser.add_argument("--json", action="store_true", help="for scripts: each forecast with its numbers")
    parser.add_argument("--register", action="store_true", help="keep them in the store, to be judged later")


def main(options: argparse.Namespace) -> int:
    """Fit and print; the exit status."""
    from reports import drawing  # only now: pandas takes longer than everything above
    from reports.answers import forecasts
    from reports.store import forecasts as registry
    from reports.store import tags

    study, lines = None, []
    try:
        study = command.choose_study(options)
        record = drawing.read_fair(options.store, study).record
        if options.register:
            given = forecasts.to_register(record)
            new = registry.new(given, record.forecasts)
            tags.write(options.store, record.experiment, new)
            lines = [f"Registered: {len(new)}; they were before: {len(given) - len(new)}."]
    except (reading.StoreError, *drawing.REFUSALS) as reason:
        return command.refuse(reason, options.study or study, options.data)
    if options.json:
        print(json.dumps(forecasts.as_json(record), ensure_ascii=False))
    else:
        print("\n".join((forecasts.sentences(record) or [forecasts.why_none(record)]) + lines))
    return 0
