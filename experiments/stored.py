"""What a local SQLite store holds of a study, asked in SQL: importing mlflow alone would take 1.5 s.

A study with nothing left to do is to end at once.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from experiments import names
from experiments.errors import UserError
from experiments.location import SQLITE


class StoreError(UserError):
    """The store did not take or give what it was asked; training goes on without it."""


class Stored(NamedTuple):
    """What a store holds of one study.

    tags: of its experiment; complete: (run id, trial id, role) of each complete run; running: the owner of
    each run that is RUNNING, by run id.
    """

    tags: dict[str, str]
    complete: list[tuple[str, str, str]]
    running: dict[str, str]


def read_sqlite(uri: str, study: str) -> Stored:
    """What the store holds of a study; a missing store holds nothing.

    Opened for writing, though it only reads: a writer that was killed can leave half a transaction, which
    SQLite takes back at the next opening, but not at one for reading alone.

    Raises:
        StoreError: the store cannot be read.
    """
    if not Path(uri.removeprefix(SQLITE)).exists():
        return Stored({}, [], {})
    with _database(uri) as database:
        tags = dict(database.execute(EXPERIMENT_TAGS, {"study": study}))
        complete = database.execute(COMPLETE_RUNS, {"study": study}).fetchall()
        return Stored(tags, complete, dict(database.execute(RUNNING_RUNS, {"study": study})))


def runs_in_sqlite(uri: str, beginning: str) -> dict[str, str]:
    """The complete runs of all studies whose ids begin so, with their trials; a missing store holds none.

    Raises:
        StoreError: the store cannot be read.
    """
    if not Path(uri.removeprefix(SQLITE)).exists():
        return {}
    with _database(uri) as database:
        return dict(database.execute(RUNS, {"beginning": beginning}))


@contextmanager
def _database(uri: str) -> Iterator[sqlite3.Connection]:
    path = Path(uri.removeprefix(SQLITE))
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=10)) as database:
            yield database
    except sqlite3.Error as error:
        raise StoreError(f"store {uri}: cannot be read as an MLflow database ({error})") from None


RUNS = f"""
    SELECT runs.run_uuid, trial.value FROM runs
    JOIN tags AS trial ON trial.run_uuid = runs.run_uuid AND trial.key = '{names.TRIAL}'
    JOIN tags AS complete ON complete.run_uuid = runs.run_uuid AND complete.key = '{names.COMPLETE}'
    WHERE substr(runs.run_uuid, 1, length(:beginning)) = :beginning AND runs.lifecycle_stage = 'active'
"""
EXPERIMENT_TAGS = """
    SELECT key, value FROM experiment_tags JOIN experiments USING (experiment_id)
    WHERE name = :study AND lifecycle_stage = 'active'
"""
COMPLETE_RUNS = f"""
    SELECT runs.run_uuid, trial.value, role.value FROM experiments
    JOIN runs ON runs.experiment_id = experiments.experiment_id AND runs.lifecycle_stage = 'active'
    JOIN tags AS trial ON trial.run_uuid = runs.run_uuid AND trial.key = '{names.TRIAL}'
    JOIN tags AS role ON role.run_uuid = runs.run_uuid AND role.key = '{names.ROLE}'
    JOIN tags AS complete ON complete.run_uuid = runs.run_uuid AND complete.key = '{names.COMPLETE}'
    WHERE complete.value = 'true' AND experiments.name = :study AND experiments.lifecycle_stage = 'active'
"""
RUNNING_RUNS = f"""
    SELECT runs.run_uuid, owner.value FROM experiments
    JOIN runs ON runs.experiment_id = experiments.experiment_id AND runs.lifecycle_stage = 'active'
    JOIN tags AS owner ON owner.run_uuid = runs.run_uuid AND owner.key = '{names.OWNER}'
    WHERE runs.status = 'RUNNING' AND experiments.name = :study AND experiments.lifecycle_stage = 'active'
"""
