"""Local worker slots: each trial is a process of its own, told from by the events that it prints."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from experiments import attempts, events, provenance
from experiments.specification import PlannedTrial

MIB_PER_WORKER = 1500  # a trial that is not yet measured; tensorflow alone takes about 600
TERMINATION_GRACE = 5.0  # seconds between SIGTERM and SIGKILL


class Told(NamedTuple):
    """An event of a running trial."""

    planned: PlannedTrial
    event: events.Event


def default_workers(threads: int, mib: float = MIB_PER_WORKER) -> int:
    """One trial per `threads` cores, as far as the free memory carries them; at least one."""
    by_cores = provenance.available_cores() // threads
    by_memory = int(psutil.virtual_memory().available / 2**20 // mib)
    return max(1, min(by_cores, by_memory))


def environment(threads: int) -> dict[str, str]:
    """The environment of a trial's process.

    oneDNN is on, which tensorflow leaves off on a CPU without AVX512-VNNI; every thread pool has the
    recipe's size.
    """
    fixed = {
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "KERAS_BACKEND": "tensorflow",
        "PYTHONHASHSEED": "0",
    }
    wished = {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    return {**wished, **os.environ, **fixed}


class LocalWorkers:
    """Runs trials in order, so many at a time, each in a process of its own."""

    def __init__(self, trials: Sequence[PlannedTrial], work: Path, workers: int) -> None:
        self._waiting = list(reversed(trials))
        self._work, self._workers = work, workers
        self._running: dict[str, subprocess.Popen] = {}
        self._heard: queue.SimpleQueue[Told | Exception | None] = queue.SimpleQueue()
        self.interrupted = False

    def told(self) -> Iterator[Told]:
        """What the trials tell, as they tell it; each ends with one Finished, Failed or Killed."""
        while self._running or (self._waiting and not self.interrupted):
            while self._waiting and not self.interrupted and len(self._running) < self._workers:
                self._start(self._waiting.pop())
            heard = self._heard.get()
            if heard is None:
                self.end()
            elif isinstance(heard, Exception):
                raise heard
            else:
                if isinstance(heard.event, events.ENDS):
                    self._running.pop(heard.planned.trial.id).wait()
                yield heard

    def interrupt(self) -> None:
        """Start no more trials and end the running ones, whose last events are still told.

        Safe in a signal handler.
        """
        self.interrupted = True
        self._heard.put(None)

    def end(self) -> None:
        """End the children, kindly at first."""
        children = list(self._running.values())
        for child in children:
            child.terminate()
        deadline = time.monotonic() + TERMINATION_GRACE
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
            child.kill()

    def _start(self, planned: PlannedTrial) -> None:
        place = attempts.folder(self._work, planned.trial)
        attempts.begin(place, planned.trial)
        with (place / OUTPUT).open("wb") as output:
            child = subprocess.Popen(
                [*TRIAL, str(place), "--workers", str(self._workers), "--with-parent"],
                cwd=Path(__file__).parent.parent,
                env=environment(planned.trial.recipe.threads),
                stdin=subprocess.PIPE,  # never written to: it closes when this process dies, however it does
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches the parent alone, which ends the children in order
            )
        self._running[planned.trial.id] = child
        threading.Thread(target=self._listen, args=(planned, child, place), daemon=True).start()

    def _listen(self, planned: PlannedTrial, child: subprocess.Popen, place: Path) -> None:
        """Pass the child's events on; a child that ended without a last event gets one."""
        try:
            last = None
            for line in child.stdout:
                last = events.parse(line)
                self._heard.put(Told(planned, last))
            status = child.wait()
            if not isinstance(last, events.ENDS):
                reason = _reason(status, place / OUTPUT)
                end = (
                    events.Killed(reason="interrupted") if self.interrupted else events.Failed(reason=reason)
                )
                events.append(attempts.log(place), end)
                self._heard.put(Told(planned, end))
        except Exception as error:  # a thread has no caller: the loop raises it
            self._heard.put(error)


TRIAL = [sys.executable, "-m", "experiments.trial"]
OUTPUT = "output.txt"  # what a trial prints beside its events


def _reason(status: int, output: Path) -> str:
    if status < 0:
        return f"ended by signal {-status} ({signal.Signals(-status).name})"
    lines = output.read_text(errors="replace").strip().splitlines()
    return f"ended with status {status}" + (f" ({lines[-1][:200]})" if lines else "")
