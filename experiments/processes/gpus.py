"""NVIDIA's GPUs as this process may use them, by the driver's `nvidia-smi`: tensorflow is not asked."""

import csv
import io
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

VISIBLE = "CUDA_VISIBLE_DEVICES"
FIELDS = ("index", "uuid", "name", "memory.total", "driver_version")
ANSWER_SECONDS = 30.0  # a driver that hangs
CONTEXT_MIB = 600.0  # of a process on a card, beside its tensors
SHARE = 0.9  # of a card's memory that trials may fill
NONE = "none"
NODES = Path("/dev")


class Card(NamedTuple):
    """One GPU; device: what CUDA_VISIBLE_DEVICES calls it."""

    device: str
    uuid: str
    name: str
    memory_mib: float
    driver: str


def are_there(nodes: Path = NODES) -> bool:
    """Whether the machine has a GPU of NVIDIA's at all; whether it can be used is another question."""
    return any(nodes.glob("nvidia[0-9]*"))


def cards() -> list[Card]:
    """The GPUs that this process may use, in the order of CUDA_VISIBLE_DEVICES where it is set.

    Empty where there is none, or the driver does not answer.
    """
    if not are_there():
        return []
    command = ["nvidia-smi", f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return allowed(read(done.stdout), os.environ.get(VISIBLE))


def chosen(wanted: str | None) -> list[Card]:
    """The cards that an option names: indices or UUIDs with commas between, NONE, or None for all there are.

    Raises:
        ValueError: one of them is not there.
    """
    found = [] if wanted == NONE else cards()
    if wanted in (None, NONE):
        return found
    picked = []
    for name in (part.strip() for part in wanted.split(",")):
        card = next((card for card in found if name and (name == card.device or card.uuid == name)), None)
        if card is None:
            known = ", ".join(f"{card.device} ({card.name})" for card in found) or "none"
            raise ValueError(f"no GPU {name!r} here; there is: {known}")
        picked.append(card)
    return list(dict.fromkeys(picked))


def slots(among: Sequence[Card], trial_mib: float, workers: int) -> tuple[str, ...]:
    """The device of each of at most so many trials side by side: as many a card as its memory carries.

    The first slots lie on different cards. trial_mib: of a trial's tensors on its card, at its peak.
    """
    room = [max(1, int(SHARE * card.memory_mib // (trial_mib + CONTEXT_MIB))) for card in among]
    rounds = range(max(room, default=0))
    spread = [card.device for turn in rounds for card, most in zip(among, room, strict=True) if turn < most]
    return tuple(spread[:workers])


def read(listing: str) -> list[Card]:
    """The cards in nvidia-smi's CSV; one whose memory it does not know has none."""
    rows = csv.reader(io.StringIO(listing), skipinitialspace=True)
    return [
        Card(index, uuid, name, float(memory) if memory.isdecimal() else 0.0, driver)
        for index, uuid, name, memory, driver in (row for row in rows if len(row) == len(FIELDS))
    ]


def allowed(found: Sequence[Card], visible: str | None) -> list[Card]:
    """Those that CUDA_VISIBLE_DEVICES names, in its order; all where it is not set.

    CUDA stops at the first name that is no card (CUDA programming guide, environment variables).
    """
    if visible is None:
        return list(found)
    chosen: list[Card] = []
    for name in filter(None, (part.strip() for part in visible.split(","))):
        card = next((card for card in found if name == card.device or card.uuid.startswith(name)), None)
        if card is None or card in chosen:
            break
        chosen.append(card)
    return chosen
