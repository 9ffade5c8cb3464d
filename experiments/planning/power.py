"""Which difference a study could show, before it trains: for each claim, from the number of its seeds alone.

In standard deviations of the differences between two arms at a seed, which nobody knows beforehand; where
trials of the study lie in the work folder, in the metric's unit too.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from experiments import names
from experiments.logs import events, trial_folder
from experiments.studies.claims import Claim, Comparison
from experiments.studies.specification import PlannedTrial

ALPHA = 0.05  # shared by the claims of a study
POWER = 0.8
LEAST_PAIRS = 3  # for a spread that is worth a number
TRAIN, VALIDATION = (names.metric(split, names.ACCURACY) for split in (names.TRAIN, names.VALIDATION))
OF_TEST = {
    names.TEST_ACCURACY: names.metric(names.TEST, names.ACCURACY),
    names.TEST_MACRO_F1: names.metric(names.TEST, names.MACRO_F1),
}
# A verdict takes more than the t test: signs of which few orders are extreme enough, and a correction for
# skewness. What that costs, as a factor, was fitted to simulated verdicts; its test holds it against them.
SKEWNESS_COSTS, SIGNS_COST = 1.06, 0.25


def detectable(seeds: int, level: float, tested: float = 0.0) -> float:
    """The mean difference that a claim is decided about in POWER of all studies, in standard deviations.

    By the noncentral t of pairs, seeds − 1 degrees of freedom; infinite where even seeds that all agree have
    a p above the level, 2 / 2^seeds by the sign-flip test.

    Args:
        seeds: pairs, each with a split of its own.
        level: the two-sided p that a verdict takes, 0.05 over the claims that are tested.
        tested: the share of the pool of images that a seed tests; pairs of seeds share some of them.
    """
    if not seeds or level < least_p(seeds):
        return math.inf
    # Only here: a plan without claims answers in half the time.
    from scipy import special

    freedom = seeds - 1
    found = float(special.nctdtrinc(freedom, 1 - POWER, special.stdtrit(freedom, 1 - level / 2)))
    error = math.sqrt(1 / seeds + tested / (1 - tested))
    orders = level / least_p(seeds)  # signs that are extreme enough, on either side
    if orders < 2:  # those of seeds that all agree
        alike = statistics.NormalDist().inv_cdf(POWER ** (1 / seeds))
        return max(found * error, alike)
    return found * error * (SKEWNESS_COSTS + SIGNS_COST / orders)


def least_p(seeds: int) -> float:
    """The smallest two-sided p of so many pairs: that of the sign-flip test where all have one sign."""
    return min(1.0, 2.0 ** (1 - min(seeds, 1000)))


def spread(claim: Claim, trials: Iterable[PlannedTrial], work: Path) -> tuple[float, int] | None:
    """The standard deviation of the differences at a seed so far, and how many there are.

    The largest over the comparisons of the claim, in the unit of its metric. None where fewer than
    LEAST_PAIRS seeds of one have trained both arms without divergence, or the logs do not hold the metric.
    """
    by_place: dict[tuple[str, str], dict[int, PlannedTrial]] = {}
    for each in trials:
        if each.role == names.RESULT_ROLE:
            by_place.setdefault((each.arm, each.setting), {})[each.trial.seed] = each
    found = [_differences(claim, comparison, by_place, work) for comparison in claim.comparisons]
    if any(len(differences) < LEAST_PAIRS for differences in found):
        return None
    return max((statistics.stdev(differences), len(differences)) for differences in found)


def _differences(
    claim: Claim,
    comparison: Comparison,
    by_place: Mapping[tuple[str, str], Mapping[int, PlannedTrial]],
    work: Path,
) -> list[float]:
    """Left minus right at each seed that has both."""
    left = by_place.get((comparison.left, comparison.left_setting), {})
    right = by_place.get((comparison.right, comparison.right_setting), {})
    pairs = ([_value(claim, side[seed], work) for side in (left, right)] for seed in left if seed in right)
    return [one - other for one, other in pairs if one is not None and other is not None]


def _value(claim: Claim, planned: PlannedTrial, work: Path) -> float | None:
    """The number of a trial that the claim compares, from its event log; None: it is not there."""
    logged = events.read(trial_folder.log(trial_folder.of(work, planned.trial)))
    if claim.target is not None or not logged:
        return None
    last = logged[-1]
    if not isinstance(last, events.Finished) or last.diverged:
        return None
    epochs = [event for event in logged if isinstance(event, events.EpochEnded)]
    return _of_metric(claim.metric, last, epochs)


def _of_metric(metric: str, end: events.Finished, epochs: Sequence[events.EpochEnded]) -> float | None:
    if metric in OF_TEST:
        return end.metrics.get(OF_TEST[metric])
    if metric == names.TEST_ERROR:
        accuracy = end.metrics.get(OF_TEST[names.TEST_ACCURACY])
        return None if accuracy is None else 1 - accuracy
    if metric == names.TRAINING_SECONDS:
        return epochs[-1].metrics.get(names.TRAIN_SECONDS) if epochs else None
    if metric.startswith(names.STAGE_METRIC):
        stage = f"{names.GRADIENT_NORM}/{metric.removeprefix(names.STAGE_METRIC)}"
        norms = [norm for event in epochs if (norm := event.metrics.get(stage, 0.0)) > 0]
        return statistics.fmean(map(math.log10, norms)) if norms else None
    measured = [event for event in epochs if TRAIN in event.metrics and VALIDATION in event.metrics]
    if not measured:
        return None
    chosen = next((event for event in measured if event.epoch == end.epoch), measured[-1]).metrics
    at_end = measured[-1].metrics
    return {
        names.VALIDATION_ACCURACY: chosen[VALIDATION],
        names.TRAIN_ACCURACY: at_end[TRAIN],
        names.TRAIN_ERROR: 1 - at_end[TRAIN],
        names.GAP: chosen[TRAIN] - chosen[VALIDATION],
        names.LAST_GAP: at_end[TRAIN] - at_end[VALIDATION],
    }.get(metric)
