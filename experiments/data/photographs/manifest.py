"""Image lists: a CSV file of `file,label[,split][,group]`, whose paths begin at the folder it lies in.

What can only mean one thing is read: empty fields that a spreadsheet leaves at the end of lines, spaces about
a path, a path in another Unicode form or case of letters than its file, one without an ending, a line that
stands twice, an encoding by which alone all files are there. Whatever changed is counted.
"""

import contextlib
import csv
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from experiments.data.facts import Links
from experiments.data.photographs.entries import VALIDATION_NAMES, Collector, Listing, Part
from experiments.data.photographs.paths import Paths
from experiments.errors import UserError

NEEDED, KNOWN = ("file", "label"), ("file", "label", "split", "group")
PARTS: dict[str, Part] = {"train": "train", "test": "test"} | dict.fromkeys(VALIDATION_NAMES, "validation")
LONGEST_SHOWN = 80  # characters of a wrong first line
LARGEST = 2**28  # bytes of a manifest, some million lines


def listing(manifest: Path, where: str, links: Links = "refuse") -> Listing:
    """The files of a manifest, in its order.

    Raises:
        UserError: the first line that cannot be used, with its number.
    """
    if manifest.stat().st_size > LARGEST:
        raise UserError(f"{where}: larger than {LARGEST >> 20} MiB, which no list of images is")
    found, paths, changes = Collector(manifest.parent, links), Paths(), Counter()
    first_line: dict[str, int] = {}
    said: dict[str, tuple[str, ...]] = {}
    given: set[Part] = set()
    text, encoding = _text(manifest, where)
    rows = list(_rows(text, where))
    without_split = not any(row.get("split", "").strip() for _, row in rows)
    for line, row in rows:
        at = f"{where}:{line}"
        name, label = row["file"], row["label"].strip()
        if not name.strip() or "\0" in name:
            raise UserError(f"{at}: file: a path is needed, not {name!r}")
        file, change = paths.meant(manifest.parent / name)
        path, content = os.path.normpath(file), tuple(value.strip() for value in row.values())
        if first_line.setdefault(path, line) != line:
            if said[path][1:] == content[1:]:
                changes["stand twice, and count once"] += 1
                continue
            earlier = f"line {first_line[path]} already"
            if label != said[path][1]:
                earlier += f" with label {said[path][1]!r}, here it has {label!r}"
            raise UserError(f"{at}: file: {name!r} stands in {earlier}")
        if not label:
            raise UserError(f"{at}: label: a class name is needed")
        said[path] = (content[0], label, *content[2:])
        part = "train" if without_split else row["split"].strip().lower()
        if part not in PARTS:
            raise UserError(f"{at}: split: {part!r} is none of 'train', 'validation' (or 'val') and 'test'")
        changes[change] += 1
        given |= {PARTS[part]} - {"train"}
        found.add(file, label, PARTS[part], row.get("group", "").strip() or None)
    if encoding != UTF_8:
        found.listing.notices.append(
            f"the list is read as {encoding}, by which alone all its files are there"
        )
    for change, count in changes.items():
        if change:
            lines = "1 line of the list" if count == 1 else f"{count:,} lines of the list"
            found.listing.notices.append(f"{lines}: {change}")
    classes = {entry.label for entry in found.listing.entries}
    if len(classes) < 2:
        bad = found.listing.bad
        unusable = f"; the first of {len(bad)} unusable files: {bad[0].name}: {bad[0].reason}" if bad else ""
        raise UserError(
            f"{where}: {len(found.listing.entries)} images of {len(classes)} classes; two classes are needed"
            f"{unusable}"
        )
    return found.listing._replace(given=frozenset(given))


def _text(manifest: Path, where: str) -> tuple[str, str]:
    """The list as text, and its encoding.

    Raises:
        UserError: neither UTF-8 nor UTF-16, nor any encoding by which alone all its files are there.
    """
    content = manifest.read_bytes()
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    with contextlib.suppress(UnicodeDecodeError):
        return content.decode("utf-16" if marked else UTF_8), UTF_8
    fitting = [encoding for encoding in OTHERS if _fits(manifest, content, encoding)]
    if len(fitting) == 1:
        return content.decode(fitting[0]), fitting[0]
    several = f" (it could be {' or '.join(fitting)})" if fitting else ""
    raise UserError(f"{where}: not a text file in UTF-8{several}")


def _fits(manifest: Path, content: bytes, encoding: str) -> bool:
    """True if a list in this encoding names files that are there, with names beyond ASCII, and no others."""
    try:
        files = [row["file"] for _, row in _rows(content.decode(encoding), "")]
    except (UnicodeDecodeError, UserError, KeyError):
        return False
    there = all((manifest.parent / file.strip()).exists() for file in files)
    return there and any(not file.isascii() for file in files)


def _rows(text: str, where: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line with its number; empty fields beyond the columns, and empty lines, are left out.

    Raises:
        UserError: no such columns, or a line of too few or too many fields.
    """
    table = csv.reader(text.splitlines(keepends=True), strict=True)
    columns: list[str] = []
    try:
        for row in table:
            if not columns:
                columns = _without_end(row)
                _check_columns(columns, where)
                continue
            filled = _without_end(row)
            if not filled:
                continue
            if len(filled) > len(columns) or len(row) < len(columns):
                raise UserError(
                    f"{where}:{table.line_num}: expected {len(columns)} fields, {','.join(columns)}"
                )
            yield table.line_num, dict(zip(columns, row, strict=False))
    except csv.Error as error:
        raise UserError(f"{where}:{table.line_num}: not valid CSV ({error})") from None
    if not columns:
        _check_columns([], where)


def _without_end(fields: list[str]) -> list[str]:
    """The fields without the empty ones at the end, which spreadsheets leave."""
    last = max((index for index, field in enumerate(fields) if field.strip()), default=-1)
    return fields[: last + 1]


UTF_8 = "utf-8-sig"
OTHERS = ("cp949", "shift_jis", "gb18030", "big5", "cp1251", "cp1252")


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
