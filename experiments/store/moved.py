"""A local store that was moved or copied with its files: its rows find them beside it again.

MLflow writes absolute paths of files into its database. A copy would go on writing into the folder of its
original, and a store in a folder that was renamed would find none of its pictures and models.
"""

import contextlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlparse

from experiments import names
from experiments.location import SQLITE

# Tables whose rows say where files of an experiment lie, and in which column.
COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
)
PATIENCE = 30.0  # seconds, for another process that writes
MARK = f"/{names.ARTIFACTS}/"


def settle(uri: str) -> None:
    """Point the rows of an SQLite store at the files beside it, where they were written for another place.

    The store was moved or copied with its files if those of one of its runs lie beside it, and not where the
    rows say, or there too; or if it has no run yet. Then all its experiments are to lie there. Other schemes
    than files, and files of other machines, are never touched.

    Raises:
        sqlite3.Error: rows have to be changed, and cannot be.
    """
    path = Path(uri.removeprefix(SQLITE))
    if not uri.startswith(SQLITE) or not path.exists():
        return
    path = path.resolve()  # a link's own folder is not where the files lie
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=PATIENCE)) as database:
        known, elsewhere = set(), []
        with contextlib.suppress(sqlite3.Error):  # no store of MLflow, as its opening will say
            known = {
                row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            elsewhere = _elsewhere(database, path.parent)
        for experiment, old, new in elsewhere:
            with database:
                for table, column in COLUMNS:
                    if table in known:
                        database.execute(
                            f"UPDATE {table} SET {column} = :new || substr({column}, length(:old) + 1) "
                            f"WHERE experiment_id = :experiment AND ({column} = :old OR "
                            f"substr({column}, 1, length(:old) + 1) = :old || '/')",
                            {"old": old, "new": new, "experiment": experiment},
                        )


def _elsewhere(database: sqlite3.Connection, folder: Path) -> list[tuple[int, str, str]]:
    """Each experiment that is to be looked for below the folder: its id, and both URIs."""
    found = [
        (experiment, location, beside)
        for experiment, location in database.execute(
            "SELECT experiment_id, artifact_location FROM experiments"
        )
        if (beside := _beside(folder, location or "")) is not None and beside.as_uri() != location
    ]
    runs: dict[int, list[str]] = {}
    for experiment, run in database.execute("SELECT experiment_id, run_uuid FROM runs"):
        runs.setdefault(experiment, []).append(run)
    # Folders bear the names of studies: another store's may lie beside, but not these runs. Without a run
    # there is no file anywhere yet, and the first is to lie here.
    is_here = not runs or any(
        _is_folder(beside / run) for experiment, _, beside in found for run in runs.get(experiment, [])
    )
    return (
        [(experiment, location, beside.as_uri()) for experiment, location, beside in found] if is_here else []
    )


def _beside(folder: Path, location: str) -> Path | None:
    """The folder beside a store that stands for one elsewhere; None: it is that one, or no file's."""
    before, found, rest = location.rpartition(MARK)
    if location.startswith("file:"):
        known = urlparse(before)
        if known.netloc not in ("", "localhost"):
            return None
        before, rest = unquote(known.path), unquote(rest)
    if not found or "://" in before or not before.startswith("/"):
        return None
    there, here = Path(before) / names.ARTIFACTS, folder / names.ARTIFACTS
    if _is_folder(there) and _is_folder(here) and there.samefile(here):
        return None
    return here / rest


def _is_folder(path: Path) -> bool:
    """Whether a folder is there, as far as this user can see."""
    return os.path.isdir(path)  # noqa: PTH112 - pathlib raises below a home that is closed to us
