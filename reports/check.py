"""Whether the figures and tables of a study are of the runs that its store holds now: `make report-check`.

A figure tells in its metadata which runs it was drawn from; a table and the page, which do not, are known by
what was recorded when they were written. Each that is older than its runs, mixes digests that must not be
mixed, or was changed by hand, is named in a line.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reports import command, files
from reports.plots import files as figure_files
from reports.store import fairness, reading

if TYPE_CHECKING:
    from reports.store.record import Record

EPILOG = """example:
  python -m reports check compare

exit status: 0 all are of the store's runs; 1 some are not; 2 there is nothing to check"""


def problems(folder: Path, record: "Record", fingerprint: str) -> Iterator[str]:
    """A line for each file of a study that must not be used. fingerprint: of the store, now."""
    stamp = files.read_stamp(folder)
    for name, digest in stamp["files"].items():
        path = folder / name
        if not path.is_file():
            yield f"{name}: is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"{name}: was changed after it was drawn"
        elif stamp["fingerprint"] != fingerprint and path.suffix not in figure_files.SUFFIXES:
            yield f"{name}: is older than the runs in the store"
    shown = [record, *record.by_setting()]
    for path in sorted(path for suffix in figure_files.SUFFIXES for path in folder.glob(f"*{suffix}")):
        if reason := _wrong(figure_files.read(path), shown):
            yield f"{path.name}: {reason}"


def _wrong(told: dict | None, shown: list["Record"]) -> str | None:
    """Why a figure that tells this must not be used; None: it may. shown: what a figure may be of."""
    if told is None:
        return "does not tell which runs it was drawn from"
    if told["study"] != shown[0].study:
        return f"is of the study {told['study']}"
    drawn, known = set(told["runs"]), set(shown[0].runs["run_id"])
    if gone := drawn - known:
        return f"is of {len(gone)} runs that are no results of the study (any more)"
    of = next((each for each in shown if drawn == set(each.runs["run_id"])), None)
    if of is None:
        return f"is older than the runs in the store: it shows {len(drawn)} of them, and no whole setting"
    now = figure_files.of(of)
    if differing := [field for field in figure_files.FIELDS if told[field] != now[field]]:
        return f"tells other {', '.join(differing)} than its runs"
    return None


def add_options(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    command.add_study(parser)


def main(options: argparse.Namespace) -> int:
    """Check one study; the exit status."""
    from reports import drawing  # pandas and matplotlib, after `--help`

    study = None
    try:
        study = command.choose_study(options.store, options.study, options.data)
        record, _ = drawing.read_fair(options.store, study)
        found = [*problems(options.out / study, record, reading.fingerprint(options.store, study))]
    except fairness.UnfairComparisonError as reason:
        print(f"reports: {reason}", file=sys.stderr)
        return 1
    except reading.StoreError as reason:
        return command.refuse(reason, options.study or study, options.data)
    drawn = files.read_stamp(options.out / study)["files"]
    if not drawn:
        return command.refuse(f"{options.out / study}: nothing was drawn here; run `make report` first")
    for line in found:
        print(f"reports: {line}", file=sys.stderr)
    if found:
        print(f"run `make report{command.options(options.study or study, options.data)}` to draw them again")
        return 1
    print(f"{len(drawn)} files in {options.out / study} are of the {len(record.runs)} runs in the store")
    return 0
