"""The one evaluator: every model, on every split, is scored here from its predicted probabilities."""

import io
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
from sklearn.metrics import classification_report, confusion_matrix

from experiments import names

TIMED = 100  # images whose prediction is timed: a whole batch
SHOWN = 40  # mistakes of a trial whose images are kept
Predict = Callable[[np.ndarray], np.ndarray]


def milliseconds(predict: Predict, images: np.ndarray, repeats: int = 3) -> float:
    """What the prediction of an image takes in batches: the median of some passes over a few images."""
    few = images[:TIMED]
    predict(few)  # whatever is compiled, or read for the first time
    passes = []
    for _ in range(repeats):
        began = time.perf_counter()
        predict(few)
        passes.append(1000 * (time.perf_counter() - began) / len(few))
    return statistics.median(passes)


def score(split: str, probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Accuracy (0…1) and mean cross-entropy (nats) of one split, by metric name.

    Args:
        split: the split's name.
        probabilities: float (n, classes).
        labels: int (n,).
    """
    chosen = probabilities.astype(np.float64)[np.arange(len(labels)), labels]
    # A float32 softmax can underflow to zero; the smallest normal float32 bounds the loss of one image at 87.
    likelihood = np.maximum(chosen, np.finfo(np.float32).tiny)
    accuracy = np.mean(probabilities.argmax(axis=1) == labels)
    return {
        names.metric(split, names.ACCURACY): float(accuracy),
        names.metric(split, names.LOSS): float(-np.log(likelihood).mean()),
    }


def balanced_accuracy(split: str, probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The mean recall of the classes of one split, by metric name; a class without an image has none."""
    right = probabilities.argmax(axis=1) == labels
    images = np.bincount(labels)
    found = np.bincount(labels, weights=right)[images > 0] / images[images > 0]
    return {names.metric(split, names.BALANCED): float(found.mean())}


def test_report(probabilities: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> dict[str, object]:
    """Confusion matrix (rows: true class) and per-class precision, recall and F1, as JSON values."""
    predicted = probabilities.argmax(axis=1)
    every = list(range(len(classes)))
    table = classification_report(
        labels, predicted, labels=every, target_names=list(map(str, every)), output_dict=True, zero_division=0
    )
    return {
        "classes": list(classes),
        "confusion_matrix": confusion_matrix(labels, predicted, labels=every).tolist(),
        "per_class": [
            {
                "class": name,
                **{key: table[str(index)][key] for key in ("precision", "recall", "f1-score", "support")},
            }
            for index, name in enumerate(classes)
        ],
        names.MACRO_F1: table["macro avg"]["f1-score"],
    }


def mistakes(probabilities: np.ndarray, labels: np.ndarray, positions: np.ndarray) -> dict[str, list[int]]:
    """The images that are classified wrongly, as JSON values: `image` (indices), `true`, `predicted`.

    positions: of the images in their data set; `position` has those of the mistakes.
    `shown`: the indices of at most SHOWN of them, those whose true class got the least probability first; of
    equals the earlier.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    of_true = np.nan_to_num(probabilities[wrong, labels[wrong]])
    hardest = wrong[np.argsort(of_true, kind="stable")][:SHOWN]
    return {
        "image": wrong.tolist(),
        "position": positions[wrong].tolist(),
        "true": labels[wrong].tolist(),
        "predicted": predicted[wrong].tolist(),
        "shown": hardest.tolist(),
    }


def kept_answers(
    probabilities: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    positions: Mapping[str, np.ndarray],
) -> bytes:
    """The content of names.PROBABILITIES_FILE: equal answers give equal bytes.

    Every model has probabilities, though not of one kind: a network's are its softmax, those of a support
    vector machine Platt's, a forest's the mean over its trees, of nearest neighbours the share of five.
    float16 keeps three digits, and nothing below 6e-8.

    Args:
        probabilities: float (n, classes), by split.
        labels: int (n,), by split.
        positions: of the images in their data set, int (n,), by split.
    """
    arrays = {}
    for split, found in probabilities.items():
        # Two probabilities may round to one: the class is that of the unrounded ones, as everywhere.
        predicted = found.argmax(axis=1)
        arrays[names.answers(split, names.PROBABILITIES)] = found.astype(np.float16)
        arrays[names.answers(split, names.PREDICTED)] = predicted.astype(np.int32)
        arrays[names.answers(split, names.LABELS)] = labels[split].astype(np.int32)
        arrays[names.answers(split, names.POSITIONS)] = positions[split].astype(np.int32)
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()
