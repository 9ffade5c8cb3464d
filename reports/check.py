"""Check that figures and tables of a study are of the runs that its store holds now: `make report-check`.

A figure says in its metadata which runs it was drawn from. Tables, the page and PDF files are known by what
was recorded when they were written. Each file that is older than its runs, is of other runs or digests, or
was changed by hand, is named in a line.
"""

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reports import command, figure_files, files
from reports.store import fairness, reading

if TYPE_CHECKING:
    from reports.store.record import Record

EPILOG = """example:
  python -m reports check compare

exit status: 0 all are of the store's runs; 1 some are not; 2 there is nothing to check"""


def problems(folder: Path, record: "Record", fingerprint: str) -> Iterator[str]:
    """A line for each file of a study that must not be used. fingerprint: of the store, now."""
    stamp = files.read_stamp(folder)
    for name, digest in [*stamp.files.items(), *stamp.alone.items()]:
        path = folder / name
        if not path.is_file():
            if name in stamp.files:
                yield f"{name}: is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"{name}: was changed after it was drawn"
        elif stamp.fingerprint != fingerprint and path.suffix not in figure_files.SUFFIXES:
            yield f"{name}: is older than the runs in the store"
    records = [record, *record.by_setting()]
    for path in sorted(path for suffix in figure_files.SUFFIXES for path in folder.glob(f"*{suffix}")):
        if path.suffix == ".pdf" and path.name not in stamp.files and path.name not in stamp.alone:
            yield f"{path.name}: was not drawn here"
        elif reason := _wrong(_origin(path), records):
            yield f"{path.name}: {reason}"


def _origin(path: Path) -> dict | None:
    """What a figure was drawn from; a PDF was drawn together with the SVG or PNG beside it."""
    if path.suffix != ".pdf":
        return figure_files.read(path)
    beside = (path.with_suffix(suffix) for suffix in (".svg", ".png"))
    return next((figure_files.read(each) for each in beside if each.is_file()), None)


def _wrong(origin: dict | None, records: list["Record"]) -> str | None:
    """Why a figure of this origin must not be used; None: it may. records: of all runs, of each setting."""
    if origin is None:
        return "does not tell which runs it was drawn from"
    if origin["study"] != records[0].study:
        return f"is of the study {origin['study']}"
    drawn, known = set(origin["runs"]), set(records[0].runs["run_id"])
    if gone := drawn - known:
        return f"is of {len(gone)} runs that are no results of the study (any more)"
    record = next((each for each in records if drawn == set(each.runs["run_id"])), None)
    if record is None:
        return f"is older than the runs in the store: it shows {len(drawn)} of them, and no whole setting"
    now = figure_files.origin(record)
    if differing := [field for field in figure_files.FIELDS if origin[field] != now[field]]:
        return f"tells other {', '.join(differing)} than its runs"
    return None


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    command.add_study(parser)


def main(options: argparse.Namespace) -> int:
    """Check one study; the exit status."""
    from reports import drawing  # pandas and matplotlib, after `--help`

    study = None
    try:
        study = command.choose_study(options)
        report = drawing.read_fair(options.store, study)
        record = report.record
        found = [*problems(options.out / study, record, reading.fingerprint(options.store, study))]
    except fairness.UnfairComparisonError as reason:
        command.warn(str(reason))
        return 1
    except reading.StoreError as reason:
        return command.refuse(reason, options.study or study, options.data)
    drawn = files.read_stamp(options.out / study).files
    if not drawn:
        return command.refuse(f"{options.out / study}: nothing was drawn here; run `make report` first")
    command.warn(report.lacking)
    for line in found:
        command.warn(line)
    if found:
        print(f"run `make report{command.options(options.study or study, options.data)}` to draw them again")
        return 1
    print(f"{len(drawn)} files in {options.out / study} are of the {len(record.runs)} runs in the store")
    return 0
