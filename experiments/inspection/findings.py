"""What was left out of a data set, changed in it or doubted, by kind, with pictures of the first of each."""

import base64
import io
from pathlib import Path

from PIL import Image

from experiments.data.facts import SHOWN, Facts, Files, Wanted
from experiments.data.photographs import decoding
from experiments.data.photographs.levels import ALL_LEVELS

THUMBNAIL = 128  # pixels
HEADINGS = {
    "left out": "Left out",
    "changed": "Used, but changed",
    "doubtful": "Used, but doubtful",
}


def account(facts: Facts) -> str:
    """How many image files there are, and what became of them, in words."""
    changed, doubtful = (
        sum(each.count for each in facts.findings if each.kind == kind) for kind in ("changed", "doubtful")
    )
    return (
        f"{facts.images + facts.left_out:,} image files: {facts.images:,} used, {facts.left_out:,} left out; "
        f"of those used {changed:,} changed, {doubtful:,} doubtful (one may be both, or twice)"
    )


def lines(facts: Facts) -> list[str]:
    """A line a finding for a terminal."""
    return [f"{kind}: {each.text}" for kind in HEADINGS for each in facts.all_findings if each.kind == kind]


def sections(facts: Facts, origin: Files, wanted: Wanted) -> list[dict]:
    """A section a kind for the page: its heading, and its findings with pictures."""
    root = wanted.path if wanted.path.is_dir() else wanted.path.parent
    bad = tuple(each.name for each in origin.bad[:SHOWN])
    found: dict[str, list[dict]] = {kind: [] for kind in HEADINGS}
    for position, finding in enumerate(facts.all_findings):
        # Facts know of bad files how many there are and the first; the table beside them has all.
        names = bad if facts.bad and position == 0 else finding.files
        found[finding.kind].append(
            {
                "text": f"{finding.text[:1].upper()}{finding.text[1:]}.",
                "pictures": [{"file": name, "picture": _picture(root / name, facts)} for name in names],
                "more": max(0, finding.count - len(names)) if names else 0,
            }
        )
    return [{"heading": HEADINGS[kind], "findings": each} for kind, each in found.items() if each]


def _picture(file: Path, facts: Facts) -> str:
    """A small picture of a file as a data: URI; empty if it has none that can be shown."""
    try:
        image, _ = decoding.upright(file, facts.grey_range or ALL_LEVELS)
    except (decoding.UnreadableError, OSError):
        return ""
    return embedded(image, THUMBNAIL)


def embedded(image: Image.Image, largest: int = 1600) -> str:
    """The picture as a data: URI, no larger than it is shown."""
    written = io.BytesIO()
    image.thumbnail((largest, largest))
    image.save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"
