"""Local worker slots: each trial is a process of its own, which reports by the events that it prints."""

import contextlib
import dataclasses
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.logs import checkpoint, endings, events, trial_folder
from experiments.logs.events import Event
from experiments.processes import Running, Starter
from experiments.studies.specification import PlannedTrial

TERMINATION_GRACE = 5.0  # seconds between SIGTERM and SIGKILL


@dataclass(frozen=True)
class TrialEvent:
    """An event of a running trial; `again`: the trial failed, and is tried once more."""

    planned: PlannedTrial
    event: Event
    again: bool = False


@dataclass(frozen=True)
class Patience:
    """How long and how often something is tried."""

    tries: int = 2  # of a trial in one run of the study
    silence_seconds: float = 600.0  # without a sign of life a process counts as hanging
    checkpoint_seconds: float = checkpoint.SECONDS


class _Child:
    """A running process, its trial's folder, and when it was last heard."""

    def __init__(
        self, planned: PlannedTrial, process: Running, folder: Path, device: str | None = None
    ) -> None:
        self.planned, self.process, self.folder = planned, process, folder
        self.device = device
        self.memory_kills = endings.memory_kills()
        self.began = time.time()
        self.listener: threading.Thread | None = None
        self.hangs = False
        self.heard()

    def heard(self) -> None:
        self.last_heard = time.monotonic()


