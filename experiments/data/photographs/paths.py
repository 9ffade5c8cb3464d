"""The file that a path of a list means: as written or, if there is no such file, the only one like it."""

import os
import unicodedata
from pathlib import Path

from experiments.data.photographs.formats import READ

SPACES = "have spaces about their path, which are no part of it"
FORM = "have a path in another Unicode form or case of letters than its file"
ENDING = "have a path without the ending of its file"


class Paths:
    """Looks folders up once each."""

    def __init__(self) -> None:
        self._names: dict[Path, dict[str, list[str]]] = {}
        self._stems: dict[Path, dict[str, list[str]]] = {}

    def meant(self, folder: Path, name: str) -> tuple[Path, str]:
        """The file of a name below a list's folder, and how it differs from what is written.

        The path as written if nothing is like it.
        """
        try:
            return self._meant(folder, name)
        except OSError:  # too long, or in a folder that may not be entered: told where the file is added
            return folder / name, ""

    def _meant(self, folder: Path, name: str) -> tuple[Path, str]:
        path = folder / name
        if path.exists() or path.is_symlink():
            return path, ""
        stripped = folder.joinpath(*(part.strip() for part in Path(name.strip()).parts))
        if stripped != path and stripped.exists():
            return stripped, SPACES
        if (found := self._alike(stripped)) is not None:
            return found, FORM
        ended = self._ended(stripped)
        return (ended, ENDING) if ended is not None else (path, "")

    def _ended(self, path: Path) -> Path | None:
        """The only picture of that name with an ending of its own, in any case of letters."""
        parent = path.parent if path.parent.exists() else self._alike(path.parent)
        if parent is None:
            return None
        if parent not in self._stems:
            stems: dict[str, list[str]] = {}
            for names in self._listed(parent).values():
                for name in names:
                    if Path(name).suffix.lower() in READ:
                        stems.setdefault(_plain(Path(name).stem), []).append(name)
            self._stems[parent] = stems
        found = self._stems[parent].get(_plain(path.name), [])
        return parent / found[0] if len(found) == 1 else None

    def _alike(self, path: Path) -> Path | None:
        """The only path that differs in Unicode form or case of letters alone, folder by folder."""
        found = Path(path.anchor)
        for part in path.parts[1:] if path.anchor else path.parts:
            if (found / part).exists():
                found = found / part
                continue
            alike = self._listed(found).get(_plain(part), [])
            if len(alike) != 1:
                return None
            found = found / alike[0]
        return found

    def _listed(self, folder: Path) -> dict[str, list[str]]:
        if folder not in self._names:
            names: dict[str, list[str]] = {}
            try:
                for each in os.scandir(folder):
                    names.setdefault(_plain(each.name), []).append(each.name)
            except OSError:  # no folder
                pass
            self._names[folder] = names
        return self._names[folder]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
