"""Figures as files that say what they were drawn from.

Study, data and split digests, commits and the ids of all runs, as JSON: in PNG and SVG as the description, in
PDF as the subject, which is not read back here: a PDF has a PNG and an SVG of the same drawing beside it.
"""

import io
import json
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from matplotlib.figure import Figure
from PIL import Image

from reports import files, fonts
from reports.plots.elements import style
from reports.store.record import Record

FIELDS = {"data": "data_digest", "splits": "split_digest", "commits": "commit", "runs": "run_id"}
SUFFIXES = (".png", ".svg", ".pdf")
MARK = "drawn from "
DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


class Drawn(NamedTuple):
    """A figure: its title, what it shows, how to read it, its record and setting ("": all), its files.

    caveats: what must be known of this study to read it right; they stand in the picture.
    """

    title: str
    finding: str
    note: str
    record: Record
    setting: str
    files: list[Path]
    caveats: str = ""


def save(figure: Figure, folder: Path, name: str, record: Record) -> list[Path]:
    """Write `name`.png, .svg and .pdf, byte-equal for equal numbers; a reader never meets half a file.

    record: what it was drawn from, which each file says.
    """
    paths = []
    with style.context():  # laid out once, not once a format
        fonts.let_all_be_read(figure)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
    for suffix in (suffix.removeprefix(".") for suffix in SUFFIXES):
        drawn = io.BytesIO()
        with style.context():
            figure.savefig(drawn, format=suffix, dpi=200, metadata=metadata(suffix, record))
        paths.append(files.write(folder / f"{name}.{suffix}", drawn.getvalue()))
    return paths


def origin(record: Record) -> dict:
    """The study's name, and the sorted values of each of FIELDS among its runs."""
    values = {name: sorted({str(value) for value in record.runs[column]}) for name, column in FIELDS.items()}
    return {"study": record.study, **values}


def metadata(suffix: str, record: Record) -> dict[str, str | None]:
    """What matplotlib writes into such a file; no time of drawing: equal numbers give equal files."""
    description = MARK + json.dumps(origin(record))
    if suffix == "png":
        return {"Software": None, "Description": description}
    if suffix == "svg":
        return {"Date": None, "Creator": None, "Description": description}
    return {"Creator": None, "Producer": None, "CreationDate": None, "Subject": description}


def read(path: Path) -> dict | None:
    """What a PNG or SVG file was drawn from; None: it does not say."""
    try:
        description = {".png": _png, ".svg": _svg}[path.suffix](path)
        return json.loads(description.removeprefix(MARK)) if description else None
    except (KeyError, ValueError, OSError, ElementTree.ParseError):  # Pillow's error is an OSError
        return None


def _png(path: Path) -> str | None:
    with Image.open(path) as opened:
        opened.load()
        return opened.text.get("Description")


def _svg(path: Path) -> str | None:
    return next((element.text for element in ElementTree.parse(path).iter(DESCRIPTION)), None)
