"""What test images that seeds share add to the variance of a mean difference; pure.

The spread of seeds around their mean does not hold what moves them together: that they were tested on the
same images, of which another draw would have been easier or harder for one arm.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np


def shared_images_variance(differences: Sequence[np.ndarray], positions: Sequence[np.ndarray]) -> float:
    """The part of the variance of the mean over seeds and images that s²/K of the seeds' means leaves out.

    Two seeds covary by σ² × common images / n², where σ² is the variance, between images, of what is expected
    of an image: estimated as the covariance of two seeds' differences over the images that both tested, mean
    over the pairs of seeds (by their degrees of freedom), 0 where that is negative. With the same n images at
    every seed, s²/K plus this is V_seed + V_image − V_residual of the two-way random-effects analysis of
    variance.

    Args:
        differences: of each seed, float (n,): left − right of one image, such as −1, 0 or 1.
        positions: of each seed, int (n,): which image that is, none twice.

    Returns:
        In squares of the difference's unit; NaN below two seeds, and where nothing or a NaN was measured.
    """
    if len(differences) < 2 or not all(map(len, differences)):
        return math.nan
    products, freedom, overlaps = 0.0, 0, []
    for (one, first), (other, second) in itertools.combinations(zip(differences, positions, strict=True), 2):
        common, of_first, of_second = np.intersect1d(first, second, assume_unique=True, return_indices=True)
        overlaps.append(len(common) / (len(first) * len(second)))
        if len(common) > 1:
            left, right = one[of_first].astype(float), other[of_second].astype(float)
            products += float(np.dot(left - left.mean(), right - right.mean()))
            freedom += len(common) - 1
    if not freedom:
        return 0.0
    return math.nan if math.isnan(products) else max(0.0, products / freedom) * float(np.mean(overlaps))


def share_of_images(differences: Sequence[np.ndarray]) -> float:
    """The share of the variance of seeds' means that is the draw of their test images, each its own; 0 to 1.

    differences: as above. The variance of a mean of n images is that over its images / n; what the means vary
    beyond its average are weights and training images. NaN below two seeds, and without any variance.
    """
    if len(differences) < 2 or min(map(len, differences)) < 2:
        return math.nan
    whole = float(np.var([each.mean() for each in differences], ddof=1))
    if not whole:
        return math.nan
    drawn = float(np.mean([each.var(ddof=1) / len(each) for each in differences]))
    return min(1.0, drawn / whole)
