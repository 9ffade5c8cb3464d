"""Evidence that may be looked at any time, pure: an e-value of pairs.

A p holds for the looks that were planned. Seeds that are added because a study was not decided are one more
look, and nobody planned it. The e-value of the invariant t test is a test martingale: under "the differences
lie about the margin" it exceeds 1 / a at any time in a share a of studies at most, however often one looks
(Ville 1939; Perez-Ortiz, Lardy, de Heide and Grünwald 2024, Annals of Statistics 52).
"""

import math

import numpy as np

EXPECTED = 1.0  # variance of the standardised effect that the alternative expects: one standard deviation


def e_value(differences: np.ndarray, margin: float = 0.0, expected: float = EXPECTED) -> float:
    """The Bayes factor of the t statistic: effects spread normally about 0, against an effect of 0.

    Effects are in standard deviations of the differences and have the variance `expected`; the prior of that
    deviation is right Haar. 1 of fewer than two pairs, of infinite differences, and where there is no spread:
    nothing is shown.
    """
    distances = np.asarray(differences, float) - margin
    count = len(distances)
    if count < 2 or not np.isfinite(distances).all() or not distances.std():
        return 1.0
    freedom = count - 1
    t2 = count * distances.mean() ** 2 / distances.var(ddof=1)
    wider = 1 + count * expected
    ratio = math.log1p(t2 / freedom) - math.log1p(t2 / (freedom * wider))
    return math.exp((freedom + 1) / 2 * ratio - math.log(wider) / 2)
