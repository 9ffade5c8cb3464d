"""Which learning rate each arm gets: the one of highest validation accuracy in its sweep.

Every arm has the same sweep on the same seed, so no arm is tuned harder than another; test takes no part.
"""

from pathlib import Path

from experiments import attempts, events, names
from experiments.specification import PlannedTrial
from experiments.study import Rates

ACCURACY = names.metric(names.VALIDATION, names.ACCURACY)
LOSS = names.metric(names.VALIDATION, names.LOSS)


def chosen_rates(sweep: list[PlannedTrial], work: Path) -> Rates:
    """The rate of each (arm, setting) from the event logs of a complete sweep; of equals, the lower rate."""
    best: dict[tuple[str, str], tuple[tuple[float, float, float], float]] = {}
    for planned in sweep:
        rate = planned.trial.recipe.learning_rate
        judged = (*score(attempts.log(attempts.folder(work, planned.trial))), -rate)
        arm = (planned.arm, planned.setting)
        if arm not in best or judged > best[arm][0]:
            best[arm] = (judged, rate)
    return {arm: rate for arm, (_, rate) in best.items()}


def score(log: Path) -> tuple[float, float]:
    """Validation accuracy and negative loss of a trial's best epoch; a diverged trial is worst of all."""
    told = events.read(log)
    if any(isinstance(event, events.Finished) and event.diverged for event in told):
        return (-1.0, 0.0)
    return max(
        (event.metrics[ACCURACY], -event.metrics[LOSS])
        for event in told
        if isinstance(event, events.EpochEnded) and ACCURACY in event.metrics
    )
