"""Exact resume: the state of a training after an epoch, on disk whole or not at all.

With the order of the images and their augmentation stateless in (seed, epoch, step), what a training still
depends on are its variables (weights, moving statistics, seed generators, the optimizer and its count of
updates) and the best epoch so far. A training that goes on from them ends with the same bits.
"""

import json
import struct
import time
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import files

FILE = "checkpoint.npz"
# What zipfile, numpy and json raise where a file is cut or its bits have flipped.
DAMAGE = (
    OSError, EOFError, ValueError, KeyError, TypeError, IndexError, AttributeError, RuntimeError, SyntaxError,
    zipfile.BadZipFile, zlib.error, struct.error, OverflowError, tokenize.TokenError,
)  # fmt: skip
PART = ".part"  # of a file that is being written
SECONDS = 20.0  # between two checkpoints
LARGEST_SHARE = 0.02  # of the time, for checkpoints: where writing one takes long, they come less often


class State(NamedTuple):
    """A training after its `epoch`.

    progress: what the clock told of that epoch; over: no epoch follows; variables: of the model and its
    optimizer, in their order; best: the epoch chosen so far, its rank and its weights.
    """

    epoch: int
    progress: dict[str, float]
    over: bool
    variables: list[np.ndarray]
    best_epoch: int
    best_rank: tuple[float, ...]
    best_weights: list[np.ndarray]


class Checkpoints:
    """The checkpoint of one trial, and what its earlier processes told.

    told_seconds: the training seconds of each epoch that the event log has already; an epoch that is trained
    a second time keeps the time of the first.
    """

    def __init__(
        self,
        folder: Path,
        every: float = SECONDS,
        told_seconds: Mapping[int, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = folder / FILE
        self._clock, self._every = clock, every
        self._next = clock() + every
        self.told_seconds = dict(told_seconds or {})
        self.seconds = 0.0  # that this process took for checkpoints

    def offer(self, state: Callable[[], State], *, over: bool) -> None:
        """Keep the state if it is time, or if the training is over; `state` is called only then."""
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

    def remove(self) -> None:
        """The trial is complete: nothing is resumed any more."""
        for file in self.files:
            file.unlink(missing_ok=True)

    @property
    def files(self) -> tuple[Path, Path]:
        """Where a checkpoint lies, and the one that is being written."""
        return self._file, self._file.with_suffix(PART)


def write(file: Path, state: State) -> None:
    """Replace the file by a new state; a process or machine that dies meanwhile leaves the old one."""
    facts = {
        "epoch": state.epoch,
        "progress": state.progress,
        "over": state.over,
        "best_epoch": state.best_epoch,
        "best_rank": state.best_rank,
        "arrays": (len(state.variables), len(state.best_weights)),
    }
    arrays = {f"variable{number}": value for number, value in enumerate(state.variables)}
    arrays |= {f"best{number}": value for number, value in enumerate(state.best_weights)}
    part = file.with_suffix(PART)
    try:
        with part.open("wb") as target:
            np.savez(target, facts=np.array(json.dumps(facts)), **arrays)
        files.publish(part, file)
    except OSError:
        part.unlink(missing_ok=True)  # on a disk that is full it would keep it so
        raise


def read(file: Path) -> State | None:
    """What `write` wrote; None if there is no such file or the disk gives another content back."""
    try:
        with np.load(file, allow_pickle=False) as content:
            facts = json.loads(str(content["facts"]))
            variables, best = facts["arrays"]
            arrays = [content[f"variable{number}"] for number in range(variables)]
            best_arrays = [content[f"best{number}"] for number in range(best)]
    except DAMAGE:
        return None
    return State(
        facts["epoch"],
        facts["progress"],
        facts["over"],
        arrays,
        facts["best_epoch"],
        tuple(facts["best_rank"]),
        best_arrays,
    )
