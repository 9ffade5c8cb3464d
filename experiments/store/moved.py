"""A local store that was moved or copied with its files: its rows find them beside it again.

MLflow writes absolute paths of files into its database. A copy would go on writing into the folder of its
original, and a store in a folder that was renamed would find none of its pictures and models.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlparse

from experiments import names
from experiments.location import SQLITE

COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def settle(uri: str) -> None:
    """Point the rows of an SQLite store at the files beside it, where they were written for another place.

    Files stay where they are if the rows' own folder is there and none lies beside the store.

    Raises:
        sqlite3.Error: the store cannot be written, or is no MLflow database.
    """
    path = Path(uri.removeprefix(SQLITE))
    if not uri.startswith(SQLITE) or not path.exists():
        return
    here = path.parent / names.ARTIFACTS
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as database:
        known = {
            table for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        if "experiments" not in known:
            return
        columns = [each for each in COLUMNS if each[0] in known]
        written = {
            location.rpartition(MARK)[0]
            for (location,) in database.execute("SELECT DISTINCT artifact_location FROM experiments")
            if MARK in (location or "")
        }
        for root in written:
            there = Path(unquote(urlparse(root).path)) / names.ARTIFACTS
            if _is_same(there, here) or (there.is_dir() and not here.is_dir()):
                continue
            with database:
                for table, column in columns:
                    database.execute(
                        f"UPDATE {table} SET {column} = :new || substr({column}, length(:old) + 1) "
                        f"WHERE substr({column}, 1, length(:old)) = :old",
                        {"old": f"{root}{MARK}", "new": f"{path.absolute().parent.as_uri()}{MARK}"},
                    )


MARK = f"/{names.ARTIFACTS}/"


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths mean one folder, also by links; folders that are not there are compared as text."""
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.absolute() == other.absolute()
