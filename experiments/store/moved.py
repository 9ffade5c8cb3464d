"""A local store that was moved or copied with its files: its rows find them beside it again.

MLflow writes absolute paths of files into its database. A copy would go on writing into the folder of its
original, and a store in a folder that was renamed would find none of its pictures and models.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
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

    That is done for each experiment whose folder lies beside the store, or nowhere; one whose files are still
    where the rows say, and only there, keeps them. Other schemes than files are never touched.

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
            elsewhere = list(_elsewhere(database, path.parent))
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


def _elsewhere(database: sqlite3.Connection, folder: Path) -> Iterator[tuple[int, str, str]]:
    """Each experiment whose files are to be looked for below the folder: its id, and both URIs."""
    for experiment, location in database.execute("SELECT experiment_id, artifact_location FROM experiments"):
        beside = beside_store(folder, location or "")
        if beside is not None and beside != location:
            yield experiment, location, beside


def beside_store(folder: Path, location: str) -> str | None:
    """The URI below the folder of a store at which files lie that a row looks for elsewhere; None: there."""
    known = urlparse(location)
    _, found, rest = location.rpartition(MARK)
    if known.scheme not in ("", "file") or not found:
        return None
    there, here = Path(unquote(known.path)), folder / names.ARTIFACTS / unquote(rest)
    if _is_folder(there) and (not _is_folder(here) or there.samefile(here)):
        return None
    return here.as_uri()


def _is_folder(path: Path) -> bool:
    """Whether a folder is there, as far as this user can see."""
    try:
        return path.is_dir()
    except OSError:  # below a home that is closed to us
        return False
