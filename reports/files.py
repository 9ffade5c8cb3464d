"""Output files: written whole or not at all, and a stamp that says what they were drawn from.

Without pandas and pydantic, so that "unchanged, nothing drawn" is answered at once.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from experiments import names, settings

STAMP = ".drawn_from.json"
SOURCES = ("*.py", "*.html", "*.css", "*.js")
LIBRARIES = ("matplotlib", "pandas")  # another version may draw the same code otherwise


@dataclass(frozen=True)
class Stamp:
    """What the files of a folder were drawn from.

    fingerprint: of the study's rows in the store; sources: of the code; files: names with their SHA-256;
    alone: the same of figures that were drawn alone, whatever the store held then; results: the parts of
    results.md, pairs of `markdown.Block`; whole: every file of the runs that was needed could be read.
    """

    fingerprint: str = ""
    sources: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    alone: Mapping[str, str] = field(default_factory=dict)
    results: Sequence[tuple[str, str | list]] = ()
    whole: bool = True


def write(path: Path, content: bytes) -> Path:
    """Replace `path` in one step; creates its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
    return path


def sources(folder: Path = Path(__file__).parent) -> str:
    """A hash of what decides how numbers are drawn: the code, the templates, the versions of LIBRARIES."""
    digest = hashlib.sha256()
    paths = {path.relative_to(folder) for pattern in SOURCES for path in folder.rglob(pattern)}
    own = sorted(path for path in paths if path.parts[0] != "figures")  # which are drawn, not code
    for path in [*(folder / path for path in own), Path(names.__file__), Path(settings.__file__)]:
        digest.update(path.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()


def drawn(folder: Path, fingerprint: str) -> list[Path]:
    """The files in `folder` if all exist and this code drew them from this fingerprint; else none."""
    stamp = read_stamp(folder)
    paths = [folder / name for name in stamp.files]
    # What could not be read then may be readable now, which no fingerprint tells.
    current = stamp.whole and stamp.fingerprint == fingerprint and stamp.sources == sources()
    return paths if current and all(path.is_file() for path in paths) else []


def stamp(
    folder: Path, fingerprint: str, paths: Iterable[Path], results: Sequence[tuple], whole: bool = True
) -> None:
    """Record what `paths` were drawn from; delete files of an earlier drawing that are no longer drawn."""
    before = read_stamp(folder)
    digests = _digests(paths)
    for name in set(before.files) - set(digests):
        (folder / name).unlink(missing_ok=True)
    alone = {name: digest for name, digest in before.alone.items() if name not in digests}
    _write_stamp(folder, Stamp(fingerprint, sources(), digests, alone, results, whole))


def stamp_alone(folder: Path, paths: Iterable[Path]) -> None:
    """Record figures that were drawn alone, beside what the other files were drawn from."""
    before, digests = read_stamp(folder), _digests(paths)
    files = {name: digests.get(name, digest) for name, digest in before.files.items()}
    alone = before.alone | {name: digest for name, digest in digests.items() if name not in files}
    _write_stamp(folder, replace(before, files=files, alone=alone))


def read_stamp(folder: Path) -> Stamp:
    """What the files in a folder were drawn from; an empty stamp where none, or no readable one, is there."""
    try:
        return Stamp(**json.loads((folder / STAMP).read_text()))
    except (OSError, ValueError, TypeError):
        return Stamp()


def _digests(paths: Iterable[Path]) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _write_stamp(folder: Path, content: Stamp) -> None:
    write(folder / STAMP, json.dumps(vars(content), indent=1).encode())
