"""Image lists: a CSV file of `file,label[,split][,group]`, whose paths begin at the folder it lies in."""

import csv
import os
from pathlib import Path

from experiments.data.photographs.entries import Collector, Listing
from experiments.errors import UserError

NEEDED, KNOWN = ("file", "label"), ("file", "label", "split", "group")
PARTS = {"train": False, "test": True}
LONGEST_SHOWN = 80  # characters of a wrong first line
LARGEST = 2**28  # bytes of a manifest, some million lines


def listing(manifest: Path, where: str) -> Listing:
    """The files of a manifest, in its order.

    Raises:
        UserError: the first line that cannot be used, with its number.
    """
    if manifest.stat().st_size > LARGEST:
        raise UserError(f"{where}: larger than {LARGEST >> 20} MiB, which no list of images is")
    found = Collector(manifest.parent)
    first_line: dict[str, int] = {}
    labels: dict[str, str] = {}
    given_test = False
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as opened:
            table = csv.DictReader(opened, strict=True)
            columns = table.fieldnames or []
            _check_columns(columns, where)
            for row in table:
                at = f"{where}:{table.line_num}"
                if None in row or None in row.values():
                    raise UserError(f"{at}: expected {len(columns)} fields, {','.join(columns)}")
                name, label = row["file"], row["label"].strip()
                if not name or "\0" in name:
                    raise UserError(f"{at}: file: a path is needed, not {name!r}")
                path = os.path.normpath(name)
                if first_line.setdefault(path, table.line_num) != table.line_num:
                    earlier = f"line {first_line[path]} already"
                    if label != labels[path]:
                        earlier += f" with label {labels[path]!r}, here it has {label!r}"
                    raise UserError(f"{at}: file: {name!r} stands in {earlier}")
                if not label:
                    raise UserError(f"{at}: label: a class name is needed")
                labels[path] = label
                part = row.get("split", "train").strip().lower()
                if part not in PARTS:
                    raise UserError(f"{at}: split: {part!r} is neither 'train' nor 'test'; {VALIDATION}")
                given_test = given_test or PARTS[part]
                found.add(manifest.parent / name, label, PARTS[part], row.get("group", "").strip() or None)
    except UnicodeDecodeError:
        raise UserError(f"{where}: not a text file in UTF-8") from None
    except csv.Error as error:
        raise UserError(f"{where}:{table.line_num + 1}: not valid CSV ({error})") from None
    classes = {entry.label for entry in found.listing.entries}
    if len(classes) < 2:
        bad = found.listing.bad
        unusable = f"; the first of {len(bad)} unusable files: {bad[0].name}: {bad[0].reason}" if bad else ""
        raise UserError(
            f"{where}: {len(found.listing.entries)} images of {len(classes)} classes; two classes are needed"
            f"{unusable}"
        )
    return found.listing._replace(given_test=given_test)


VALIDATION = "validation images are drawn from train"


def _instead(columns: list[str], name: str) -> str:
    """A guess at what the file has in place of a column."""
    if not columns:
        return ": the file is empty"
    alike = next((column for column in columns if column.strip().casefold() == name), None)
    if alike is not None:
        return f" but {alike!r}"
    for separator, plural in ((";", "semicolons"), ("\t", "tabs")):
        if len(columns) == 1 and separator in columns[0]:
            return f": its fields are parted by {plural}, not by commas"
    return f" among {', '.join(columns)[:LONGEST_SHOWN]!r}"


def _check_columns(columns: list[str], where: str) -> None:
    for name in NEEDED:
        if name not in columns:
            raise UserError(
                f"{where}:1: no column {name!r}{_instead(columns, name)}; the first line is "
                "file,label[,split][,group]"
            )
    for name in columns:
        if name not in KNOWN:
            raise UserError(f"{where}:1: unknown column {name!r}; choose from: {', '.join(KNOWN)}")
        if columns.count(name) > 1:
            raise UserError(f"{where}:1: column {name!r} stands there twice")
