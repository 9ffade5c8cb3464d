"""What a person sees while a study runs: bars on a terminal, plain lines in a pipe or in CI."""

import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from experiments import catalog, names, words
from experiments.execution.scheduler import TrialEvent
from experiments.logs import events


class Before(NamedTuple):
    """What the same command did before these trials, such as a sweep: trials, and their estimated seconds."""

    trials: int = 0
    seconds: float = 0.0


NOTHING_BEFORE = Before()


class Outlook:
    """How much of the planned work is done, and how long the rest takes.

    The plan's estimates give the proportions; the pace of what is done so far gives the scale. seconds: the
    estimated wall clock of each trial, by id; later: that of all trials together that follow these, once a
    sweep has chosen their learning rates; before: that of the trials before these, which are done.
    """

    def __init__(
        self,
        seconds: dict[str, float],
        workers: int,
        clock: Callable[[], float] = time.monotonic,
        later: float = 0.0,
        before: float = 0.0,
    ) -> None:
        self._planned, self._later, self._before = seconds, later, before
        self._workers, self._clock = workers, clock
        self._began = clock()
        self._done = dict.fromkeys(seconds, 0.0)  # share of each trial, 0…1

    def take(self, heard: TrialEvent) -> None:
        """Take an event into account."""
        planned, event = heard.planned, heard.event
        if isinstance(event, events.EpochEnded):
            # Start-up and test take time too, so the last epoch is not yet the end.
            self._done[planned.trial.id] = 0.95 * event.epoch / planned.trial.recipe.epochs
        elif over(heard):
            self._done[planned.trial.id] = 1.0

    @property
    def share(self) -> float:
        """0…1 of the work of the command."""
        return (self._before + self._seconds_done) / (self._before + self._total)

    @property
    def _seconds_done(self) -> float:
        """Of these trials, as they were planned."""
        return sum(self._planned[key] * done for key, done in self._done.items())

    @property
    def _total(self) -> float:
        return sum(self._planned.values()) + self._later

    @property
    def remaining_seconds(self) -> float:
        """Seconds until the last trial ends."""
        planned_wall = self._total / self._workers
        elapsed = self._clock() - self._began
        share = self._seconds_done / self._total
        if share > 0.02:
            # The plan counts as much as the first tenth of the study.
            weight = share / (share + 0.1)
            planned_wall = weight * elapsed / share + (1 - weight) * planned_wall
        return max(0.0, planned_wall * (1 - share))


def score_text(metrics: dict[str, float]) -> str:
    """The validation measure of an epoch, in words."""
    for measure in (names.BALANCED, names.ACCURACY, names.RECONSTRUCTION_LOSS):
        key = names.metric(names.VALIDATION, measure)
        if key in metrics:
            return f"validation {measure.replace('_', ' ')} {metrics[key]:.3f}"
    return ""


def over(heard: TrialEvent) -> bool:
    """Whether the trial is done with: complete, or failed and not tried again; one that is killed goes on."""
    return isinstance(heard.event, events.Finished | events.Failed) and not heard.again


class Ends:
    """The line at the end of each trial: what it scored on the test images, or in a sweep on validation."""

    def __init__(self) -> None:
        self._scores: dict[tuple[str, int], str] = {}

    def hear(self, heard: TrialEvent) -> None:
        """Keep what an epoch scored."""
        if isinstance(heard.event, events.EpochEnded):
            self._scores[heard.planned.trial.id, heard.event.epoch] = score_text(heard.event.metrics)

    def line(self, heard: TrialEvent) -> str:
        """The line of a trial that ended."""
        planned, event = heard.planned, heard.event
        if not isinstance(event, events.Finished):
            again = "; it is tried again" if heard.again else ""
            return f"{planned.run_name}: {event.event}: {event.reason}{again}"
        seconds = f"{event.metrics.get(names.TRIAL_SECONDS, float('nan')):.0f} s"
        swept = planned.role == names.TUNE_ROLE
        if event.diverged:
            parts = ["diverged at this rate" if swept else "DIVERGED", seconds]
        else:
            parts = [self._score(heard, swept), seconds]
        return f"{planned.run_name}: {', '.join(filter(None, parts))} (trial {planned.trial.id})"

    def _score(self, heard: TrialEvent, swept: bool) -> str:
        """What counts of the chosen epoch; empty where it was trained before this command."""
        event = heard.event
        if swept:
            known = self._scores.get((heard.planned.trial.id, event.epoch))
            return f"{known} at epoch {event.epoch}" if known else ""
        test = event.metrics.get(names.metric(names.TEST, names.ACCURACY), float("nan"))
        return f"test accuracy {test:.3f} at epoch {event.epoch}"


def _epoch_text(heard: TrialEvent) -> str:
    """`epoch 3 of 20, validation accuracy 0.712`; the one score of what is trained without epochs, alone."""
    planned, event = heard.planned, heard.event
    score = score_text(event.metrics)
    if not catalog.has_rate(planned.trial.model):
        return score
    return f"epoch {event.epoch} of {planned.trial.recipe.epochs}, {score}"


class Bars:
    """An overall bar with the time left, and a line for each running trial.

    trials: of the command; before: how many of them are done.
    """

    def __init__(self, outlook: Outlook, trials: int, before: int = 0) -> None:
        self._outlook, self._trials, self._ended = outlook, trials, before
        self._ends = Ends()
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
        self._ends.hear(heard)
        planned, event = heard.planned, heard.event
        key = planned.trial.id
        if key not in self._lines:
            total = planned.trial.recipe.epochs if catalog.has_rate(planned.trial.model) else 1
            self._lines[key] = self._progress.add_task(planned.run_name, total=total, state="starting")
        line = self._lines[key]
        if isinstance(event, events.EpochEnded):
            text = _epoch_text(heard)
            self._progress.update(line, completed=event.epoch, state=text)
        elif isinstance(event, events.ENDS):
            self._progress.remove_task(self._lines.pop(key))
            self.tell(self._ends.line(heard))
            self._ended += over(heard)
        left = words.duration(self._outlook.remaining_seconds)
        text = f"{self._ended} of {self._trials} done, {left} left"
        self._progress.update(self._all, completed=self._outlook.share, state=text)


class Lines:
    """A line when a trial ends, and the overall progress now and then.

    trials: of the command; before: how many of them are done.
    """

    def __init__(
        self, outlook: Outlook, trials: int, before: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._outlook, self._trials, self._ended, self._clock = outlook, trials, before, clock
        self._last, self._ends = clock(), Ends()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def tell(self, text: str) -> None:
        """Print a message."""
        print(text, flush=True)

    def show(self, heard: TrialEvent) -> None:
        """Print what an event adds."""
        self._ends.hear(heard)
        planned, event = heard.planned, heard.event
        if isinstance(event, events.ENDS):
            self._ended += over(heard)
            self.tell(f"[{self._ended}/{self._trials}] {self._ends.line(heard)}")
        elif isinstance(event, events.EpochEnded) and self._clock() - self._last >= words.PLAIN_LINE_SECONDS:
            self._last = self._clock()
            left = words.duration(self._outlook.remaining_seconds)
            self.tell(f"{self._outlook.share:.0%}, {left} left; {planned.run_name}: {_epoch_text(heard)}")
