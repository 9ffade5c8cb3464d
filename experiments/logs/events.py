"""The events of a trial, typed: one JSON object a line, on the disk before anyone gets to see it."""

import os
import time
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from experiments import names
from experiments.errors import UserError


def _now() -> float:
    return round(time.time(), 3)


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    time: float = Field(default_factory=_now)  # Unix seconds


class Started(_Event):
    """The process is up; tags: what it runs on, and the digests of its data.

    A trial whose process was ended is started again: `start` counts from 1. An epoch is logged once, by the
    first process that reached its end.
    """

    event: Literal["started"] = names.STARTED
    tags: dict[str, str]
    start: Annotated[int, Field(ge=1)] = 1


class EpochEnded(_Event):
    """One epoch's metrics; `epoch` counts from 1. Metrics that were not finite are named, not given."""

    event: Literal["epoch"] = names.EPOCH
    epoch: Annotated[int, Field(ge=1)]
    metrics: dict[str, float]
    not_finite: tuple[str, ...] = ()


class Finished(_Event):
    """The trial is complete: its final metrics belong to the chosen epoch."""

    event: Literal["finished"] = names.FINISHED
    epoch: Annotated[int, Field(ge=1)]
    metrics: dict[str, float]
    diverged: bool


class Failed(_Event):
    """The attempt was ended by a fault; it may be started again."""

    event: Literal["failed"] = names.FAILED
    reason: str


class Killed(_Event):
    """The attempt was ended from outside, by the user or with its parent; it may be started again."""

    event: Literal["killed"] = names.KILLED
    reason: str


Event = Started | EpochEnded | Finished | Failed | Killed
ENDS = (Finished, Failed, Killed)
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def parse(line: str | bytes) -> Event:
    """The event of one line.

    Raises:
        ValueError: the line is not an event.
    """
    try:
        return _ADAPTER.validate_json(line)
    except ValidationError as error:
        raise ValueError(f"not an event: {line[:80]!r}") from error


def read(path: Path) -> list[Event]:
    """The events of a log; a last line without its end was cut by a kill and does not count."""
    return read_from(path, 0)[0]


def read_from(path: Path, position: int) -> tuple[list[Event], int]:
    """The events of a log from a byte on, and the byte at which those that follow will begin.

    Raises:
        UserError: a line is damaged.
    """
    if not path.exists():
        return [], position
    with path.open("rb") as log:
        log.seek(position)
        complete, end, _ = log.read().rpartition(b"\n")
    try:
        logged = [parse(line) for line in complete.splitlines()]
    except ValueError as error:
        raise UserError(f"{path}: damaged ({error}); delete its folder to train the trial again") from None
    return logged, position + len(complete) + len(end)


def append(path: Path, event: Event) -> str:
    """Write one event through to the disk; returns its line."""
    line = event.model_dump_json()
    with path.open("ab+") as log:
        _drop_torn_line(log)
        log.write(line.encode() + b"\n")
        log.flush()
        os.fsync(log.fileno())
    return line


def _drop_torn_line(log: BinaryIO) -> None:
    size = log.seek(0, os.SEEK_END)
    if size == 0:
        return
    log.seek(size - 1)
    if log.read(1) != b"\n":
        log.seek(0)
        log.truncate(log.read().rfind(b"\n") + 1)
