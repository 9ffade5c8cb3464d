"""Which learning rate a sweep chose for an arm, and whether its ladder must grow first; pure.

Where the best rate of an arm is at an end of its ladder, the ladder grows there by its own factor, by at most
MOST_STEPS rates an end: an optimum beyond what was tried would make the arm look worse than it is.
"""

from collections.abc import Mapping, Sequence

from experiments.studies.study import Rates
from experiments.studies.sweep import Tune

MOST_STEPS = 2  # at either end
DIGITS = 3  # of a rate that a ladder grows by: 0.3 × 3 is 0.9, not 0.8999999999999999
ArmSetting = tuple[str, str]  # arm and setting
Score = tuple[float, float]  # validation accuracy and negative loss at the chosen epoch; below 0: it diverged
Tried = dict[float, list[Score]]  # by rate, a score a tuning seed


def best(tried: Mapping[float, Sequence[Score]]) -> float:
    """The rate of the highest mean validation accuracy over the tuning seeds.

    A trial that diverged counts as an accuracy of 0, the worst that there is. Of equal means the rate at
    which fewer trials diverged, then that of the lower mean loss, then the lower one.
    """

    def rank(rate: float) -> tuple[float, int, float, float]:
        scores = tried[rate]
        diverged = sum(accuracy < 0 for accuracy, _ in scores)
        accuracy = sum(max(accuracy, 0.0) for accuracy, _ in scores) / len(scores)
        return accuracy, -diverged, sum(loss for _, loss in scores) / len(scores), -rate

    return max(tried, key=rank)


def chosen(sweep: Mapping[ArmSetting, Mapping[float, Sequence[Score]]]) -> Rates:
    """The rate of each (arm, setting) of a complete sweep."""
    return {where: best(tried) for where, tried in sweep.items()}


def further(
    tune: Tune, sweep: Mapping[ArmSetting, Mapping[float, Sequence[Score]]]
) -> dict[ArmSetting, list[float]]:
    """By (arm, setting), the rates beyond the ladder that the sweep takes, those that it tried included.

    None for a sweep in the form of older files, with a single `seed`.
    """
    if tune.seed is not None:
        return {}
    found = {}
    for where, tried in sweep.items():
        below, above = beyond(tune.ladder(where[0]))
        # The rates are in steps away from the ladder: the first ones are those that were tried.
        down, up = (sum(rate in tried for rate in rates) for rates in (below, above))
        choice = best(tried)
        if choice == min(tried):
            down += 1
        elif choice == max(tried):
            up += 1
        if taken := [*below[:down], *above[:up]]:
            found[where] = taken
    return found


def beyond(ladder: Sequence[float]) -> tuple[list[float], list[float]]:
    """The rates that a ladder may grow by, below it and above it, each in steps away from it."""
    rates = sorted(ladder)
    return (
        [_rounded(rates[0] * (rates[0] / rates[1]) ** step) for step in range(1, MOST_STEPS + 1)],
        [_rounded(rates[-1] * (rates[-1] / rates[-2]) ** step) for step in range(1, MOST_STEPS + 1)],
    )


def _rounded(rate: float) -> float:
    return float(f"{rate:.{DIGITS}g}")
