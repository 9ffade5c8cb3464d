"""What trials answered on their test images: which classes they confuse, which images most get wrong.

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
MOST_CLASSES = 20  # of a confusion matrix; a larger one is told by its most frequent confusions alone
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
        places = zip(*np.unravel_index(order, wrong.shape), strict=True)
        return [(self.classes[i], self.classes[j], wrong[i, j]) for i, j in places if wrong[i, j] > 0]


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
        reports = [json.loads(told) for run in arm["run_id"] if (told := read(run, names.TEST_REPORT_FILE))]
        if reports:
            counts = sum(np.array(each["confusion_matrix"]) for each in reports)
            found.append(Confusion(str(label), tuple(reports[0]["classes"]), counts, len(reports)))
    return found


def hardest(record: Record, read: Reader, classes: Sequence[str]) -> tuple[list[Hard], int]:
    """The test images that most trials get wrong, of those whose picture was kept; and how many all do.

    Most first; of those that as many get wrong, the classes take turns. Of the runs that share the test
    images of most; others have other images at a position.
    """
    if record.runs.empty:
        return [], 0
    shared = record.runs["test_digest"].mode().iloc[0]
    runs = list(record.runs.loc[record.runs["test_digest"] == shared, "run_id"])
    lists = {run: json.loads(told) for run in runs if (told := read(run, names.MISTAKES_FILE))}
    answers: dict[int, list[int]] = {}
    true, kept, files = {}, {}, {}
    for run, told in lists.items():
        for image, label, predicted in zip(told["image"], told["true"], told["predicted"], strict=True):
            answers.setdefault(image, []).append(predicted)
            true[image] = label
        files |= dict(zip(told["image"], told.get("file", []), strict=False))
        for place, image in enumerate(told["shown"]):
            kept.setdefault(image, (run, place))
    tiles: dict[str, list[Image.Image]] = {}
    found = []
    for image in _in_turns(kept, answers, true):
        run, place = kept[image]
        if run not in tiles:
            tiles[run] = list(_tiles(read(run, names.MISTAKES_PICTURE)))
        if place < len(tiles[run]):
            said = max(sorted(set(answers[image])), key=answers[image].count)
            of = (classes[true[image]], classes[said], len(answers[image]), len(lists))
            found.append(Hard(image, *of, tiles[run][place], files.get(image, "")))
        if len(found) == MOST_SHOWN:
            break
    return found, sum(len(each) == len(lists) for each in answers.values())


def _in_turns(images: Iterable[int], answers: dict[int, list[int]], true: dict[int, int]) -> list[int]:
    """The images that most get wrong first; among equals the first of each class, then the second of each."""
    place = {}
    taken: Counter[tuple[int, int]] = Counter()
    for image in sorted(images):
        group = (len(answers[image]), true[image])
        place[image] = taken[group]
        taken[group] += 1
    return sorted(images, key=lambda image: (-len(answers[image]), place[image], true[image]))


def _tiles(picture: bytes | None) -> Iterator[Image.Image]:
    if not picture:
        return
    whole = Image.open(io.BytesIO(picture))
    side = whole.width // names.MISTAKES_COLUMNS
    for top in range(0, whole.height, side):
        for left in range(0, whole.width, side):
            yield whole.crop((left, top, left + side, top + side))
