"""What a trial tells: typed events, one JSON object a line, durable before they are told to anyone."""

import os
import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from experiments import names


def _now() -> float:
    return round(time.time(), 3)


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    time: float = Field(default_factory=_now)  # Unix seconds


class Started(_Event):
    """The child is up: what it runs on, and which data it found."""

    event: Literal["started"] = names.STARTED
    tags: dict[str, str]


class EpochEnded(_Event):
    """One epoch's metrics; `epoch` counts from 1."""

    event: Literal["epoch"] = names.EPOCH
    epoch: Annotated[int, Field(ge=1)]
    metrics: dict[str, float]


class Finished(_Event):
    """The trial is complete: its final metrics belong to the chosen epoch."""

    event: Literal["finished"] = names.FINISHED
    epoch: Annotated[int, Field(ge=1)]
    metrics: dict[str, float]
    diverged: bool


class Failed(_Event):
    """The attempt ended without completing."""

    event: Literal["failed"] = names.FAILED
    reason: str


class Killed(_Event):
    """The attempt was ended on the user's demand."""

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
    if not path.exists():
        return []
    complete, _, _ = path.read_bytes().rpartition(b"\n")
    return [parse(line) for line in complete.splitlines()]


def append(path: Path, event: Event) -> str:
    """Write one event through to the disk; returns its line."""
    line = event.model_dump_json()
    with path.open("ab+") as log:
        _drop_torn_line(log)
        log.write(line.encode() + b"\n")
        log.flush()
        os.fsync(log.fileno())
    return line


def _drop_torn_line(log) -> None:  # noqa: ANN001 - a binary file
    size = log.seek(0, os.SEEK_END)
    if size == 0:
        return
    log.seek(size - 1)
    if log.read(1) != b"\n":
        log.seek(0)
        log.truncate(log.read().rfind(b"\n") + 1)
