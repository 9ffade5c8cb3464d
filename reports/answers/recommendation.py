"""Which arm to use, by a rule that is stated: the cheapest at prediction of those not shown to be worse.

The arm of the highest mean test accuracy (balanced accuracy, where epochs are chosen by that) is compared
with each other one, at 0.05 over these pairs: an arm is shown to be worse where the interval of that
difference, at 1 − 0.05 / (number of others), lies wholly above 0. The true best is then among the arms that
are left in 95 % of studies (multiple comparisons with the best, Hsu 1984, Annals of Statistics 12, with
Bonferroni's level); where looks are planned, at the level of a look.

The interval is made as that of a claim is, and it is asked alone. A claim also needs an exact p, which has a
floor: 0.031 at six seeds, so that of three arms or more none could be shown to be worse, however far behind.
A claim about the same two arms may thus still be open; the sentences say so.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from experiments import looks, names
from reports import words
from reports.answers import judge, measures, sides, verdicts
from reports.numbers import failures, pairs, power, scores
from reports.numbers.intervals import Interval
from reports.store.record import Record

LEAST_SEEDS = 6
CHEAPNESS = ("prediction_ms", "macs")  # what arms are compared by: the first that is known of all
LEVEL = 0.05


class Cost(NamedTuple):
    """What an arm costs: ms of predicting an image and MiB of a model, medians of its trials; s of training.

    The seconds are their mean, as in the table of costs.
    """

    prediction_ms: float
    model_mib: float
    training_seconds: float
    macs: float

    @property
    def text(self) -> str:
        """`3.1 ms an image, a model of 13 MiB, 24 s of training`, as far as known."""
        parts = [
            (self.prediction_ms, f"{words.amount(self.prediction_ms, 'ms')} an image"),
            (self.model_mib, f"a model of {words.amount(self.model_mib, 'MiB')}"),
            (self.training_seconds, f"{words.seconds(self.training_seconds)} of training"),
        ]
        return ", ".join(text for value, text in parts if not math.isnan(value))


@dataclass(frozen=True)
class Candidate:
    """One arm.

    accuracy: mean on test images with its interval; behind: best − this arm, with its interval at the level
    of the comparison (the best's own: 0 without width); worse: it was shown to be; failed: seeds at which it
    did not train.
    """

    arm: str
    accuracy: Interval
    behind: Interval
    worse: bool
    cost: Cost
    failed: int = 0

    @property
    def ruled_out(self) -> bool:
        """Whether it cannot be recommended: it was shown to be worse, or does not always train."""
        return self.worse or self.failed > 0


@dataclass(frozen=True)
class Recommendation:
    """What to use, and why.

    best: of the highest mean among the arms that always trained; candidates: all arms, by falling mean
    accuracy, those that did not always train at the end; level: of the intervals; seeds: of each arm; trial:
    of the chosen arm, that of the best validation; by: the field of Cost that tells which arm is cheapest, ""
    where none is known of all that are left, and then the best is chosen; more_seeds: that would tell chosen
    and best apart, as far as known.
    """

    chosen: Candidate
    best: Candidate
    candidates: tuple[Candidate, ...]
    level: float
    seeds: int
    trial: str
    by: str
    more_seeds: power.Range | None = None

    @property
    def as_good(self) -> list[Candidate]:
        """The others that were not shown to be worse than the best."""
        return [each for each in self.candidates if not each.ruled_out and each is not self.chosen]

    @property
    def worse(self) -> list[Candidate]:
        """Those that were, among the arms that always trained."""
        return [each for each in self.candidates if each.worse and not each.failed]


def recommend(record: Record) -> Recommendation | None:
    """The recommendation; None where the study can give none: see `lacking`."""
    if lacking(record):
        return None
    arms = _arms(record)
    level = 1 - looks.flat_level(LEVEL / max(1, len(arms) - 1), judge.plan_of(record).looks)
    means = {arm: _accuracy(record, arm) for arm in arms}
    failed = _failed(record, arms)
    trains = [arm for arm in arms if not failed[arm]]
    if not trains:
        return None
    best = max(trains, key=lambda arm: means[arm].estimate)
    compared = {arm: _behind(record, best, arm) for arm in arms if arm != best}
    found = [
        _candidate(arm, means[arm], compared.get(arm), level, _cost(record, arm), failed[arm])
        for arm in sorted(arms, key=lambda arm: (failed[arm] > 0, -means[arm].estimate))
    ]
    left = [each for each in found if not each.ruled_out]
    known = (name for name in CHEAPNESS if not any(math.isnan(getattr(each.cost, name)) for each in left))
    by = next(known, "")
    chosen = min(left, key=lambda each: getattr(each.cost, by)) if by else left[0]
    more = None
    if chosen is not found[0]:
        more = verdicts.splits_needed(compared[chosen.arm], 0.0, max(1, len(arms) - 1))
        more = more and more.above(record.runs["seed"].nunique())
    seeds = record.runs["seed"].nunique()
    trial = _best_trial(record, chosen.arm)
    return Recommendation(chosen, found[0], tuple(found), level, seeds, trial, by, more)


def _candidate(
    arm: str, accuracy: Interval, sides_: verdicts.Sides | None, level: float, cost: Cost, failed: int
) -> Candidate:
    """An arm beside the best, whose sides are given; None: it is the best."""
    if sides_ is None:
        return Candidate(arm, accuracy, Interval(0.0, 0.0, 0.0), False, cost, failed)
    behind = sides_.difference(level)
    return Candidate(arm, accuracy, behind, _shown_worse(behind, sides_), cost, failed)


def _shown_worse(behind: Interval, sides_: verdicts.Sides) -> bool:
    """Whether the interval lies wholly above 0.

    Where means have none, all seeds agree: the difference is what it is at each of them. A median has none
    where seeds are too few for one at this level, and then nothing is shown.
    """
    if math.isnan(behind.low) and not sides_.of_medians:
        return behind.estimate > 0
    return behind.low > 0


def _failed(record: Record, arms: list[str]) -> dict[str, int]:
    """At how many seeds each arm did not train."""
    failed = failures.failed(record.runs)
    return {arm: int(failed[(record.runs["arm"] == arm).to_numpy()].sum()) for arm in arms}


def lacking(record: Record) -> str:
    """Why a study can give no recommendation; empty if it can."""
    runs = record.runs
    if record.one_split:
        return "all seeds share one split: what is said is of these test images alone"
    if runs["setting"].nunique() > 1:
        return "it varies settings: each of them would have a recommendation of its own"
    if runs["arm"].nunique() < 2:
        return "it has one arm"
    seeds = [set(arm["seed"]) for _, arm in runs.groupby("arm", sort=False)]
    if any(each != seeds[0] for each in seeds):
        return "some arms still lack seeds that others have"
    if len(seeds[0]) < LEAST_SEEDS:
        return f"it has {len(seeds[0])} seeds, and fewer than {LEAST_SEEDS} tell arms apart by chance"
    own_test = pd.to_numeric(runs["own_test"], errors="coerce").max()
    if measure(record) == names.BALANCED_ACCURACY and own_test > 0:
        return (
            "the data has a test part of its own, and what its images make of balanced accuracy is not known"
        )
    if unknown := [arm for arm in _arms(record) if _unmeasured(record, arm)]:
        return (
            f"the {measure(record)} of {words.listed(map(record.title, unknown))} is not known at every seed"
        )
    if all(_failed(record, _arms(record)).values()):
        return "every arm failed at some of its seeds"
    return ""


def _arms(record: Record) -> list[str]:
    return list(dict.fromkeys(record.runs.sort_values("arm_order")["arm"]))


def _best_trial(record: Record, arm: str) -> str:
    """The id of the trial of the highest validation accuracy: the test chooses nothing."""
    best = scores.chosen(record.epochs[record.epochs["arm"] == arm])
    run = scores.score(best).idxmax()
    return str(record.runs.set_index("run_id").loc[run, "trial"])


def _behind(record: Record, best: str, arm: str) -> verdicts.Sides:
    """The two sides of best against arm."""
    setting = record.runs["setting"].iloc[0]
    return sides.between(record, (best, setting, arm, setting), measure(record))


def measure(record: Record) -> str:
    """What the study is about: balanced accuracy where its epochs are chosen by that."""
    balanced = names.BALANCED_ACCURACY in record.chosen_by
    return names.BALANCED_ACCURACY if balanced else names.TEST_ACCURACY


def _unmeasured(record: Record, arm: str) -> bool:
    """Whether a seed that trained has no such value, such as where its test report is not in the store."""
    runs = record.runs[record.runs["arm"] == arm]
    values = measures.values(record, [*runs["run_id"]], measure(record))
    return bool(
        (np.isnan(values) & ~failures.failed(record.runs)[record.runs["arm"] == arm].to_numpy()).any()
    )


def _accuracy(record: Record, arm: str) -> Interval:
    """The mean over seeds; a failed seed counts with the accuracy that it has."""
    runs, of = record.runs[record.runs["arm"] == arm], measure(record)
    values = measures.values(record, [*runs["run_id"]], of)
    return pairs.interval(values, sides.sharing_of_arm(record, runs, of))


def _cost(record: Record, arm: str) -> Cost:
    runs = record.runs[record.runs["arm"] == arm]

    def known(column: str) -> pd.Series:
        return pd.to_numeric(runs[column], errors="coerce")

    ms, mib, macs = (
        float(known(each).median()) for each in (names.PREDICTION_MS, names.MODEL_MIB, names.MACS)
    )
    return Cost(ms, mib, float(known(names.TRAIN_SECONDS).mean()), macs)
