"""The bar between copies and look-alikes, learned of one data set: planted copies against near neighbours.

How near a look-alike comes differs: two photographs of streets never fit each other, two trousers of 28
pixels nearly do. So copies of some of the images are made, near neighbours among the images are taken as no
copies, and a classifier (gradient boosting) learns from what is left over of either after alignment.
Neighbours that it takes for copies are then left out, since some are, and it learns again. Scores are of
models that have not seen the pair.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

# Of planted copies, round by round: the share that looks less like copies than neighbours which are left out.
LIKE_COPIES = (0.1, 0.05, 0.02, 0.01, 0.01)
MISSED = 0.015  # of planted copies, where look-alikes allow it
BETTER = 0.3  # of planted copies
MISSED_OF_TINY = 0.02  # where pictures have so few pixels that chance makes them alike
FEW, MISSED_OF_FEW = 500, 0.04  # images, whose tail is too short to trust
MOST_MISSED = 0.08  # of planted copies, whatever look-alikes there are
FALSE_PAIRS = 0.003  # an image: what look-alikes may make, by the tail of their scores
TAIL = (0.1, 0.03)  # the shares of look-alikes beyond the two scores that it is drawn by
ALL_BUT_FEW = 0.995  # of planted copies: no pair of which more is left over than of those is one
LEAST_NEIGHBOURS = 300  # pairs to learn from
LEAST_LEFT = 40  # of them, to learn and to draw a tail by
NEAR = 0.05  # of the image's contrast left over, at most, where there are fewer
EVEN = 0.0  # a score, of as many copies as others
FOLDS = 2


@dataclass(frozen=True)
class Judged:
    """Scores, greater for copies, of pairs (m,) and of planted copies (k,), and the bar between.

    score: gives further pairs theirs, by their features; learned: false where there were too few pairs.
    """

    pairs: np.ndarray
    planted: np.ndarray
    bar: float
    score: Callable[[np.ndarray], np.ndarray]
    learned: bool = True


def judged(
    pairs: np.ndarray, planted: np.ndarray, of: np.ndarray, images: int, *, tiny: bool = False
) -> Judged:
    """Judge pairs of neighbours.

    Args:
        pairs: float (m, features), the last of which is all that is left over, a logarithm.
        planted: float (k, features); of: int (k,), the image that each is a copy of.
        images: how many there are; tiny: whether most have fewer than 16 pixels a side.
    """
    if len(pairs) < LEAST_NEIGHBOURS:
        bar = -min(np.log(NEAR), np.quantile(planted[:, -1], 1 - MISSED))
        return Judged(-pairs[:, -1], -planted[:, -1], float(bar), lambda features: -features[:, -1], False)
    # Nothing is more of a copy than the better ones of those that were planted: a burst of perfect ones, all
    # of them taken for neighbours, would otherwise be learned as such.
    better = np.quantile(planted, BETTER, axis=0)
    pairs, planted = np.maximum(pairs, better), np.maximum(planted, better)
    different = np.ones(len(pairs), bool)
    for like_copies in LIKE_COPIES:
        models = _models(pairs, different, planted, of)
        scores = _scores(models, pairs, np.arange(len(pairs)))
        of_planted = _scores(models, planted, of)
        unlike = scores < max(EVEN, np.quantile(of_planted, like_copies))
        if (unlike == different).all() or unlike.sum() < LEAST_LEFT:
            break
        different = unlike
    # Where nearly all neighbours are copies, no look-alikes are left to have a tail.
    tail = _tail(scores[unlike], images) if unlike.sum() >= LEAST_LEFT else -np.inf
    # Never so high that many copies are lost, as the tail of scores that are bounded may ask for.
    missed = MISSED_OF_FEW if images < FEW else MISSED_OF_TINY if tiny else MISSED
    bar = float(np.clip(tail, *np.quantile(of_planted, [missed, MOST_MISSED])))
    most_left = np.quantile(planted[:, -1], ALL_BUT_FEW)

    def near(features: np.ndarray, scores: np.ndarray) -> np.ndarray:
        return np.where(features[:, -1] <= most_left, scores, -np.inf)

    def score(features: np.ndarray) -> np.ndarray:
        features = np.maximum(features, better)
        return near(features, np.mean([model.decision_function(features) for model in models], axis=0))

    return Judged(near(pairs, scores), near(planted, of_planted), bar, score)


def _tail(scores: np.ndarray, images: int) -> float:
    """The score that few look-alikes exceed, by the slope of those before: the last may be missed copies."""
    low, high = np.quantile(scores, [1 - TAIL[0], 1 - TAIL[1]])
    allowed = min(TAIL[1], FALSE_PAIRS * images / len(scores))
    return float(high + (high - low) * np.log(TAIL[1] / allowed) / np.log(TAIL[0] / TAIL[1]))


def _models(
    pairs: np.ndarray, different: np.ndarray, planted: np.ndarray, of: np.ndarray
) -> list["HistGradientBoostingClassifier"]:
    """A model for each part of the pairs and images, of the others."""
    fold, planted_fold = np.arange(len(pairs)) % FOLDS, of % FOLDS
    from sklearn.ensemble import HistGradientBoostingClassifier  # a second, that few images do not need

    less = np.zeros(pairs.shape[1])
    less[-1] = -1  # the less is left over, the more it is a copy
    models = []
    for number in range(FOLDS):
        known, copies = different & (fold != number), planted_fold != number
        features = np.concatenate([pairs[known], planted[copies]])
        truth = np.repeat([0, 1], [known.sum(), copies.sum()])
        model = HistGradientBoostingClassifier(
            max_iter=60, max_leaf_nodes=8, early_stopping=False, random_state=0, monotonic_cst=less
        )
        models.append(model.fit(features, truth))
    return models


def _scores(
    models: list["HistGradientBoostingClassifier"], features: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """Scores by the models that have not seen them. numbers: by which the parts were made."""
    scores = np.empty(len(features))
    for number, model in enumerate(models):
        part = numbers % FOLDS == number
        if part.any():
            scores[part] = model.decision_function(features[part])
    return scores
