"""The folder of a trial: `work/<trial id>/`, its event log, and the logs of earlier attempts.

An attempt that failed or was killed is kept beside the next one (`events.1.jsonl`, …): it is not a
result, but neither is it forgotten.
"""

import contextlib
import fcntl
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from experiments import events
from experiments.errors import UserError
from experiments.specification import Trial

LOG = "events.jsonl"
ATTEMPT = "attempt"


def folder(work: Path, trial: Trial) -> Path:
    """Where everything of a trial lies."""
    return work / trial.id


def log(place: Path) -> Path:
    """The event log of the current attempt."""
    return place / LOG


def identity(place: Path) -> str:
    """The id of the current attempt: no other attempt, here or on another machine, has it."""
    return (place / ATTEMPT).read_text(encoding="utf-8").strip()


def is_complete(place: Path) -> bool:
    """Whether the current attempt ran to its end."""
    told = events.read(log(place))
    return bool(told) and isinstance(told[-1], events.Finished)


@contextlib.contextmanager
def lock(work: Path) -> Iterator[None]:
    """Hold the work folder: one parent at a time starts trials in it. The lock ends with its process.

    Raises:
        UserError: another process holds it.
    """
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise UserError(
                f"{work}: process {owner} is training there; wait for it, or watch it with `make ui`"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def begin(place: Path, trial: Trial) -> None:
    """Make the folder ready for a new attempt: the specification, and an empty log."""
    place.mkdir(parents=True, exist_ok=True)
    if log(place).exists():
        log(place).rename(place / f"events.{1 + len(list(place.glob('events.*.jsonl')))}.jsonl")
    (place / ATTEMPT).write_text(uuid.uuid4().hex[:12] + "\n", encoding="utf-8")
    (place / "trial.json").write_text(trial.model_dump_json(indent=2) + "\n", encoding="utf-8")
