"""What the chosen network of a trial answered on each image of validation or test, as the trial kept it."""

import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from experiments import names
from reports.store.reading import StoreError
from reports.store.record import Record

LARGEST = 2**30  # bytes of a file's arrays; a hundred thousand images of a thousand classes have a fifth


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of one trial on the images of one split, a row an image.

    probabilities: float16 (n, classes); predicted: int (n,), the class of the highest before they were
    rounded; labels: int (n,); positions: int (n,), of each image in the prepared data set: the same image at
    all trials whose `data_digest` is equal.
    """

    probabilities: np.ndarray
    predicted: np.ndarray
    labels: np.ndarray
    positions: np.ndarray

    @property
    def right(self) -> np.ndarray:
        """Bool (n,): whether the image was classified right; the mean is the trial's accuracy."""
        return self.predicted == self.labels

    @property
    def confidences(self) -> np.ndarray:
        """Float16 (n,): the probability of the class that was answered."""
        return self.probabilities[np.arange(len(self.predicted)), self.predicted]


def read(record: Record, run_id: str, split: str = names.TEST) -> Answers | None:
    """The answers of a run of the study; None where none were kept, as in packs of older versions.

    Raises:
        StoreError: the file is damaged, or the store does not answer.
    """
    content = record.file(run_id, names.PROBABILITIES_FILE)
    if content is None:
        return None
    try:
        return parse(content, split)
    except ValueError as error:
        raise StoreError(
            f"{names.PROBABILITIES_FILE} of run {run_id} cannot be read ({error}): delete it there, and the "
            "report goes without"
        ) from None


def parse(content: bytes, split: str = names.TEST) -> Answers:
    """The answers in a file that a trial kept. Raises ValueError where it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            if sum(each.file_size for each in opened.infolist()) > LARGEST:
                raise ValueError(f"arrays of more than {LARGEST} bytes")
        with np.load(io.BytesIO(content), allow_pickle=False) as opened:
            return _whole(Answers(*(opened[names.answers(split, array)] for array in names.ANSWERS)))
    except (KeyError, OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(str(error)) from None


def _whole(answers: Answers) -> Answers:
    """The answers, if their arrays fit each other. Raises ValueError."""
    rows = (len(answers.probabilities),)
    others = (answers.predicted, answers.labels, answers.positions)
    if answers.probabilities.ndim != 2 or any(each.shape != rows for each in others):
        raise ValueError("its arrays differ in length")
    classes = answers.probabilities.shape[1]
    for name, each in ((names.PREDICTED, answers.predicted), (names.LABELS, answers.labels)):
        if each.dtype.kind != "i" or (rows[0] and not 0 <= each.min() <= each.max() < classes):
            raise ValueError(f"{name} are no classes")
    return answers


def right(
    record: Record, runs: Iterable[str], split: str = names.TEST
) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
    """Of each run, 1 for an image that was classified right and 0 else, and which image that is; None where
    one kept no answers.

    Raises:
        StoreError: a file is damaged, or the store does not answer.
    """
    found = [read(record, run, split) for run in runs]
    if not found or any(each is None for each in found):
        return None
    return [each.right.astype(float) for each in found], [each.positions for each in found]


def differences(
    record: Record, pairs: Iterable[tuple[str, str]], split: str = names.TEST
) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
    """Of each pair of runs, left − right of each image that both were tested on, and which image that is.

    Left − right is −1, 0 or 1: whether the one was right less whether the other was. As
    `numbers.images.shared_images_variance` takes them; None where a run kept no answers, runs are of
    different data, or the two of a pair have no image in common.

    Raises:
        StoreError: a file is damaged, or the store does not answer.
    """
    found, positions = [], []
    pairs = [*pairs]
    among = record.runs["run_id"].isin([run for pair in pairs for run in pair])
    if record.runs.loc[among, "data_digest"].nunique() > 1:
        return None  # a position is another image there
    for left, right in pairs:
        one, other = read(record, left, split), read(record, right, split)
        if one is None or other is None:
            return None
        common, of_one, of_other = np.intersect1d(one.positions, other.positions, return_indices=True)
        if not len(common):
            return None
        found.append(one.right[of_one].astype(float) - other.right[of_other])
        positions.append(common)
    return (found, positions) if found else None
