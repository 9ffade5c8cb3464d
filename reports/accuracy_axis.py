"""Axes of accuracies: they never leave 0 to 1, and no single wide interval decides what they show; pure."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from reports.statistics import mean_interval

REACH = 0.5  # of the seeds' range: how far beyond the seeds an interval may stretch an axis
LEAST = 0.02  # counts as their range where the seeds lie closer, and is shown where there is no more
PAD = 0.05  # of what is shown, on either side
LOG_REACH, LOG_LEAST, LOG_PAD = 2.0, 3.0, 1.15  # the same three as factors, for errors on a logarithmic axis
OPEN = " A bar without an end runs out of the panel."  # for the caption where an interval is cut


class Limits(NamedTuple):
    """Where an axis begins and ends, and whether an interval goes on beyond it."""

    low: float
    high: float
    cut: bool


def of_seeds(arms: Iterable[pd.Series], lowest: float = 0.0) -> Limits:
    """The limits that show every seed, and intervals as far as REACH allows.

    arms: of each, the accuracies of its seeds, or with `lowest` -1 their differences. With two seeds
    Student's interval reaches six times their distance to either side: an axis that held it would leave the
    marks no room.
    """
    arms = list(arms)
    seeds = pd.concat(arms).dropna()
    lows, highs = np.transpose([mean_interval(arm).ends for arm in arms])
    reach = REACH * max(np.ptp(seeds), LEAST)
    low, high = within(
        max(min(seeds.min(), np.nanmin(lows)), seeds.min() - reach),
        min(max(seeds.max(), np.nanmax(highs)), seeds.max() + reach),
        lowest,
    )
    shown = high - low
    pad = max(PAD * shown, (LEAST - shown) / 2)
    low, high = within(low - pad, high + pad, lowest)
    return Limits(low, high, bool((lows < low).any() or (highs > high).any()))


def of_errors(arms: Iterable[pd.Series], floor: float) -> Limits:
    """As `of_seeds`, for errors (1 − accuracy) on a logarithmic axis: reach and padding are factors there.

    floor: where an error of 0 is drawn.
    """
    arms = [arm.clip(lower=floor) for arm in arms]
    seeds = pd.concat(arms).dropna()
    lows, highs = np.transpose([mean_interval(arm).ends for arm in arms])
    low = max(min(seeds.min(), np.nanmin(lows)), seeds.min() / LOG_REACH) / LOG_PAD
    high = min(max(seeds.max(), np.nanmax(highs)), seeds.max() * LOG_REACH) * LOG_PAD
    high = min(float(high), 1.0)
    low = min(float(low), high / LOG_LEAST)
    return Limits(low, high, bool((lows < low).any() or (highs > high).any()))


def within(low: float, high: float, lowest: float = 0.0) -> tuple[float, float]:
    """The limits of an axis, without what lies below `lowest` and above 1."""
    return max(float(low), lowest), min(float(high), 1.0)
