"""The confusion matrix of a trial on its test images, as its test report has it."""

import json
from typing import NamedTuple

import numpy as np

from experiments import names
from reports.store.record import Record


class Confusion(NamedTuple):
    """classes: their names; counts: int (true, predicted)."""

    classes: tuple[str, ...]
    counts: np.ndarray


def read(record: Record, run_id: str) -> Confusion | None:
    """The confusion matrix of a run of the study; None where it left no test report.

    Raises:
        StoreError: the store does not answer.
    """
    content = record.file(run_id, names.TEST_REPORT_FILE)
    if content is None:
        return None
    return parse(content)


def parse(content: bytes) -> Confusion:
    """The confusion matrix in a test report. Raises ValueError where it is damaged."""
    report = json.loads(content)
    try:
        found = Confusion(tuple(report["classes"]), np.array(report["confusion_matrix"], int))
    except (KeyError, TypeError) as error:
        raise ValueError(f"no test report ({error})") from None
    if found.counts.shape != 2 * (len(found.classes),):
        raise ValueError("its matrix is not of its classes")
    return found
