"""Pages of docs/ that say how to add something, followed to the letter in a copy of the repository."""

import re
import shutil
from pathlib import Path

from experiments.location import ROOT

BLOCK = re.compile(r"^```\w+ (?P<info>[^\n]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def copy_of(folder: Path, *packages: str) -> Path:
    """A copy of some packages of the repository in a folder."""
    for package in packages:
        ignored = shutil.ignore_patterns("__pycache__", "figures")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    return folder


def follow(page: str, copy: Path) -> list[str]:
    """Write and edit in the copy what the blocks of a page say; the files that were touched, each once.

    A block of `file=PATH` is a new file; of `after="LINE" in=PATH` stands behind that line, or `before` it.
    """
    touched = {}
    for block in BLOCK.finditer((ROOT / "docs" / page).read_text()):
        info, text = block["info"], block["text"]
        if created := re.fullmatch(r"file=(\S+)", info):
            assert not (copy / created[1]).exists(), created[1]
            (copy / created[1]).write_text(text)
            touched[created[1]] = None
            continue
        anchor, path = re.match(r'after="([^"]+)" in=(\S+)', info).groups()
        content = (copy / path).read_text()
        assert content.count(anchor + "\n") == 1, anchor
        added = f"{text}{anchor}\n" if info.endswith(" before") else f"{anchor}\n{text}"
        (copy / path).write_text(content.replace(anchor + "\n", added))
        touched[path] = None
    return list(touched)
