"""Output files: written whole or not at all, and a stamp that says what they were drawn from."""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from experiments import names

STAMP = ".drawn_from.json"
NOTHING = {"fingerprint": "", "sources": "", "files": {}}


def write(path: Path, content: bytes) -> Path:
    """Replace `path` in one step; creates its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
    return path


def sources() -> str:
    """A hash of the code that draws."""
    digest = hashlib.sha256()
    own = Path(__file__).parent
    for path in [*sorted(own.rglob("*.py")), *sorted(own.glob("page/templates/*")), Path(names.__file__)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def drawn(folder: Path, fingerprint: str) -> list[Path]:
    """The files in `folder` if all exist and this code drew them from this fingerprint; else none."""
    stamp = read_stamp(folder)
    paths = [folder / name for name in stamp["files"]]
    current = stamp["fingerprint"] == fingerprint and stamp["sources"] == sources()
    return paths if current and all(path.is_file() for path in paths) else []


def stamp(folder: Path, fingerprint: str, paths: Iterable[Path]) -> None:
    """Record what `paths` were drawn from; a file of an earlier drawing that is no longer drawn goes away."""
    kept = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    for name in set(read_stamp(folder)["files"]) - set(kept):
        (folder / name).unlink(missing_ok=True)
    content = {"fingerprint": fingerprint, "sources": sources(), "files": kept}
    write(folder / STAMP, json.dumps(content, indent=1).encode())


def read_stamp(folder: Path) -> dict:
    """What the files in a folder were drawn from: fingerprint, sources, and files with their SHA-256."""
    try:
        stamp = json.loads((folder / STAMP).read_text())
        return stamp if isinstance(stamp["files"], dict) else NOTHING  # a list before files had digests
    except (OSError, ValueError, KeyError, TypeError):
        return NOTHING
