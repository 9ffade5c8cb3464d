"""A thread brings the event logs to the store, so that a store in trouble stops no training.

The thread reads what the logs hold beyond what it has projected. While the store fails it waits, ever
longer, and tries again; what it could not bring there, the next start of the study does.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from experiments.logs import events, trial_folder
from experiments.store import tracking
from experiments.store.client import StoreError
from experiments.studies.specification import PlannedTrial

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds between two tries
STEP = 5.0  # seconds between two tries at the end of a study, at most
PATIENCE = 60.0  # seconds that the end of a study waits for the store


class Forwarder:
    """Brings the logs of trials to the store as they grow."""

    def __init__(self, projection: tracking.Projection, work: Path, tell: Callable[[str], None]) -> None:
        self._projection, self._work, self._tell = projection, work, tell
        self._news = threading.Condition()
        self._behind: dict[str, PlannedTrial] = {}  # by id: trials whose log has something for the store
        self._positions: dict[str, _Position] = {}
        self._closing = False
        self._patience = PATIENCE
        self._deadline = float("inf")
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def grown(self, planned: PlannedTrial) -> None:
        """The log of a trial has new events."""
        with self._news:
            self._behind[planned.trial.id] = planned
            self._news.notify()

    def hurry(self, patience: float) -> None:
        """Somebody wants to stop: the end waits so many seconds at most. Safe in a signal handler."""
        self._patience = min(self._patience, patience)
        if self._closing:
            self._deadline = min(self._deadline, time.monotonic() + patience)

    def close(self, patience: float = PATIENCE) -> list[PlannedTrial]:
        """Bring the rest, as far as the store takes it within so many seconds; the trials it then lacks."""
        with self._news:
            self._closing = True
            self._deadline = time.monotonic() + min(patience, self._patience)
            self._news.notify()
        self._thread.join()
        if self._failure:
            raise self._failure
        return list(self._behind.values())

    def _run(self) -> None:
        pause = 0.0
        try:
            while (due := self._wait(pause)) and time.monotonic() < self._deadline:
                pause = self._bring_all(due, pause)
        except BaseException as error:  # a thread has no caller: close() raises it
            self._failure = error

    def _wait(self, pause: float) -> list[PlannedTrial]:
        """Until there is something to bring, or in trouble for a while; nothing once the study has ended."""
        with self._news:
            if not pause:
                self._news.wait_for(lambda: self._behind or self._closing)
            elif self._closing:
                self._news.wait(max(0.0, min(pause, STEP, self._deadline - time.monotonic())))
            else:
                self._news.wait_for(lambda: self._closing, pause)
            return list(self._behind.values())

    def _bring_all(self, due: list[PlannedTrial], pause: float) -> float:
        """The pause until the next try: none if all went well."""
        trouble = None
        for planned in due:
            if time.monotonic() > self._deadline:
                break
            with self._news:
                self._behind.pop(planned.trial.id, None)
            try:
                self._bring(planned)
            except Exception as error:  # whatever it is, training goes on, and it is tried again
                trouble = trouble or error
                with self._news:
                    self._behind.setdefault(planned.trial.id, planned)
                # The run may have been deleted on MLflow's pages: a new one needs the whole log.
                self._positions.pop(planned.trial.id, None)
        if trouble and not pause:
            self._say(f"{_message(trouble)}; training goes on, and the store is brought up to date later")
        if trouble:
            return min(2 * pause, LONGEST_PAUSE) or FIRST_PAUSE
        if pause:
            self._say("the store is up to date again")
        return 0.0

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # nobody reads any more: the main thread will notice
            self._tell(text)

    def _bring(self, planned: PlannedTrial) -> None:
        folder = trial_folder.of(self._work, planned.trial)
        if not trial_folder.log(folder).exists():
            return  # it never came to a process
        attempt = trial_folder.identity(folder)
        begin = self._positions.get(planned.trial.id, _Position(attempt, 0))
        byte = begin.byte if begin.attempt == attempt else 0
        new, end = events.read_from(trial_folder.log(folder), byte)
        for event in new:
            if time.monotonic() > self._deadline:
                raise StoreError("the store is too slow")
            self._projection.project(planned, folder, [event])
        self._positions[planned.trial.id] = _Position(attempt, end)


def _message(error: Exception) -> str:
    return str(error) if isinstance(error, StoreError) else f"store: {type(error).__name__}: {error}"


class _Position(NamedTuple):
    """How much of an attempt's log the store has."""

    attempt: str
    byte: int
