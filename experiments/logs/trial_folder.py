"""The folder of a trial: `work/<trial id>/`, its event log, its checkpoint, and the logs of earlier attempts.

A trial that was ended goes on: its next process continues the log and the checkpoint of the attempt. Only
where the numbers would not be the same (another processor, other versions) a new attempt begins; the old
one is kept beside it (`events.1.jsonl`, …): it is not a result, but neither is it forgotten.
"""

import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from experiments import files, names
from experiments.errors import UserError
from experiments.logs import checkpoint, events
from experiments.studies.specification import Trial

LOG = "events.jsonl"
ATTEMPT = "attempt"
TEMPORARY = "tmp"  # where libraries put what they may leave behind
OUTPUT = "output.txt"  # what the processes of the trial print beside its events
ABANDONED = "its processes were ended from outside"
HOLD_SECONDS = 30.0


def of(work: Path, trial: Trial) -> Path:
    """The folder of a trial."""
    return work / trial.id


def log(folder: Path) -> Path:
    """The event log of the current attempt."""
    return folder / LOG


def identity(folder: Path) -> str:
    """The id of the current attempt: no other attempt, here or on another machine, has it."""
    return (folder / ATTEMPT).read_text(encoding="utf-8").strip()


def specification(folder: Path) -> Trial:
    """The trial of a folder. Raises OSError or ValueError where it cannot be read."""
    return Trial.model_validate_json((folder / names.SPECIFICATION_FILE).read_text(encoding="utf-8"))


def is_complete(folder: Path) -> bool:
    """True if the current attempt ran to its end."""
    logged = events.read(log(folder))
    return bool(logged) and isinstance(logged[-1], events.Finished)


@contextlib.contextmanager
def lock(work: Path) -> Iterator[None]:
    """Hold the work folder: one parent at a time starts trials in it. The lock ends with its process.

    Raises:
        UserError: another process holds it, or the file system has no locks.
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
        except OSError as error:
            raise _no_locks(work / "lock", error) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def begin(folder: Path, trial: Trial) -> None:
    """Make the folder ready for a process: an attempt goes on, or the first one begins."""
    folder.mkdir(parents=True, exist_ok=True)
    files.replace(folder / names.SPECIFICATION_FILE, trial.model_dump_json(indent=2) + "\n")
    # An attempt goes on from its log; without one, it begins.
    if not log(folder).exists():
        start_over(folder)


def make_temporary(folder: Path) -> Path:
    """An empty folder for the temporary files of the trial's next process."""
    temporary = folder / TEMPORARY
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    return temporary


def close_abandoned(folder: Path) -> None:
    """Log the end of an attempt whose processes were ended without one, once the last of them is gone."""
    if not log(folder).exists():
        return
    with hold(folder):
        logged = events.read(log(folder))
        if logged and not isinstance(logged[-1], events.ENDS):
            events.append(log(folder), events.Killed(reason=ABANDONED))


def tidy(folder: Path) -> None:
    """Remove what the process of a complete trial did not get to remove: nothing is resumed of it."""
    files.sweep(folder)
    kept = checkpoint.Checkpoints(folder)
    if (kept.exists() or (folder / TEMPORARY).exists()) and is_complete(folder):
        kept.remove()
        shutil.rmtree(folder / TEMPORARY, ignore_errors=True)


def start_over(folder: Path) -> None:
    """Begin a new attempt, with an empty log and no checkpoint."""
    checkpoint.Checkpoints(folder).remove()
    if log(folder).exists():
        log(folder).rename(folder / f"events.{1 + len(list(folder.glob('events.*.jsonl')))}.jsonl")
    # The old identity goes with the old log: a process that is killed before this begins here again.
    files.replace(folder / ATTEMPT, uuid.uuid4().hex[:12] + "\n")
    log(folder).touch()


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a trial's folder: waits until the process before, whose parent was killed, has ended too.

    Raises:
        UserError: another process trains there, and goes on, or the file system has no locks.
    """
    try:
        # A marker file in place of a lock would outlive a process that is killed.
        acquired = FileLock(folder / "lock", timeout=HOLD_SECONDS, fallback_to_soft=False).acquire()
    except Timeout:
        raise UserError(f"{folder}: another process trains this trial") from None
    except (OSError, NotImplementedError) as error:
        raise _no_locks(folder / "lock", error) from None
    with acquired:
        yield


def _no_locks(file: Path, error: Exception) -> UserError:
    """Of a file system that refuses locks, as network ones do where they are mounted without."""
    reason = getattr(error, "strerror", None) or str(error)
    return UserError(
        f"{file}: cannot be locked here ({reason}), so two processes could train one trial; name a folder on "
        "another file system with --work"
    )
