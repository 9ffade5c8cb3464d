"""What a report may write into the store: tags of a study that say what was forecast."""

from collections.abc import Mapping

from reports.store import reading


def write(uri: str, experiment: str, tags: Mapping[str, str]) -> None:
    """Set tags of an experiment, by its id. Raises StoreError where the store does not answer."""
    if tags:
        with reading.connected(uri) as client:
            for key, value in tags.items():
                client.set_experiment_tag(experiment, key, value)
