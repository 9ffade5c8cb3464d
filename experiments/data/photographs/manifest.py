"""Image lists: a CSV file of `file,label[,split][,group]`, whose paths begin at the folder it lies in.

What can only mean one thing is read: empty fields that a spreadsheet leaves at the end of lines, spaces about
a path, a path in another Unicode form or case of letters than its file, one without an ending, a line that
stands twice, an encoding by which alone all files are there. Whatever changed is counted.
"""

import contextlib
import csv
import io
import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from experiments.data.facts import BadFile, Finding, Links, OnBad
from experiments.data.photographs.entries import VALIDATION_NAMES, Collector, Listing, Part
from experiments.data.photographs.paths import Paths
from experiments.errors import UserError

NEEDED, KNOWN = ("file", "label"), ("file", "label", "split", "group")
PARTS: dict[str, Part] = {"train": "train", "test": "test"} | dict.fromkeys(VALIDATION_NAMES, "validation")
LONGEST_SHOWN = 80  # characters of a wrong first line
LARGEST = 2**28  # bytes of a manifest, some million lines


class _BadLineError(Exception):
    """A line that cannot be used; says why, beginning with its field. many: as in `BadFile`."""

    def __init__(self, message: str, many: str = "") -> None:
        super().__init__(message)
        self.many = many


class _Line(NamedTuple):
    """What a line says. name: the path as written; file: the file it means; change: what was read into it."""

    number: int
    name: str
    file: Path
    label: str
    part: Part
    group: str | None
    change: str

    @property
    def said(self) -> tuple:
        """All but the path."""
        return self.label, self.part, self.group


def listing(manifest: Path, where: str, links: Links = "refuse", on_bad: OnBad = "stop") -> Listing:
    """The files of a manifest, in its order.

    on_bad: what to do about lines that cannot be used; left out, each is listed among the bad files.

    Raises:
        UserError: no list, or the first line that cannot be used, with its number.
    """
    if manifest.stat().st_size > LARGEST:
        raise UserError(f"{where}: larger than {LARGEST >> 20} MiB, which no list of images is")
    text, encoding = _text(manifest, where)
    columns, rows = _table(text, where)
    found, paths, changes = Collector(manifest.parent, links), Paths(), Counter()
    without_split = "split" not in columns or not any(_field(row, columns, "split") for _, row in rows)
    lines: dict[str, _Line] = {}
    torn: dict[str, str] = {}  # files that stand in several lines with several labels, parts or groups
    bad: list[tuple[int, str, _BadLineError]] = []  # a line's number, the file it means, if any, and why
    for number, fields in rows:
        try:
            line = _read(number, fields, columns, manifest.parent, paths, without_split=without_split)
        except _BadLineError as reason:
            if on_bad == "stop":
                raise UserError(f"{where}:{number}: {reason}{SKIP}") from None
            bad.append((number, _meant(fields, columns, manifest.parent, paths), reason))
            continue
        path = os.path.normpath(line.file)
        earlier = lines.setdefault(path, line)
        if earlier is line:
            continue
        if earlier.said != line.said:
            torn.setdefault(path, _stands_twice(earlier, line))
            if on_bad == "stop":
                raise UserError(f"{where}:{number}: file: {torn[path]}{SKIP}")
        else:
            changes["stand twice, and count once"] += 1
    for path, line in lines.items():
        if path in torn:
            found.refuse(line.file, line.label, torn[path], "stands in lines that contradict each other")
            continue
        changes[line.change] += 1
        found.add(line.file, line.label, line.part, line.group)
    _tell_bad_lines(found, manifest.name, bad, {*lines})
    if encoding != UTF_8:
        text = f"the list is read as {encoding}, by which alone all its files are there"
        found.listing.findings.append(Finding("changed", text))
    for change, count in changes.items():
        if change:
            said = "1 line of the list" if count == 1 else f"{count:,} lines of the list"
            found.listing.findings.append(Finding("changed", f"{said}: {change}"))
    classes = {entry.label for entry in found.listing.entries}
    if len(classes) < 2:
        bad = found.listing.bad
        unusable = f"; the first of {len(bad)} unusable files: {bad[0].name}: {bad[0].reason}" if bad else ""
        raise UserError(
            f"{where}: {len(found.listing.entries)} images of {len(classes)} classes; two classes are needed"
            f"{unusable}"
        )
    return found.listing._replace(given=frozenset(line.part for line in lines.values()) - {"train"})


