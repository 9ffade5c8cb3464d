"""What images that seeds share add to the variance of a mean difference; pure.

The spread of seeds around their mean does not hold what moves them together: that their images are of one
test part, or of one pool, of which another draw would have been easier or harder for one arm.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# Counted for each two seeds that both tested them: fewer images tell little of a variance.
LEAST_COMMON = 100
# What images that trained add to what seeds share, as a part of what tested ones add: 0, 0.1, 0.2 and 0.4 for
# four pairs of the real learners of `make calibrate`, whose table has it for each pair.
TRAINED = 0.2


class Common(NamedTuple):
    """What images are to two seeds that both tested them.

    variance: between images, of the difference that is expected of an image, in squares of its unit, at least
    0; images: how many both tested, summed over all two seeds; overlap: the mean over these of common images
    / (images of the one × of the other); freedom: the degrees of freedom of the variance.
    """

    variance: float
    images: int
    overlap: float
    freedom: float = 0.0


def common_images(differences: Sequence[np.ndarray], positions: Sequence[np.ndarray]) -> Common:
    """The variance between images, as the covariance of seeds on the images that they have in common.

    Of two seeds k and l that both tested an image, (y_k − mean of k) (y_l − mean of l) is expected to be that
    variance, but for the degrees of freedom of the two means, which are counted. With the same images at each
    seed it is that of the two-way random-effects analysis of variance.

    Args:
        differences: of each seed, float (n,): left − right of one image, such as −1, 0 or 1.
        positions: of each seed, int (n,): which image that is, none twice.

    Returns:
        NaN variance below two seeds, and where nothing or a NaN was measured; 0 where no image is common.
    """
    if len(differences) < 2 or not all(map(len, differences)):
        return Common(math.nan, 0, math.nan)
    _, places = np.unique(np.concatenate(positions), return_inverse=True)
    seeds = np.repeat(np.arange(len(positions)), [len(each) for each in positions])
    tested, centred = (np.zeros((len(positions), places.max() + 1)) for _ in range(2))
    tested[seeds, places] = 1
    centred[seeds, places] = np.concatenate([each - each.mean() for each in differences])
    two = np.triu_indices(len(positions), 1)
    common, products = ((each @ each.T)[two] for each in (tested, centred))
    one, other = (tested.sum(axis=1)[index] for index in two)
    freedom = float((common * (1 - 1 / one - 1 / other + common / (one * other))).sum())
    variance = max(0.0, float(products.sum()) / freedom) if freedom > 0 else 0.0
    if np.isnan(products).any():
        variance = math.nan
    # Of a mean of n products of two seeds, each of about the variance v² where v is that of an image's
    # difference: 2 × variance² / (v² / n), as for a multiple of chi-squared.
    whole = float(np.mean([each.var() for each in differences]))
    freedom = 2 * (variance / whole) ** 2 * freedom if whole and variance > 0 else 0.0
    return Common(variance, int(common.sum()), float(np.mean(common / (one * other))), freedom)


def shared_images_variance(differences: Sequence[np.ndarray], positions: Sequence[np.ndarray]) -> float:
    """What s²/K of the seeds' means leaves out where all test images are of one given test part.

    Two seeds covary by the variance between images × common images / n². With the same n images at every
    seed, s²/K plus this is V_seed + V_image − V_residual of the two-way analysis of variance. Arguments as
    above; in squares of the difference's unit, NaN below two seeds.
    """
    common = common_images(differences, positions)
    return common.variance * common.overlap


def pool_variance(
    differences: Sequence[np.ndarray], positions: Sequence[np.ndarray], pool: int
) -> tuple[float, float]:
    """What s²/K of the seeds' means leaves out where each draws training and test images from one pool.

    Test images make two seeds covary by the variance between images / pool, whatever share of it they test.
    Images that trained move all seeds too, which no study can tell from its own seeds: TRAINED stands for it.
    Nadeau and Bengio (2003, section 3.5) take the share f of the pool that is tested of all of s² for common;
    what images were not seen to have in common, such as weights, averages out over seeds. What the interval
    covers is measured on real learners (`make calibrate`).

    Arguments as above. In squares of the difference's unit, with its degrees of freedom; NaN where fewer than
    LEAST_COMMON images are common to two seeds.
    """
    common = common_images(differences, positions)
    if common.images < LEAST_COMMON:
        return math.nan, 0.0
    return (1 + TRAINED) * common.variance / pool, common.freedom


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
