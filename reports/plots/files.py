"""Figures as files, which tell what they were drawn from.

Study, data and split digests, commits and the ids of all runs, as JSON: in PNG and SVG as the description, in
PDF as the subject.
"""

import io
import json
import re
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from matplotlib.figure import Figure
from PIL import Image

from reports import files
from reports.plots import style
from reports.store.record import Record

FIELDS = {"data": "data_digest", "splits": "split_digest", "commits": "commit", "runs": "run_id"}
SUFFIXES = (".png", ".svg", ".pdf")
MARK = "drawn from "
DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


class Drawn(NamedTuple):
    """A figure: its title, what it shows in words, the record of that (one setting, or all), its files."""

    title: str
    finding: str
    record: Record
    files: list[Path]


def save(figure: Figure, folder: Path, name: str, record: Record) -> list[Path]:
    """Write `name`.png, .svg and .pdf, byte-equal for equal numbers; a reader never meets half a file.

    record: what it was drawn from, which each file tells.
    """
    paths = []
    with style.context():  # laid out once, not once a format
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
    for suffix in (suffix.removeprefix(".") for suffix in SUFFIXES):
        drawn = io.BytesIO()
        with style.context():
            figure.savefig(drawn, format=suffix, dpi=200, metadata=metadata(suffix, record))
        paths.append(files.write(folder / f"{name}.{suffix}", drawn.getvalue()))
    return paths


def of(record: Record) -> dict:
    """Study name, and what its runs hold of each of FIELDS, sorted."""
    held = {name: sorted({str(value) for value in record.runs[column]}) for name, column in FIELDS.items()}
    return {"study": record.study, **held}


def metadata(suffix: str, record: Record) -> dict[str, str | None]:
    """What matplotlib writes into such a file; no time of drawing: equal numbers give equal files."""
    told = MARK + json.dumps(of(record))
    if suffix == "png":
        return {"Software": None, "Description": told}
    if suffix == "svg":
        return {"Date": None, "Creator": None, "Description": told}
    # In a PDF string JSON's signs would be escaped and its line broken; hexadecimal is left alone.
    return {"Creator": None, "Producer": None, "CreationDate": None, "Subject": MARK + told.encode().hex()}


def read(path: Path) -> dict | None:
    """What a figure file was drawn from; None: it does not say."""
    try:
        told = {".png": _png, ".svg": _svg, ".pdf": _pdf}[path.suffix](path)
        return json.loads(told.removeprefix(MARK)) if told else None
    except (KeyError, ValueError, OSError, ElementTree.ParseError):  # Pillow's error is an OSError
        return None


def _png(path: Path) -> str | None:
    with Image.open(path) as opened:
        opened.load()
        return opened.text.get("Description")


def _svg(path: Path) -> str | None:
    return next((told.text for told in ElementTree.parse(path).iter(DESCRIPTION)), None)


def _pdf(path: Path) -> str | None:
    found = re.search(rb"/Subject \(" + MARK.encode() + rb"([0-9a-f\\\r\n]+)\)", path.read_bytes())
    return bytes.fromhex(re.sub(rb"[^0-9a-f]", b"", found[1]).decode()).decode() if found else None
