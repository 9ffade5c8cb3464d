"""Trials that did not train, pure: which they are, and how often an arm may fail.

The rule is the same for every study and was written down before any was judged by it: a trial failed if its
loss stopped being finite, or if its network gives all test images one answer.
"""

import pandas as pd
from scipy import stats

from experiments import names

TEST_ACCURACY = names.metric(names.TEST, names.ACCURACY)
MACRO_F1 = names.metric(names.TEST, names.MACRO_F1)


def failed(runs: pd.DataFrame) -> pd.Series:
    """Bool, a value a row: whether the trial failed; where the number of classes is unknown: diverged.

    Columns used: diverged, classes, test/accuracy, test/macro_f1. A network with one answer for all images
    has the share p of that class as its accuracy, 2p / (1 + p) as F1 of that class and 0 as that of others.
    """
    accuracy = runs[TEST_ACCURACY].astype(float)
    constant = 2 * accuracy / (1 + accuracy) / pd.to_numeric(runs["classes"], errors="coerce")
    return runs["diverged"].astype(bool) | (runs[MACRO_F1].astype(float) <= constant + 1e-9)


def possible(count: int, of: int, level: float = 0.95) -> float:
    """The highest failure rate that is compatible with so many failures (Clopper and Pearson 1934)."""
    return 1.0 if count >= of else float(stats.beta.ppf((1 + level) / 2, count + 1, of - count))
