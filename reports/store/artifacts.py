"""Files that the runs of a study left beside their metrics (`experiments/names.py`, TRIAL_FILES)."""

from reports.store import reading
from reports.store.record import Record


def read(record: Record, run_id: str, name: str) -> bytes | None:
    """The content of one file of a run of the study; None where the run has no such file.

    Raises:
        StoreError: the store does not answer.
    """
    folder = record.runs.loc[record.runs["run_id"] == run_id, "artifacts"]
    if folder.empty or not folder.iloc[0]:
        return None
    return reading.artifact(record.uri, run_id, folder.iloc[0], name)
