"""The answers of trials on their test images: which classes they confuse, which images most get wrong.

From the files that each run leaves beside its metrics (`experiments/names.py`, TRIAL_FILES).
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from experiments import names
from reports.store.record import Record

Reader = Callable[[str, str], bytes | None]  # a run id, a file's name
MOST_SHOWN = 24  # hardest images
MOST_CLASSES = 20  # of a confusion matrix; of a larger one only the most frequent confusions are shown
MOST_PAIRS = 5


@dataclass(frozen=True)
class Confusion:
    """Of an arm: classes, int (true, predicted) counts summed over `trials`."""

    label: str
    classes: tuple[str, ...]
    counts: np.ndarray
    trials: int

    @property
    def shares(self) -> np.ndarray:
        """Float (true, predicted): of the images of a class; a class without images has zeros."""
        return self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)

    @property
    def pairs(self) -> list[tuple[str, str, float]]:
        """The most frequent confusions: true class, predicted class, share of the true class's images."""
        wrong = self.shares * ~np.eye(len(self.classes), dtype=bool)
        order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_PAIRS]
        cells = zip(*np.unravel_index(order, wrong.shape), strict=True)
        return [(self.classes[i], self.classes[j], wrong[i, j]) for i, j in cells if wrong[i, j] > 0]


@dataclass(frozen=True)
class Hard:
    """A test image that many trials get wrong: of `trials`, `wrong`; predicted: the most frequent answer.

    file: its name in the folder or list that it came from; empty where that has no files.
    """

    image: int
    true: str
    predicted: str
    wrong: int
    trials: int
    picture: Image.Image
    file: str = ""


def confusions(record: Record, read: Reader) -> list[Confusion]:
    """A confusion matrix a label with one, in study order."""
    found = []
    for label, arm in record.runs.groupby("label", sort=False):
        reports = [json.loads(text) for run in arm["run_id"] if (text := read(run, names.TEST_REPORT_FILE))]
        if reports:
            counts = sum(np.array(each["confusion_matrix"]) for each in reports)
            found.append(Confusion(str(label), tuple(reports[0]["classes"]), counts, len(reports)))
    return found


def hardest(record: Record, read: Reader, classes: Sequence[str]) -> tuple[list[Hard], int]:
    """The test images that most trials get wrong, of those whose picture was kept; how many all do.

    Most first; ties are broken by class in turn. Only runs with the most frequent test images count: others
    have other images at an index.
    """
    if record.runs.empty:
        return [], 0
    shared = record.runs["test_digest"].mode().iloc[0]
    runs = list(record.runs.loc[record.runs["test_digest"] == shared, "run_id"])
    lists = {run: json.loads(text) for run in runs if (text := read(run, names.MISTAKES_FILE))}
    answers: dict[int, list[int]] = {}
    true, kept, files = {}, {}, {}
    for run, wrong in lists.items():
        for image, label, predicted in zip(wrong["image"], wrong["true"], wrong["predicted"], strict=True):
            answers.setdefault(image, []).append(predicted)
            true[image] = label
        files |= dict(zip(wrong["image"], wrong.get("file", []), strict=False))
        for index, image in enumerate(wrong["shown"]):
            kept.setdefault(image, (run, index))
    tiles: dict[str, list[Image.Image]] = {}
    found = []
    for image in _in_turns(kept, answers, true):
        run, index = kept[image]
        if run not in tiles:
            tiles[run] = list(_tiles(read(run, names.MISTAKES_PICTURE)))
        if index < len(tiles[run]):
            frequent = max(sorted(set(answers[image])), key=answers[image].count)
            found.append(
                Hard(
                    image,
                    true=classes[true[image]],
                    predicted=classes[frequent],
                    wrong=len(answers[image]),
                    trials=len(lists),
                    picture=tiles[run][index],
                    file=files.get(image, ""),
                )
            )
        if len(found) == MOST_SHOWN:
            break
    return found, sum(len(each) == len(lists) for each in answers.values())


def _in_turns(images: Iterable[int], answers: dict[int, list[int]], true: dict[int, int]) -> list[int]:
    """The images that most get wrong first; among equals the first of each class, then the second of each."""
    turn = {}
    taken: Counter[tuple[int, int]] = Counter()
    for image in sorted(images):
        group = (len(answers[image]), true[image])
        turn[image] = taken[group]
        taken[group] += 1
    return sorted(images, key=lambda image: (-len(answers[image]), turn[image], true[image]))


def _tiles(picture: bytes | None) -> Iterator[Image.Image]:
    """The single images of a picture of many; none of one that is damaged."""
    if not picture:
        return
    try:
        whole = Image.open(io.BytesIO(picture))
        whole.load()
    except (OSError, SyntaxError, ValueError):  # what Pillow raises, by kind of damage
        return
    side = whole.width // names.MISTAKES_COLUMNS
    for top in range(0, whole.height, side):
        for left in range(0, whole.width, side):
            yield whole.crop((left, top, left + side, top + side))
