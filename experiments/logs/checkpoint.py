"""Exact resume: the state of a training after an epoch, on disk whole or not at all.

With the order of the images and their augmentation stateless in (seed, epoch, step), what a training still
depends on are its variables (weights, moving statistics, seed generators, the optimizer and its count of
updates) and the best epoch so far. A training that goes on from them ends with the same bits.
"""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from experiments import files

FILE = "checkpoint.safetensors"
SECONDS = 20.0  # between two checkpoints
LARGEST_SHARE = 0.02  # of the time, for checkpoints: where writing one takes long, they come less often
VARIABLES, BEST_WEIGHTS = "variables", "best_weights"


class State(BaseModel):
    """A training after its `epoch`.

    progress: of that epoch, by metric name; over: no epoch follows; best_epoch: the one chosen so far, with
    its rank and its weights; variables: of the model and its optimizer, in their order.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, ser_json_inf_nan="strings"
    )

    epoch: int
    progress: dict[str, float]
    over: bool
    best_epoch: int
    best_rank: tuple[float, ...]
    variables: list[np.ndarray] = Field(exclude=True)
    best_weights: list[np.ndarray] = Field(exclude=True)


class Checkpoints:
    """The checkpoint of one trial: when it is time for one, and where it lies."""

    def __init__(
        self, folder: Path, every: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = folder / FILE
        self._clock, self._every = clock, every
        self._next = clock() + every
        self.seconds = 0.0  # that this process took for checkpoints

    def offer(self, state: Callable[[], State], *, over: bool) -> None:
        """Write the state if it is time, or if the training is over; `state` is called only then."""
        began = self._clock()
        if began < self._next and not over:
            return
        write(self._file, state())
        ended = self._clock()
        self.seconds += ended - began
        self._next = ended + max(self._every, (ended - began) / LARGEST_SHARE)

    def load(self) -> State | None:
        """The state to go on from; None where there is none, or none that can be read."""
        return read(self._file)

    def exists(self) -> bool:
        """True if there is a checkpoint, readable or not."""
        return self._file.exists()

    def remove(self) -> None:
        """Remove the checkpoint: the trial is complete, or begins again."""
        self._file.unlink(missing_ok=True)


def write(file: Path, state: State) -> None:
    """Replace the file by a new state; a process or machine that dies meanwhile leaves the old one."""
    parts = {VARIABLES: state.variables, BEST_WEIGHTS: state.best_weights}
    arrays = {
        f"{kind}.{index}": np.asarray(value, order="C")  # safetensors writes memory as it lies
        for kind, values in parts.items()
        for index, value in enumerate(values)
    }
    facts = state.model_dump_json()
    with files.writing(file) as part:
        # `save_file` writes to a hidden file of its own, which a kill would leave behind for good.
        part.write_bytes(save(arrays, {"facts": facts, "sha256": digest(facts, arrays)}))


def read(file: Path) -> State | None:
    """What `write` wrote; None if there is no such file, or if its content is not what was written."""
    try:
        with safe_open(file, framework="numpy") as content:
            metadata = content.metadata() or {}
            arrays = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError):
        return None
    facts = metadata.get("facts", "")
    if metadata.get("sha256") != digest(facts, arrays):
        return None
    try:
        return State(
            **from_json(facts),
            variables=_in_order(arrays, VARIABLES),
            best_weights=_in_order(arrays, BEST_WEIGHTS),
        )
    except ValidationError:  # written by other code
        return None


def digest(facts: str, arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 of all that a checkpoint says: a disk that gives back other bits must not be believed."""
    found = hashlib.sha256(facts.encode())
    for name, array in sorted(arrays.items()):
        found.update(f"{name} {array.dtype} {array.shape}\n".encode())
        found.update(array.data)
    return found.hexdigest()


def _in_order(arrays: dict[str, np.ndarray], kind: str) -> list[np.ndarray]:
    count = sum(name.startswith(f"{kind}.") for name in arrays)
    return [arrays[f"{kind}.{index}"] for index in range(count)]
