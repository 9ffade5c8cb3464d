"""Local worker slots: each trial is a process of its own, which reports by the events that it prints."""

import contextlib
import dataclasses
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from experiments.logs import checkpoint, endings, events, trial_folder
from experiments.logs.events import Event
from experiments.planning import rows
from experiments.processes import Running, Starter
from experiments.studies.specification import PlannedTrial

NO_SECONDS: Mapping[str, float] = MappingProxyType({})
TERMINATION_GRACE = 5.0  # seconds between SIGTERM and SIGKILL


@dataclass(frozen=True)
class TrialEvent:
    """An event of a running trial; `again`: the trial failed, and is tried once more."""

    planned: PlannedTrial
    event: Event
    again: bool = False


@dataclass(frozen=True)
class _Heard:
    """What a child did; over: its process ends with this event, or has ended."""

    child: "_Child | None"
    heard: TrialEvent
    over: bool = False


@dataclass(frozen=True)
class Patience:
    """How long and how often something is tried."""

    tries: int = 2  # of a trial in one run of the study
    silence_seconds: float = 600.0  # without a sign of life a process counts as hanging
    checkpoint_seconds: float = checkpoint.SECONDS


class _Child:
    """A running process, its trials one after the other, and when it was last heard.

    queue: the trial that runs, then those that follow.
    """

    def __init__(
        self, queue: Sequence[PlannedTrial], process: Running, folders: Sequence[Path], device: str | None
    ) -> None:
        self.queue, self.process, self.folders = list(queue), process, folders
        self.device = device
        self.memory_kills = endings.memory_kills()
        self.began = time.time()
        self.listener: threading.Thread | None = None
        self.hangs = False
        self.heard()

    def heard(self) -> None:
        self.last_heard = time.monotonic()

    def left(self, seconds: Mapping[str, float]) -> float:
        """The seconds that its trials still take, as estimated."""
        first, *others = (seconds.get(each.trial.id, 0.0) for each in self.queue)
        return max(0.0, first - (time.time() - self.began)) + sum(others)

    def follow(self, at: float) -> None:
        """The next trial of the queue runs, since the one before ended."""
        self.began = at
        del self.queue[0]


