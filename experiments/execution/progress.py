"""What a person sees while a study runs: bars on a terminal, plain lines in a pipe or in CI."""

import sys
import time
from collections.abc import Callable

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from experiments import names, words
from experiments.execution.scheduler import TrialEvent
from experiments.logs import events


class Outlook:
    """How much of the planned work is done, and how long the rest takes.

    The plan's estimates give the proportions; the pace of what is done so far gives the scale. seconds: the
    estimated wall clock of each trial, by id; later: that of all trials together that follow these, once a
    sweep has chosen their learning rates.
    """

    def __init__(
        self,
        seconds: dict[str, float],
        workers: int,
        clock: Callable[[], float] = time.monotonic,
        later: float = 0.0,
    ) -> None:
        self._planned, self._later = seconds, later
        self._workers, self._clock = workers, clock
        self._began = clock()
        self._done = dict.fromkeys(seconds, 0.0)  # share of each trial, 0…1

    def take(self, heard: TrialEvent) -> None:
        """Take an event into account."""
        planned, event = heard.planned, heard.event
        if isinstance(event, events.EpochEnded):
            # Start-up and test take time too, so the last epoch is not yet the end.
            self._done[planned.trial.id] = 0.95 * event.epoch / planned.trial.recipe.epochs
        elif isinstance(event, events.ENDS) and not heard.again:
            self._done[planned.trial.id] = 1.0

    @property
    def share(self) -> float:
        """0…1 of the work."""
        return sum(self._planned[key] * done for key, done in self._done.items()) / self._total

    @property
    def _total(self) -> float:
        return sum(self._planned.values()) + self._later

    @property
    def remaining_seconds(self) -> float:
        """Seconds until the last trial ends."""
        planned_wall = self._total / self._workers
        elapsed = self._clock() - self._began
        if self.share > 0.02:
            # The plan counts as much as the first tenth of the study.
            weight = self.share / (self.share + 0.1)
            planned_wall = weight * elapsed / self.share + (1 - weight) * planned_wall
        return max(0.0, planned_wall * (1 - self.share))


def score_text(metrics: dict[str, float]) -> str:
    """The validation measure of an epoch, in words."""
    for measure in (names.BALANCED, names.ACCURACY, names.RECONSTRUCTION_LOSS):
        key = names.metric(names.VALIDATION, measure)
        if key in metrics:
            return f"validation {measure.replace('_', ' ')} {metrics[key]:.3f}"
    return ""


class Bars:
    """An overall bar with the time left, and a line for each running trial."""

    def __init__(self, outlook: Outlook, trials: int) -> None:
        self._outlook, self._trials, self._ended = outlook, trials, 0
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[state]}", markup=False),
        )
        self._all = self._progress.add_task("all trials", total=1.0, state="")
        self._lines: dict[str, TaskID] = {}

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, text: str) -> None:
        """Print a message above the bars."""
        self._progress.console.print(text, highlight=False, markup=False)

    def show(self, heard: TrialEvent) -> None:
        """Bring one event onto the screen."""
        planned, event = heard.planned, heard.event
        key = planned.trial.id
        if key not in self._lines:
            total = planned.trial.recipe.epochs
            self._lines[key] = self._progress.add_task(planned.run_name, total=total, state="starting")
        line = self._lines[key]
        if isinstance(event, events.EpochEnded):
            text = f"epoch {event.epoch} of {planned.trial.recipe.epochs}, {score_text(event.metrics)}"
            self._progress.update(line, completed=event.epoch, state=text)
        elif isinstance(event, events.ENDS):
            self._progress.remove_task(self._lines.pop(key))
            self.tell(_end_line(heard))
            self._ended += not heard.again
        left = words.duration(self._outlook.remaining_seconds)
        text = f"{self._ended} of {self._trials} done, {left} left"
        self._progress.update(self._all, completed=self._outlook.share, state=text)


class Lines:
    """A line when a trial starts or ends, and the overall progress now and then."""

    def __init__(self, outlook: Outlook, trials: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._outlook, self._trials, self._ended, self._clock = outlook, trials, 0, clock
        self._last = clock()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def tell(self, text: str) -> None:
        """Print a message."""
        print(text, flush=True)

    def show(self, heard: TrialEvent) -> None:
        """Print what an event adds."""
        planned, event = heard.planned, heard.event
        if isinstance(event, events.ENDS):
            self._ended += not heard.again
            self.tell(f"[{self._ended}/{self._trials}] {_end_line(heard)}")
        elif isinstance(event, events.EpochEnded) and self._clock() - self._last >= words.PLAIN_LINE_SECONDS:
            self._last = self._clock()
            left = words.duration(self._outlook.remaining_seconds)
            self.tell(
                f"{self._outlook.share:.0%}, {left} left; {planned.run_name}: "
                f"epoch {event.epoch} of {planned.trial.recipe.epochs}, {score_text(event.metrics)}"
            )


def _end_line(heard: TrialEvent) -> str:
    planned, event = heard.planned, heard.event
    if isinstance(event, events.Finished):
        test = event.metrics.get(names.metric(names.TEST, names.ACCURACY), float("nan"))
        seconds = event.metrics.get(names.TRIAL_SECONDS, float("nan"))
        diverged = ", DIVERGED" if event.diverged else ""
        result = f"test accuracy {test:.3f} at epoch {event.epoch}, {seconds:.0f} s{diverged}"
        return f"{planned.run_name}: {result} (trial {planned.trial.id})"
    again = "; it is tried again" if heard.again else ""
    return f"{planned.run_name}: {event.event}: {event.reason}{again}"
