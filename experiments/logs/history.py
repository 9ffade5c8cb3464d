"""The history of an attempt: what earlier processes logged, and what may not change when the next goes on."""

from dataclasses import dataclass
from pathlib import Path

from experiments import names
from experiments.logs import events, trial_folder

# Where one of these differs, so may the last bits of a trial.
SAME_BITS = (names.VERSIONS, names.CPU, names.GPU, names.ONEDNN, names.FLAGS)
CLOCKS = (names.TRAIN_SECONDS,)


class OtherNumbersError(Exception):
    """An epoch that is logged did not come out the same a second time."""


@dataclass(frozen=True)
class History:
    """The attempt so far.

    starts: the number of processes that came up; tags: of the last of them; epochs: by number; seconds: wall
    clock from each start to its last epoch.
    """

    starts: int
    tags: dict[str, str]
    epochs: dict[int, events.EpochEnded]
    seconds: float

    @property
    def train_seconds(self) -> dict[int, float]:
        """The training clock at the end of each epoch."""
        return {epoch: event.metrics[names.TRAIN_SECONDS] for epoch, event in self.epochs.items()}

    def fits(self, tags: dict[str, str]) -> bool:
        """True if a process with these tags gives the numbers that the ones before would have given."""
        return not self.tags or all(
            _without_cores(self.tags, tag) == _without_cores(tags, tag) for tag in SAME_BITS
        )

    def check(self, again: events.EpochEnded) -> None:
        """Compare an epoch that was trained a second time with the logged one.

        Raises:
            OtherNumbersError: they differ.
        """
        first = self.epochs[again.epoch]
        for name in sorted({*first.metrics, *again.metrics} - {*CLOCKS}):
            was, now = first.metrics.get(name), again.metrics.get(name)
            if was != now:
                raise OtherNumbersError(
                    f"epoch {again.epoch} came out otherwise when the trial went on ({name} was {was}, now "
                    f"{now}): the code changed without a new RESULTS_VERSION, or this machine is not exact; "
                    "delete the trial's folder to start it over"
                )


def read(folder: Path) -> History:
    """The history in the event log of a trial's folder."""
    logged = events.read(trial_folder.log(folder))
    starts = [event for event in logged if isinstance(event, events.Started)]
    return History(
        starts=len(starts),
        tags=starts[-1].tags if starts else {},
        epochs={event.epoch: event for event in logged if isinstance(event, events.EpochEnded)},
        seconds=_seconds(logged),
    )


def _without_cores(tags: dict[str, str], tag: str) -> str:
    """A tag without the number of cores: it changes nothing, since a trial has its own number of threads."""
    value = tags.get(tag, "")
    return value.rpartition(",")[0] if tag == names.CPU else value


def _seconds(logged: list[events.Event]) -> float:
    """The time that processes were at work. An end may be logged long after it, and does not count."""
    total, since = 0.0, None
    for event in logged:
        if isinstance(event, events.Started):
            since = event.time
        elif isinstance(event, events.EpochEnded) and since is not None:
            total, since = total + event.time - since, event.time
    return total


SCORES = [names.metric(names.VALIDATION, measure) for measure in names.SCORES]
LOSS = names.metric(names.VALIDATION, names.LOSS)


def validation_score(log: Path) -> tuple[float, float]:
    """Score and negative loss of validation at a trial's chosen epoch; a diverged trial is worst of all.

    The score is accuracy, or the other of names.SCORES where the trial's epochs have it.
    """
    logged = events.read(log)
    if any(isinstance(event, events.Finished) and event.diverged for event in logged):
        return (-1.0, 0.0)
    measured = [event.metrics for event in logged if isinstance(event, events.EpochEnded)]
    scored = [(metrics, [metrics[name] for name in SCORES if name in metrics]) for metrics in measured]
    return max((found[-1], -metrics[LOSS]) for metrics, found in scored if found)
