"""Registered forecasts are kept in the work folder too: a store that is lost or moved does not end them.

Reports write them into the store as tags; what they say is of no concern here.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from experiments import files, names
from experiments.errors import UserError

Tags = dict[str, str]  # of forecasts alone, by their keys


def of_tags(tags: Mapping[str, str]) -> Tags:
    """Those tags of an experiment that are forecasts."""
    return {key: value for key, value in tags.items() if key.startswith(names.FORECAST)}


def kept(work: Path, study: str) -> Tags:
    """What the work folder holds of a study.

    Raises:
        UserError: the record is damaged.
    """
    file = _file(work, study)
    try:
        return {str(key): str(value) for key, value in json.loads(file.read_text()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(
            f"{file}: the registered forecasts cannot be read ({error}); delete it, and those of the store "
            "alone count"
        ) from None


def changed_tags(study: str, work: Path, stored: Mapping[str, str]) -> Tags:
    """The forecasts that the store or the work folder lacks; of two with one key that of the store stands."""
    here, there = kept(work, study), of_tags(stored)
    return {key: value for key, value in (here | there).items() if key not in here or key not in there}


def keep(work: Path, study: str, tags: Mapping[str, str]) -> None:
    """Write the forecasts among tags to the work folder; one that is there stays."""
    before = kept(work, study)
    merged = of_tags(tags) | before
    if merged != before:
        file = _file(work, study)
        file.parent.mkdir(parents=True, exist_ok=True)
        files.replace(file, json.dumps(merged, indent=1) + "\n")


def _file(work: Path, study: str) -> Path:
    return work / names.REGISTERED_FOLDER / "forecasts" / f"{study}.json"
