"""What was left out of a data set, changed in it or doubted, by kind, with pictures of the first of each."""

import base64
import io
from collections import Counter
from pathlib import Path

from PIL import Image

from experiments.data.facts import SHOWN, BadFile, Facts, Files, Finding, Wanted
from experiments.data.photographs import decoding
from experiments.data.photographs.levels import ALL_LEVELS
from experiments.words import file_count

THUMBNAIL = 128  # pixels
HEADINGS = {
    "left out": "Left out",
    "changed": "Used, but changed",
    "doubtful": "Used, but doubtful",
}


def account(facts: Facts) -> str:
    """How many image files there are, and what became of them, in words."""
    kinds = Counter(each.kind for each in facts.all_findings)
    changes = "1 kind of change" if kinds["changed"] == 1 else f"{kinds['changed']} kinds of changes"
    doubts = "1 doubt" if kinds["doubtful"] == 1 else f"{kinds['doubtful']} doubts"
    return (
        f"{facts.images + facts.left_out:,} image files: {facts.images:,} used, {facts.left_out:,} left out; "
        f"{changes} and {doubts} among those used"
    )


def lines(facts: Facts, origin: Files) -> list[str]:
    """A line a finding for a terminal."""
    return [f"{kind}: {each.text}" for kind in HEADINGS for each in _all(facts, origin) if each.kind == kind]


def sections(facts: Facts, origin: Files, wanted: Wanted) -> list[dict]:
    """A section a kind for the page: its heading, and its findings with pictures."""
    root = wanted.path if wanted.path.is_dir() else wanted.path.parent
    found: dict[str, list[dict]] = {kind: [] for kind in HEADINGS}
    for finding in _all(facts, origin):
        found[finding.kind].append(
            {
                "text": f"{finding.text[:1].upper()}{finding.text[1:]}.",
                "pictures": [
                    {"file": name, "picture": _picture(root / name, root, facts, wanted)}
                    for name in finding.files
                ],
                "more": max(0, finding.count - len(finding.files)) if finding.files else 0,
            }
        )
    return [{"heading": HEADINGS[kind], "findings": each} for kind, each in found.items() if each]


def _all(facts: Facts, origin: Files) -> list[Finding]:
    """All findings, with one a reason for the bad files: facts know of those how many there are alone."""
    by_reason: dict[str, list[BadFile]] = {}
    for each in origin.bad:
        by_reason.setdefault(each.kind, []).append(each)
    bad = [
        Finding(
            "left out",
            f"{file_count(len(files))} cannot be used: {reason}; the first is {files[0].name}",
            len(files),
            tuple(each.name for each in files[:SHOWN]),
        )
        for reason, files in sorted(by_reason.items(), key=lambda item: -len(item[1]))
    ]
    return [*filter(None, [facts.large_group]), *bad, *facts.findings]


def _picture(file: Path, root: Path, facts: Facts, wanted: Wanted) -> str:
    """A small picture of a file as a data: URI; empty if it has none that can, or may, be shown."""
    try:
        if wanted.links == "refuse" and not file.resolve().is_relative_to(root.resolve()):
            return ""
        image, _ = decoding.upright(file, facts.grey_range or ALL_LEVELS)
    except (decoding.UnreadableError, OSError, RuntimeError):  # the last of a link to itself
        return ""
    return embedded(image, THUMBNAIL)


def embedded(image: Image.Image, largest: int = 1600) -> str:
    """The picture as a data: URI, no larger than it is shown."""
    written = io.BytesIO()
    image.thumbnail((largest, largest))
    image.save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"
