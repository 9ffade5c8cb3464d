"""Claims are registered before the trials run: what is claimed, and when that was first stated.

The time is kept in the work folder and in the store; the earlier of the two stands. A claim that comes after
the first trial has begun is shown as added after data, and one that leaves the study file as withdrawn.
"""

import json
import math
import time
from pathlib import Path

from experiments import files, names
from experiments.errors import UserError
from experiments.studies.study import Study

FOLDER = "claims"
Times = dict[str, int]  # of registration, milliseconds since 1970, by a claim's digest


def tags(study: Study, times: Times) -> dict[str, str]:
    """The study's claims as tags of its experiment; those without a time are registered now."""
    now = round(time.time() * 1000)
    stated = study.stated()
    told = {names.CLAIMS: json.dumps([claim.digest for claim in stated])} if stated else {}
    for claim in stated:
        registered = times.get(claim.digest, now)
        told[names.CLAIM + claim.digest] = claim.model_dump_json()[:-1] + f',"registered":{registered}}}'
    return told


def due(study: Study, work: Path, held: dict[str, str]) -> dict[str, str]:
    """The tags of claims that the store, which holds the tags `held`, must be given."""
    kept, stored = times(work, study.name), _stored(held)
    earliest = {
        digest: min(each.get(digest, math.inf) for each in (kept, stored)) for digest in kept | stored
    }
    wanted = tags(study, earliest)
    if names.CLAIMS in held:
        wanted.setdefault(names.CLAIMS, "[]")
    return {key: value for key, value in wanted.items() if held.get(key) != value}


def keep(work: Path, study: str, told: dict[str, str]) -> None:
    """Write the times in tags through to the disk; an earlier time that is kept stays."""
    kept = times(work, study)
    merged = _stored(told) | kept
    if merged != kept:
        place = _place(work, study)
        place.parent.mkdir(parents=True, exist_ok=True)
        files.replace(place, json.dumps(merged, indent=1) + "\n")


def times(work: Path, study: str) -> Times:
    """When the claims of a study were registered here.

    Raises:
        UserError: the record is damaged.
    """
    place = _place(work, study)
    try:
        return {str(digest): int(at) for digest, at in json.loads(place.read_text()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UserError(
            f"{place}: the times at which claims were registered cannot be read ({error}); "
            "delete it, and they count as registered now"
        ) from None


def _stored(held: dict[str, str]) -> Times:
    return {
        key.removeprefix(names.CLAIM): json.loads(value)["registered"]
        for key, value in held.items()
        if key.startswith(names.CLAIM)
    }


def _place(work: Path, study: str) -> Path:
    return work / FOLDER / f"{study}.json"