SKIP = " (ON_BAD=skip leaves such lines out)"


def _read(
    number: int, fields: list[str], columns: list[str], folder: Path, paths: Paths, *, without_split: bool
) -> _Line:
    """What a line says.

    Raises:
        _BadLineError: it cannot be used.
    """
    if len(_without_end(fields)) > len(columns) or len(fields) < len(columns):
        raise _BadLineError(f"expected {len(columns)} fields, {','.join(columns)}")
    name, label = fields[columns.index("file")], _field(fields, columns, "label")
    if not name.strip() or "\0" in name:
        raise _BadLineError(f"file: a path is needed, not {name!r}", "a line without a path")
    if not label:
        raise _BadLineError("label: a class name is needed", "a line without a class")
    part = "train" if without_split else _field(fields, columns, "split").lower()
    if part not in PARTS:
        said = f"split: {part!r} is none of 'train', 'validation' (or 'val') and 'test'"
        raise _BadLineError(said, "a line with an unknown split")
    file, change = paths.meant(folder, name)
    return _Line(number, name, file, label, PARTS[part], _field(fields, columns, "group") or None, change)


def _meant(fields: list[str], columns: list[str], folder: Path, paths: Paths) -> str:
    """The file that a line means which cannot be used; empty if it names none."""
    name = _field(fields, columns, "file")
    return "" if not name or "\0" in name else os.path.normpath(paths.meant(folder, name)[0])


def _tell_bad_lines(
    found: Collector, name: str, bad: list[tuple[int, str, _BadLineError]], known: set[str]
) -> None:
    """List the files of bad lines, each once; lines without a file, or with a sound line's, are findings.

    known: the files of sound lines.
    """
    listed: set[str] = set()
    others: dict[str, list[tuple[int, _BadLineError]]] = {}
    for number, file, reason in bad:
        if file in listed:
            continue
        if file and file not in known:
            listed.add(file)
            found.listing.bad.append(BadFile(f"{name}:{number}", str(reason), "", reason.many))
        else:
            what = "is of a file that another line names" if file else "names no file"
            others.setdefault(what, []).append((number, reason))
    for what, lines in others.items():
        count = "1 line" if len(lines) == 1 else f"each of {len(lines):,} lines"
        number, reason = lines[0]
        text = f"{count} of the list cannot be used and {what}; the first is {name}:{number}: {reason}"
        found.listing.findings.append(Finding("left out", text))


def _stands_twice(earlier: _Line, line: _Line) -> str:
    """How two lines of one file differ, in words."""
    stands = f"{line.name!r} stands in line {earlier.number} already"
    if line.label != earlier.label:
        return f"{stands} with label {earlier.label!r}, here it has {line.label!r}"
    return f"{stands} with another split or group"


def _field(fields: list[str], columns: list[str], name: str) -> str:
    """The field of a line without spaces about it; empty if the line or the list has none."""
    at = columns.index(name) if name in columns else len(fields)
    return fields[at].strip() if at < len(fields) else ""


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
        columns, rows = _table(content.decode(encoding), "")
    except (UnicodeDecodeError, UserError):
        return False
    files = [_field(row, columns, "file") for _, row in rows]
    try:
        there = all(file and (manifest.parent / file).exists() for file in files)
    except OSError:  # a path that is too long is none of this encoding
        return False
    return there and any(not file.isascii() for file in files)


def _table(text: str, where: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The columns, and the fields of each line with its number; empty lines are left out.

    Raises:
        UserError: no such columns, or no CSV.
    """
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    rows = []
    try:
        for row in table:
            if not columns and _without_end(row):
                columns = _without_end(row)
                _check_columns(columns, where)
            elif _without_end(row):
                rows.append((table.line_num, row))
    except csv.Error as error:
        raise UserError(f"{where}:{table.line_num}: not valid CSV ({error})") from None
    if not columns:
        _check_columns([], where)
    return columns, rows


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
