"""Numbers of a confusion matrix in which each class counts alike, however rare it is; pure."""

import math

import numpy as np


def recalls(counts: np.ndarray) -> np.ndarray:
    """The share of each class that was found, float (classes,); NaN of a class without images.

    counts: int (true, predicted).
    """
    images = counts.sum(axis=1)
    found = np.full(len(counts), math.nan)
    np.divide(np.diag(counts), images, out=found, where=images > 0)
    return found


def balanced_accuracy(counts: np.ndarray) -> float:
    """The mean recall of the classes that have images (Brodersen et al. 2010); NaN where none has.

    counts: int (true, predicted).
    """
    found = recalls(counts)
    known = found[~np.isnan(found)]
    return float(known.mean()) if len(known) else math.nan