class LocalWorkers:
    """Runs trials in order, so many at a time, each in a process; one that fails gets another try.

    Trials that differ in their seed alone may follow each other in one process, which then traces their
    network once. What is left of such a row when its process ends waits again. Where memory runs out, one
    trial fewer runs side by side from then on.

    devices: the GPU that the trial in each slot sees; empty: trials see what this process does. in_a_row: the
    most trials of a process. seconds: how long each trial takes about, by id: rows become short at the end,
    so that the workers end together.
    """

    def __init__(
        self,
        trials: Sequence[PlannedTrial],
        work: Path,
        workers: int,
        starter: Starter,
        patience: Patience | None = None,
        devices: Sequence[str] = (),
        in_a_row: int = 1,
        seconds: Mapping[str, float] = NO_SECONDS,
    ) -> None:
        self._free = list(reversed(devices))
        self._in_a_row, self._seconds = in_a_row, seconds
        self._waiting = list(reversed(trials))
        self._work, self._workers = work, workers
        self._patience = patience or Patience()
        self._starter = starter
        self._tries: dict[str, int] = {}
        self._running: list[_Child] = []
        self._heard: queue.SimpleQueue[_Heard | Exception | None] = queue.SimpleQueue()
        self._looked = time.monotonic()
        self.interrupted = False
        self.no_space = ""  # the reason of a trial that found the disk full: the others would too

    def events(self) -> Iterator[TrialEvent]:
        """The events of the trials as they come; each try ends with one Finished, Failed or Killed."""
        while self._running or (self._waiting and not self.interrupted):
            while self._waiting and not self.interrupted and len(self._running) < self._workers:
                row = self._next_row()
                try:
                    self._start(row)
                except OSError as error:  # no memory for another process, say
                    self._waiting += reversed(row[1:])
                    failed = events.Failed(reason=endings.reason_of(error))
                    yield self._ended(_Heard(None, TrialEvent(row[0], failed)))
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
                yield self._ended(heard) if isinstance(heard.heard.event, events.ENDS) else heard.heard

    def interrupt(self) -> None:
        """Start no more trials and end the running ones, whose last events still come.

        Safe in a signal handler.
        """
        self.interrupted = True
        self._heard.put(None)

    def end(self) -> None:
        """End the children, kindly at first."""
        children = [child.process for child in self._running]
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
        for child in self._running:
            child.listener.join(TERMINATION_GRACE)

    def _ended(self, end: _Heard) -> TrialEvent:
        """Give the slot back if its process is over, and what was left of its row.

        A trial that failed waits for its next try, unless it had its last.
        """
        child, heard = end.child, end.heard
        planned, event = heard.planned, heard.event
        if child and end.over:
            self._running.remove(child)
            self._waiting += reversed(child.queue[1:])
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
        tries = self._tries.setdefault(planned.trial.id, 1)  # a follower's first one
        again = not self.interrupted and tries < self._patience.tries
        if again:
            self._waiting.append(planned)
        return dataclasses.replace(heard, again=again)

    def _end_silent(self, now: float) -> None:
        stood_still = now - self._looked > STOOD_STILL
        self._looked = now
        for child in self._running:
            if stood_still:  # this process was stopped, or could not print: nobody was listened to
                child.heard()
            elif now - child.last_heard > self._patience.silence_seconds:
                child.hangs = True
                child.process.kill()

    def _next_row(self) -> list[PlannedTrial]:
        """The trials of the next process, which no longer wait; one that was tried before runs alone."""
        waiting = list(reversed(self._waiting))
        most = 1 if waiting[0].trial.id in self._tries else self._in_a_row
        row = rows.next_row(
            waiting,
            self._seconds,
            self._workers,
            most,
            lambda each: each.trial.id not in self._tries,
            running=sum(child.left(self._seconds) for child in self._running),
        )
        taken = {each.trial.id for each in row}
        self._waiting = [each for each in self._waiting if each.trial.id not in taken]
        return row

    def _start(self, row: Sequence[PlannedTrial]) -> None:
        first = row[0].trial
        self._tries[first.id] = self._tries.get(first.id, 0) + 1
        folders = [trial_folder.of(self._work, each.trial) for each in row]
        for folder, each in zip(folders, row, strict=True):
            trial_folder.begin(folder, each.trial)
            (folder / trial_folder.OUTPUT).unlink(missing_ok=True)
        folder = folders[0]
        temporary = trial_folder.make_temporary(folder)
        arguments = [*(str(each.absolute()) for each in folders), "--workers", str(self._workers)]
        arguments += ["--with-parent", "--checkpoint-seconds", str(self._patience.checkpoint_seconds)]
        device = self._free[-1] if self._free else None
        with (folder / trial_folder.OUTPUT).open("wb") as output:
            process = self._starter.start(
                "experiments.trial", arguments, first.recipe.threads, temporary, output, device
            )
        if device is not None:
            self._free.pop()
        child = _Child(row, process, folders, device)
        child.listener = threading.Thread(target=self._listen, args=(child,), daemon=True)
        self._running.append(child)
        child.listener.start()

    def _listen(self, child: _Child) -> None:
        """Pass the child's events on; a trial whose process ended without a last event gets one."""
        try:
            ended = False  # the trial at the head of the queue
            for line in child.process.stdout:
                child.heard()
                # An empty line is a sign of life; one without its end was cut by a kill, the log has it.
                if not line.strip() or not line.endswith(b"\n"):
                    continue
                event = events.parse(line)
                goes_on = isinstance(event, events.Finished) and len(child.queue) > 1
                ended = isinstance(event, events.ENDS) and not goes_on
                self._heard.put(_Heard(child, TrialEvent(child.queue[0], event), over=ended))
                if goes_on:
                    child.follow(event.time)
            status = child.process.wait()
            for folder in child.folders:
                shutil.rmtree(folder / trial_folder.TEMPORARY, ignore_errors=True)
            if not ended:
                planned = child.queue[0]
                self._heard.put(_Heard(child, TrialEvent(planned, self._end_of(child, status)), over=True))
        except Exception as error:  # a thread has no caller: the loop raises it
            self._heard.put(error)

    def _end_of(self, child: _Child, status: int) -> Event:
        """The last event of a child that printed none: the one in its log, or one that is written for it."""
        folder = trial_folder.of(self._work, child.queue[0].trial)
        log = trial_folder.log(folder)
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
            # A process that ends between two trials has said the last things in the folder of the first.
            said = [each / trial_folder.OUTPUT for each in (folder, child.folders[0])]
            output = next(each for each in said if each.exists())
            end = events.Failed(reason=endings.reason(status, output, child.memory_kills))
        with contextlib.suppress(OSError):  # a full disk; the next start notes the end of this attempt
            events.append(log, end)
        return end


STOOD_STILL = 30.0  # seconds between two looks after which this process must have been stopped
LOOK_SECONDS = 1.0  # between two looks at who is silent, while no event comes
