"""The network of a trial, as the trial read it off what it trained."""

from experiments import names
from experiments.logs.network import Structure
from experiments.logs.network import read as read_structure
from reports.store.record import Record


def read(record: Record, run_id: str) -> Structure | None:
    """The structure of a run's network; None where the trial left none: older ones did not.

    Raises:
        StoreError: the store does not answer.
    """
    content = record.file(run_id, names.NETWORK_FILE)
    return None if content is None else read_structure(content)
