"""Evidence that may be looked at any time, pure: an e-value of pairs.

A p holds for the looks that were planned. Seeds that are added because a study was not decided are one more
look, and nobody planned it. The e-value of the invariant t test is a test martingale: under "the differences
lie about the margin" it exceeds 1 / a at any time in a share a of studies at most, however often one looks
(Ville 1939; Perez-Ortiz, Lardy, de Heide and Grünwald 2024, Annals of Statistics 52).
"""

import math

import numpy as np

from reports.numbers import pairs

EXPECTED = 1.0  # variance of the standardised effect that the alternative expects: one standard deviation


def e_value(
    differences: np.ndarray,
    margin: float = 0.0,
    sharing: pairs.Sharing = pairs.ALONE,
    expected: float = EXPECTED,
) -> float:
    """The Bayes factor of the t statistic: effects spread normally about 0, against an effect of 0.

    Effects are in standard deviations of the differences and have the variance `expected`; the prior of that
    deviation is right Haar. Seeds that share images count as fewer, K' = s² / (variance of the mean): exact
    where seeds have a normal part in common, as Nadeau and Bengio's factor assumes; they never count as more
    than (1 − f) / f. 1 of fewer than two pairs, of infinite differences, and where there is no spread: that
    shows nothing.
    """
    distances = np.asarray(differences, float) - margin
    if len(distances) < 2 or not np.isfinite(distances).all():
        return 1.0
    spread = len(distances) * pairs.variance(distances)  # s²; 0 where all are equal but for round-off
    if not spread:
        return 1.0
    freedom = len(distances) - 1
    variance = pairs.variance(distances, sharing)
    t2 = distances.mean() ** 2 / variance
    wider = 1 + expected * spread / variance
    ratio = math.log1p(t2 / freedom) - math.log1p(t2 / (freedom * wider))
    return math.exp(min(700.0, (freedom + 1) / 2 * ratio - math.log(wider) / 2))
