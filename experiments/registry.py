"""Claims are registered before the trials run: what is claimed, and when that was first stated.

The time is kept in the work folder and in the store; the earlier of the two stands. A claim that comes after
the first trial has begun is shown as added after data, and one that leaves the study file as withdrawn.
"""

import json
import math
import time
from pathlib import Path

from experiments import names, unfinished
from experiments.errors import UserError
from experiments.study import Study

FOLDER = "claims"
FLOOR = 0.05  # the adjusted p that a verdict takes

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
        unfinished.replace(place, json.dumps(merged, indent=1) + "\n")


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


def warning(study: Study) -> str | None:
    """A line where the seeds are too few to decide as many claims, or none.

    n against n trials have an exact two-sided p of 2 / C(2n, n) at least, and Holm's procedure multiplies the
    smallest of m by m.
    """
    seeds = len(study.seeds)
    claims = sum(claim.metric not in names.EXACT_METRICS for claim in study.stated())
    if not claims or claims * least_p(seeds) <= FLOOR:
        return None
    enough = next(n for n in range(seeds, 30) if claims * least_p(n) <= FLOOR)
    most = math.floor(FLOOR / least_p(seeds))
    told = f"at most {most}" if most else "none"
    return (
        f"{seeds} {'seed' if seeds == 1 else 'seeds'} can decide {told} of a study's claims at "
        f"p = {FLOOR:g} (Holm), and this one states {claims}: use {enough} seeds or more"
    )


def least_p(n: int) -> float:
    """The smallest two-sided p of an exact permutation test of n against n."""
    return min(1.0, 2 / math.comb(2 * n, n))


def _stored(held: dict[str, str]) -> Times:
    return {
        key.removeprefix(names.CLAIM): json.loads(value)["registered"]
        for key, value in held.items()
        if key.startswith(names.CLAIM)
    }


def _place(work: Path, study: str) -> Path:
    return work / FOLDER / f"{study}.json"
