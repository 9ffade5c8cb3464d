"""What a comparison of two arms holds under: the training accuracy of gaps, the machine of seconds; pure."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments import names
from reports import words
from reports.answers import measures
from reports.numbers import scores
from reports.numbers.intervals import Interval
from reports.store.record import Record
from reports.store.stated import Stated

SECONDS = "seconds"  # the cost of a target that depends on the machine
ABSENT = ("", "none")  # of a processor that was not recorded, or is not there


@dataclass(frozen=True)
class Conditions:
    """Of one comparison; what a metric does not have is NaN, 0 or empty.

    level: the training accuracy at which gaps were taken; agreed: from the trials of both arms, not stated;
    above: trials of the left and the right arm that were above it from their first epoch on. machine: what
    the seconds were taken on; ratios: seconds of the left arm over those of the right, a seed each, of the
    seeds at which both are known; seeds: that both arms have.
    """

    level: float = math.nan
    agreed: bool = False
    above: tuple[int, int] = (0, 0)
    machine: str = ""
    ratios: tuple[float, ...] = ()
    seeds: int = 0

    @property
    def ratio(self) -> Interval:
        """The median ratio of seconds, the least and the most over seeds; NaN: no seed has both times."""
        if not self.ratios:
            return Interval(math.nan, math.nan, math.nan)
        return Interval(float(np.median(self.ratios)), min(self.ratios), max(self.ratios))

    def sentence(self, left: str, right: str) -> str:
        """In words, without a full stop; empty where the metric has none. left, right: names of the arms."""
        if self.machine:
            return "; ".join([f"seconds of {self.machine}", *self._factor(left, right)])
        if math.isnan(self.level):
            return ""
        chosen = ", the highest multiple of 0.05 that every trial of both arms reaches" if self.agreed else ""
        early = [f"{count} of {arm}" for count, arm in zip(self.above, (left, right), strict=True) if count]
        above = f"; above it from the first epoch, whose gap stands: {', '.join(early)}" if early else ""
        return f"at training accuracy {words.target(self.level)}{chosen}, on a line between epochs{above}"

    def _factor(self, left: str, right: str) -> list[str]:
        """`a takes 3.1 times as long as b (2.4 to 4.2, seed by seed)`; nothing if no seed has both times."""
        if not self.ratios:
            return []
        middle, least, most = map(_times, self.ratio)
        known = "" if len(self.ratios) == self.seeds else f"; {len(self.ratios)} of {self.seeds} seeds"
        spread = f"{least} to {most}, seed by seed{known}"
        return [f"{left} takes {middle} times as long as {right} ({spread})"]


NONE = Conditions()


def of(record: Record, claim: Stated, left: pd.Series, right: pd.Series) -> Conditions:
    """Those of the comparison of two arms; left, right: their run ids by seed."""
    both = [*left, *right]
    if claim.metric in (SECONDS, names.TRAINING_SECONDS):
        runs = record.runs[record.runs["run_id"].isin(both)]
        seeds = left.index.intersection(right.index)
        found = ratios(*(_seconds(record, claim, list(side.reindex(seeds))) for side in (left, right)))
        return Conditions(machine=machine(runs), ratios=found, seeds=len(seeds))
    level = measures.level(record, both, claim.metric)
    if math.isnan(level):
        return NONE
    first = scores.above_from_the_first(measures.trials(record, both), level)
    above = [int(first.reindex(side).eq(True).sum()) for side in (left, right)]
    return Conditions(level, claim.metric == names.LEVEL_GAP, (above[0], above[1]))


def ratios(left: np.ndarray, right: np.ndarray) -> tuple[float, ...]:
    """left / right at each index where both are known; float (n,) each, NaN: unknown."""
    known = ~np.isnan(left) & ~np.isnan(right) & (right > 0)
    return tuple((left[known] / right[known]).tolist())


def machine(runs: pd.DataFrame) -> str:
    """`AMD EPYC, 2 cores, 1 thread a trial, 2 trials side by side`, as far as recorded."""
    machines = sorted({each for column in ("cpu", "gpu") for each in runs[column] if each not in ABSENT})
    threads, workers = (
        "/".join(sorted({*map(str, runs[column])} - {""})) for column in ("threads", "workers")
    )
    found = [words.listed(machines) if machines else "an unknown machine"]
    found += [f"{threads} {'thread' if threads == '1' else 'threads'} a trial"] if threads else []
    return ", ".join(found + ([f"{workers} trials side by side"] if workers else []))


def _seconds(record: Record, claim: Stated, run_ids: list[str]) -> np.ndarray:
    """Float, a value a trial; NaN where the target was not reached."""
    if claim.target is None:
        return measures.values(record, run_ids, claim.metric)
    return measures.times(record, run_ids, claim.metric, claim.target, claim.held).costs_or_nan


def _times(ratio: float) -> str:
    digits = 2 if ratio < 1 else 1 if ratio < 10 else 0
    return f"{ratio:.{digits}f}"
