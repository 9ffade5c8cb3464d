"""Registered forecasts are kept in the work folder too: a store that is lost or moved does not end them.

Reports write them into the store as tags; what they say is of no concern here.
"""

from collections.abc import Mapping
from pathlib import Path

from experiments import names
from experiments.store import records

Tags = dict[str, str]  # of forecasts alone, by their keys


def of_tags(tags: Mapping[str, str]) -> Tags:
    """Those tags of an experiment that are forecasts."""
    return {key: value for key, value in tags.items() if key.startswith(names.FORECAST)}


def kept(work: Path, study: str) -> Tags:
    """What the work folder holds of a study.

    Raises:
        UserError: the record is damaged.
    """
    return records.read(_file(work, study), str, "the registered forecasts", "those of the store alone count")


def changed_tags(study: str, work: Path, stored: Mapping[str, str]) -> Tags:
    """The forecasts that the store or the work folder lacks; of two with one key that of the store stands."""
    here, there = kept(work, study), of_tags(stored)
    return {key: value for key, value in (here | there).items() if key not in here or key not in there}


def keep(work: Path, study: str, tags: Mapping[str, str]) -> None:
    """Write the forecasts among tags to the work folder; one that is there stays."""
    records.add(_file(work, study), kept(work, study), of_tags(tags))


def _file(work: Path, study: str) -> Path:
    return work / names.REGISTERED_FOLDER / "forecasts" / f"{study}.json"
