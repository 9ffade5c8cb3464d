"""The folder of a trial: `work/<trial id>/`, its event log, its checkpoint, and the logs of earlier attempts.

A trial that was ended goes on: its next process continues the log and the checkpoint of the attempt. Only
where the numbers would not be the same (another processor, other versions) a new attempt begins; the old
one is kept beside it (`events.1.jsonl`, …): it is not a result, but neither is it forgotten.
"""

import contextlib
import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from experiments import files, names
from experiments.errors import UserError
from experiments.logs import checkpoint, events
from experiments.studies.specification import Trial

LOG = "events.jsonl"
ATTEMPT = "attempt"
TEMPORARY = "tmp"  # where libraries put what they may leave behind
ABANDONED = "its processes were ended from outside"


def of(work: Path, trial: Trial) -> Path:
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
    """Make the folder ready for a process: an attempt goes on, or the first one begins."""
    place.mkdir(parents=True, exist_ok=True)
    files.replace(place / names.SPECIFICATION_FILE, trial.model_dump_json(indent=2) + "\n")
    # Without its log, an attempt has told nothing that could be gone on from.
    if not log(place).exists():
        start_over(place)


def close_abandoned(place: Path) -> None:
    """An attempt whose processes died without a word gets its end, once the last of them is gone."""
    if not log(place).exists():
        return
    with hold(place):
        told = events.read(log(place))
        if told and not isinstance(told[-1], events.ENDS):
            events.append(log(place), events.Killed(reason=ABANDONED))


def tidy(place: Path) -> None:
    """Nothing is resumed of a complete trial: what its process did not get to remove goes."""
    left = (place / TEMPORARY, *checkpoint.Checkpoints(place).files)
    if any(each.exists() for each in left) and is_complete(place):
        checkpoint.Checkpoints(place).remove()
        shutil.rmtree(place / TEMPORARY, ignore_errors=True)


def start_over(place: Path) -> None:
    """Begin a new attempt, with an empty log and no checkpoint."""
    checkpoint.Checkpoints(place).remove()
    if log(place).exists():
        log(place).rename(place / f"events.{1 + len(list(place.glob('events.*.jsonl')))}.jsonl")
    # The old identity goes with the old log: a process that is killed before this begins here again.
    files.replace(place / ATTEMPT, uuid.uuid4().hex[:12] + "\n")
    log(place).touch()


@contextlib.contextmanager
def hold(place: Path) -> Iterator[None]:
    """Hold a trial's folder: waits until the process before, whose parent was killed, has noticed it.

    Raises:
        UserError: another process trains there, and goes on.
    """
    with (place / "lock").open("a") as file:
        for _ in range(HOLD_TRIES):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.1)
        else:
            raise UserError(f"{place}: another process trains this trial")
        yield


HOLD_TRIES = 300  # tenths of a second
