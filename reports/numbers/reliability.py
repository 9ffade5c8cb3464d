"""Whether probabilities mean what they say: calibration error, points of a reliability diagram; pure.

Guo et al. 2017, "On Calibration of Modern Neural Networks" (ICML): of the images that a network is 80 % sure
about, 80 % should be right. The confidence is the probability of the class that it answers.
"""

import math
from dataclasses import dataclass

import numpy as np

BINS = 15  # as in Guo et al. 2017, table 1


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins of equal width that hold images, by rising confidence.

    confidence, accuracy: means over the images of each, float (bins,); share: of all images, float (bins,).
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    share: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error, 0…1: mean over images of |accuracy − confidence| of their bin."""
        return float(np.dot(self.share, np.abs(self.accuracy - self.confidence)))


def bins(confidences: np.ndarray, right: np.ndarray, count: int = BINS) -> Bins:
    """The images by their confidence, in `count` bins ((m − 1) / count, m / count].

    Args:
        confidences: float (n,), 0…1.
        right: bool (n,), whether the answer was.
        count: of bins, those without images included.
    """
    confidences = confidences.astype(float)
    number = np.clip(np.ceil(confidences * count).astype(int) - 1, 0, count - 1)
    images = np.bincount(number, minlength=count)
    filled = images > 0
    confidence, accuracy = (
        np.bincount(number, weights=values, minlength=count)[filled] / images[filled]
        for values in (confidences, right.astype(float))
    )
    return Bins(confidence, accuracy, images[filled] / len(confidences))


def calibration_error(confidences: np.ndarray, right: np.ndarray, count: int = BINS) -> float:
    """The expected calibration error of images, as in `bins`; NaN without images, or where one is NaN.

    It is biased upwards where bins hold few images: a perfect network with 100 test images is not at 0.
    """
    if not len(confidences) or np.isnan(confidences).any():
        return math.nan
    return bins(confidences, right, count).error
