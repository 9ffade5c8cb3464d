"""Which trials follow each other in one process, and how long a study then takes.

Trials that differ in their seed alone share what tensorflow traces of their network, which is most of what a
short training waits for. A row of them must not be so long that other workers wait for its end.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence

from experiments.studies.cost import Cost
from experiments.studies.specification import PlannedTrial

MOST = 4  # trials of a row: a process that lives long keeps more memory, and a study shows its arms later


def next_row(
    waiting: Sequence[PlannedTrial],
    seconds: Mapping[str, float],
    workers: int,
    most: int = MOST,
    follows: Callable[[PlannedTrial], bool] = lambda _: True,
    running: float = 0.0,
) -> list[PlannedTrial]:
    """The first waiting trial and those that follow it in its process.

    A row takes no longer than the other workers have to do with all the rest. seconds: of each trial, by id;
    follows: whether a trial may be another's follower; running: what the other workers still have to do,
    in seconds of one worker.
    """
    first, *others = waiting
    row = [first]
    taken = seconds.get(first.trial.id, 0.0)
    whole = running + sum(seconds.get(each.trial.id, 0.0) for each in waiting)
    alike = first.trial.apart_from_seed if most > 1 else ""
    for each in others if most > 1 else ():
        if not follows(each) or each.trial.apart_from_seed != alike:
            continue
        taken += seconds.get(each.trial.id, 0.0)
        if len(row) == most or (workers - 1) * taken > whole - taken:
            break
        row.append(each)
    return row


def in_order(trials: Sequence[PlannedTrial], seconds: Mapping[str, float]) -> list[PlannedTrial]:
    """Trials seed by seed, the longest of a seed first: then workers end close together."""
    seeds = list(dict.fromkeys(each.trial.seed for each in trials))
    return sorted(trials, key=lambda each: (seeds.index(each.trial.seed), -seconds[each.trial.id]))


def study_seconds(
    phases: Iterable[Sequence[PlannedTrial]], costs: Mapping[str, Cost], workers: int, most: int = MOST
) -> float:
    """The wall clock of phases that follow each other; costs: by the trial's id."""
    phases = [*phases]
    total = _feature_seconds([each for phase in phases for each in phase], costs) / workers
    for phase in phases:
        seconds = {each.trial.id: costs[each.trial.id].trial_seconds(each.trial) for each in phase}
        again = {key: taken - costs[key].kept_seconds for key, taken in seconds.items()}
        total += wall_seconds(in_order(phase, seconds), seconds, again, workers, most)
    return total


def _feature_seconds(trials: Iterable[PlannedTrial], costs: Mapping[str, Cost]) -> float:
    """What frozen encoders take for all images: each image is seen once by each of them."""
    images: dict[tuple, tuple[int, float]] = {}
    for trial in (each.trial for each in trials):
        encoder = (trial.model, str(sorted(trial.arguments.items())), trial.image_size, trial.crop)
        seen = trial.train + trial.validation + trial.test
        images[encoder] = max(images.get(encoder, (0, 0.0)), (seen, costs[trial.id].feature_seconds))
    return sum(count * seconds for count, seconds in images.values())


def wall_seconds(
    waiting: Sequence[PlannedTrial],
    seconds: Mapping[str, float],
    again: Mapping[str, float],
    workers: int,
    most: int = MOST,
) -> float:
    """Until the last of the trials ends; again: what each takes as a follower, by id."""
    rest = list(waiting)
    ends = [0.0] * workers
    while rest:
        row = next_row(rest, seconds, workers, most, running=sum(ends) - workers * ends[0])
        taken = seconds[row[0].trial.id] + sum(again[each.trial.id] for each in row[1:])
        heapq.heapreplace(ends, ends[0] + taken)
        gone = {each.trial.id for each in row}
        rest = [each for each in rest if each.trial.id not in gone]
    return max(ends)
