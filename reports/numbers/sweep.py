"""A sweep of the learning rate, pure: the best rate of each arm, and whether its lead is more than chance.

The ranking is that by which `make compare` chose: mean validation accuracy over the tuning seeds, a trial
that diverged counting as 0; then fewer that diverged, the lower mean loss, the lower rate.
"""

import math
from typing import NamedTuple

import pandas as pd

from reports.numbers.scores import VALIDATION_ACCURACY, VALIDATION_LOSS

WITHIN = "the lead is within its own spread"


class Swept(NamedTuple):
    """The sweep of one arm at one setting.

    accuracies: tuning seeds × rates, ascending, of validation at the chosen epoch; 0: it diverged. best: the
    rate that was chosen. lead: its mean above that of the second; NaN with one rate. spread: the standard
    deviation of that difference over seeds; NaN with fewer than two.
    """

    label: str
    accuracies: pd.DataFrame
    best: float
    lead: float
    spread: float

    @property
    def within_spread(self) -> bool:
        """Whether the lead is no more than what one tuning seed differs from the next by."""
        return self.lead <= self.spread


def arms(tuning: pd.DataFrame) -> list[Swept]:
    """The sweep of each arm (and setting), in the order of the frame; empty of trials that left no accuracy.

    tuning: a row a trial: label, seed, learning_rate, diverged, validation/accuracy and
    validation/loss at the chosen epoch.
    """
    return [_swept(str(label), arm) for label, arm in tuning.groupby("label", sort=False) if _measured(arm)]


def _measured(arm: pd.DataFrame) -> bool:
    return bool((arm[VALIDATION_ACCURACY].notna() | arm["diverged"]).all())


def _swept(label: str, arm: pd.DataFrame) -> Swept:
    counted = arm.assign(
        accuracy=arm[VALIDATION_ACCURACY].where(~arm["diverged"], 0.0),
        loss=arm[VALIDATION_LOSS].where(~arm["diverged"], 0.0),
    )
    by_rate = counted.groupby("learning_rate").agg(
        accuracy=("accuracy", "mean"), diverged=("diverged", "sum"), loss=("loss", "mean")
    )
    ranked = by_rate.reset_index().sort_values(
        ["accuracy", "diverged", "loss", "learning_rate"], ascending=[False, True, True, True]
    )["learning_rate"]
    table = counted.pivot_table(index="seed", columns="learning_rate", values="accuracy")
    lead = spread = math.nan
    if len(ranked) > 1:
        ahead = (table[ranked.iloc[0]] - table[ranked.iloc[1]]).dropna()
        lead, spread = float(ahead.mean()), float(ahead.std())
    return Swept(label, table, float(ranked.iloc[0]), lead, spread)