class LocalWorkers:
    """Runs trials in order, so many at a time, each in a process of its own; one that fails gets another try.

    Where memory runs out, one trial fewer runs side by side from then on.
    """

    # devices: the GPU that the trial in each slot sees; empty: trials see what this process does.

    def __init__(
        self,
        trials: Sequence[PlannedTrial],
        work: Path,
        workers: int,
        starter: Starter,
        patience: Patience | None = None,
        devices: Sequence[str] = (),
    ) -> None:
        self._free = list(reversed(devices))
        self._waiting = list(reversed(trials))
        self._work, self._workers = work, workers
        self._patience = patience or Patience()
        self._starter = starter
        self._tries: dict[str, int] = {}
        self._running: dict[str, _Child] = {}
        self._heard: queue.SimpleQueue[TrialEvent | Exception | None] = queue.SimpleQueue()
        self._looked = time.monotonic()
        self.interrupted = False
        self.no_space = ""  # the reason of a trial that found the disk full: the others would too

    def events(self) -> Iterator[TrialEvent]:
        """The events of the trials as they come; each try ends with one Finished, Failed or Killed."""
        while self._running or (self._waiting and not self.interrupted):
            while self._waiting and not self.interrupted and len(self._running) < self._workers:
                planned = self._waiting.pop()
                try:
                    self._start(planned)
                except OSError as error:  # no memory for another process, say
                    yield self._ended(TrialEvent(planned, events.Failed(reason=endings.reason_of(error))))
            self._end_silent(time.monotonic())
            try:
                heard = self._heard.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue
            if heard is None:
                self.end()
            elif isinstance(heard, Exception):
                raise heard
            else:
                yield self._ended(heard) if isinstance(heard.event, events.ENDS) else heard

    def interrupt(self) -> None:
        """Start no more trials and end the running ones, whose last events still come.

        Safe in a signal handler.
        """
        self.interrupted = True
        self._heard.put(None)

    def end(self) -> None:
        """End the children, kindly at first."""
        children = [child.process for child in self._running.values()]
        for child in children:
            child.terminate()
        deadline = time.monotonic() + TERMINATION_GRACE
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
            child.kill()

    def abandon(self) -> None:
        """End the children where nobody reads their events any more; their logs get their last ones."""
        self.interrupted = True
        self.end()
        for child in self._running.values():
            child.listener.join(TERMINATION_GRACE)

    def _ended(self, heard: TrialEvent) -> TrialEvent:
        """Give the slot back; a trial that failed waits for its next try, unless it had its last."""
        planned, event = heard.planned, heard.event
        if child := self._running.pop(planned.trial.id, None):
            try:
                child.process.wait(TERMINATION_GRACE)
            except subprocess.TimeoutExpired:  # its last event has come, and the interpreter hangs at its end
                child.process.kill()
                child.process.wait()
            if child.device is not None:
                self._free.append(child.device)
        if not isinstance(event, events.Failed):
            return heard
        if event.reason.startswith(endings.OUT_OF_MEMORY):
            self._workers = max(1, self._workers - 1)
        if endings.is_no_space(event.reason) and not self.interrupted:
            self.no_space = event.reason
            self.interrupt()
        again = not self.interrupted and self._tries[planned.trial.id] < self._patience.tries
        if again:
            self._waiting.append(planned)
        return dataclasses.replace(heard, again=again)

    def _end_silent(self, now: float) -> None:
        stood_still = now - self._looked > STOOD_STILL
        self._looked = now
        for child in self._running.values():
            if stood_still:  # this process was stopped, or could not print: nobody was listened to
                child.heard()
            elif now - child.last_heard > self._patience.silence_seconds:
                child.hangs = True
                child.process.kill()

    def _start(self, planned: PlannedTrial) -> None:
        folder = trial_folder.of(self._work, planned.trial)
        self._tries[planned.trial.id] = self._tries.get(planned.trial.id, 0) + 1
        trial_folder.begin(folder, planned.trial)
        temporary = folder / trial_folder.TEMPORARY
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        arguments = [str(folder.absolute()), "--workers", str(self._workers), "--with-parent"]
        arguments += ["--checkpoint-seconds", str(self._patience.checkpoint_seconds)]
        device = self._free[-1] if self._free else None
        with (folder / OUTPUT).open("wb") as output:
            threads = planned.trial.recipe.threads
            process = self._starter.start("experiments.trial", arguments, threads, temporary, output, device)
        if device is not None:
            self._free.pop()
        child = _Child(planned, process, folder, device)
        child.listener = threading.Thread(target=self._listen, args=(child,), daemon=True)
        self._running[planned.trial.id] = child
        child.listener.start()

    def _listen(self, child: _Child) -> None:
        """Pass the child's events on; a child that ended without a last event gets one."""
        try:
            last = None
            for line in child.process.stdout:
                child.heard()
                # An empty line is a sign of life; one without its end was cut by a kill, the log has it.
                if line.strip() and line.endswith(b"\n"):
                    last = events.parse(line)
                    self._heard.put(TrialEvent(child.planned, last))
            status = child.process.wait()
            shutil.rmtree(child.folder / trial_folder.TEMPORARY, ignore_errors=True)
            if not isinstance(last, events.ENDS):
                self._heard.put(TrialEvent(child.planned, self._end_of(child, status)))
        except Exception as error:  # a thread has no caller: the loop raises it
            self._heard.put(error)

    def _end_of(self, child: _Child, status: int) -> Event:
        """The last event of a child that printed none: the one in its log, or one that is written for it."""
        log = trial_folder.log(child.folder)
        logged = events.read(log)
        # It may have been killed between writing its last event and printing it.
        if logged and isinstance(logged[-1], events.ENDS) and logged[-1].time >= child.began:
            return logged[-1]
        if child.hangs:
            silence = f"{self._patience.silence_seconds:g}"
            end = events.Failed(reason=f"hung: no sign of life for {silence} seconds")
        elif self.interrupted:
            end = events.Killed(reason="interrupted")
        else:
            end = events.Failed(reason=endings.reason(status, child.folder / OUTPUT, child.memory_kills))
        with contextlib.suppress(OSError):  # a full disk; the next start notes the end of this attempt
            events.append(log, end)
        return end


OUTPUT = "output.txt"  # what a trial prints beside its events
STOOD_STILL = 30.0  # seconds between two looks after which this process must have been stopped
LOOK_SECONDS = 1.0  # between two looks at who is silent, while no event comes
