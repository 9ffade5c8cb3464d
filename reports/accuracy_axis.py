"""Axes of accuracies: they never leave 0 to 1, and no single wide interval decides what they show; pure."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from reports.statistics import mean_interval

REACH = 0.5  # of the seeds' range: how far beyond the seeds an interval may stretch an axis
LEAST = 0.02  # counts as their range where the seeds lie closer, and is shown where there is no more
PAD = 0.05  # of what is shown, on either side
OPEN = " A bar without an end runs out of the panel."  # for the caption where an interval is cut


class Limits(NamedTuple):
    """Where an axis begins and ends, and whether an interval goes on beyond it."""

    low: float
    high: float
    cut: bool


def of_seeds(arms: Iterable[pd.Series]) -> Limits:
    """The limits that show every seed, and intervals as far as REACH allows.

    arms: of each, the accuracies of its seeds. With two seeds Student's interval reaches six times their
    distance to either side: an axis that held it would leave the marks no room.
    """
    arms = list(arms)
    seeds = pd.concat(arms).dropna()
    lows, highs = np.transpose([mean_interval(arm).ends for arm in arms])
    reach = REACH * max(np.ptp(seeds), LEAST)
    low, high = within(
        max(min(seeds.min(), np.nanmin(lows)), seeds.min() - reach),
        min(max(seeds.max(), np.nanmax(highs)), seeds.max() + reach),
    )
    shown = high - low
    pad = max(PAD * shown, (LEAST - shown) / 2)
    low, high = within(low - pad, high + pad)
    return Limits(low, high, bool((lows < low).any() or (highs > high).any()))


def within(low: float, high: float) -> tuple[float, float]:
    """The limits of an axis, without what lies below 0 and above 1."""
    return max(float(low), 0.0), min(float(high), 1.0)
