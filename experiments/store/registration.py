"""Registers claims and schedule of a study before its trials run: what is claimed, and since when.

The time is kept in the work folder and in the store; the earlier of the two stands. A claim that comes after
the first trial has begun is shown as added after data, and one that leaves the study file as withdrawn.
"""

import json
import math
import time
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from experiments import files, names
from experiments.errors import UserError
from experiments.store import records
from experiments.studies.schedule import Schedule
from experiments.studies.specification import Frozen
from experiments.studies.study import Study


class Planned(Frozen):
    """A schedule, and when it was registered, in milliseconds since 1970."""

    schedule: Schedule
    registered: int


Times = dict[str, int]  # of registration, milliseconds since 1970, by a claim's digest


def tags(study: Study, times: Times) -> dict[str, str]:
    """The study's claims as tags of its experiment; claims without a time are registered now."""
    now = round(time.time() * 1000)
    stated = study.stated()
    content = {names.CLAIMS: json.dumps([claim.digest for claim in stated])} if stated else {}
    for claim in stated:
        registered = times.get(claim.digest, now)
        content[names.CLAIM + claim.digest] = claim.model_dump_json()[:-1] + f',"registered":{registered}}}'
    return content


def plan_tags(planned: Planned | None) -> dict[str, str]:
    """A registered schedule as a tag of the experiment; none of a pack from before there were any."""
    return {} if planned is None else {names.PLAN: planned.model_dump_json()}


def plan(work: Path, study: str) -> Planned | None:
    """The schedule that was registered here.

    Raises:
        UserError: the record is damaged.
    """
    file = _plan_file(work, study)
    try:
        return Planned.model_validate_json(file.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UserError(
            f"{file}: the plan of seeds and looks cannot be read ({str(error).splitlines()[0]}); delete it, "
            "and the plan counts as made now"
        ) from None


def standing_plan(
    study: Study, wanted: Schedule, work: Path, stored: dict[str, str], *, begun: bool
) -> Planned:
    """The schedule that a study is judged by.

    begun: a trial of the study has begun: then the schedule that was registered first stays.
    """
    first = earliest(plans(work, study.name, stored))
    if first is None or (not begun and first.schedule != wanted):
        return Planned(schedule=wanted, registered=round(time.time() * 1000))
    return first


def changed_plan(study: Study, standing: Planned, work: Path, stored: dict[str, str]) -> dict[str, str]:
    """The tag of the schedule that the store must be given; none of a study without claims."""
    if not study.claims:
        return {}
    tags = plan_tags(standing)
    unknown = tags[names.PLAN] != stored.get(names.PLAN) or plan(work, study.name) is None
    return tags if unknown else {}


def plans(work: Path, study: str, stored: dict[str, str]) -> list[Planned | None]:
    """The schedules that are registered here and in the tags of the store; None where there is none."""
    try:
        tagged = Planned.model_validate_json(stored[names.PLAN])
    except (KeyError, ValidationError):
        tagged = None
    return [plan(work, study), tagged]


def earliest(known: Iterable[Planned | None]) -> Planned | None:
    """The schedule that was registered first, which is the one that stands."""
    return min((each for each in known if each), key=lambda each: each.registered, default=None)


def changed_tags(study: Study, work: Path, stored: dict[str, str]) -> dict[str, str]:
    """The tags of claims that the store must be given; `stored`: those that the experiment has."""
    kept, tagged = times(work, study.name), _times_in(stored)
    earliest = {
        digest: min(each.get(digest, math.inf) for each in (kept, tagged)) for digest in kept | tagged
    }
    wanted = tags(study, earliest)
    if names.CLAIMS in stored:
        wanted.setdefault(names.CLAIMS, "[]")
    return {key: value for key, value in wanted.items() if stored.get(key) != value}


def keep(work: Path, study: str, tags: dict[str, str]) -> None:
    """Write the times and the plan in tags to the work folder; a time that is there stays."""
    records.add(_file(work, study), times(work, study), _times_in(tags))
    if names.PLAN in tags:
        file = _plan_file(work, study)
        file.parent.mkdir(parents=True, exist_ok=True)
        files.replace(file, tags[names.PLAN] + "\n")


def times(work: Path, study: str) -> Times:
    """When the claims of a study were registered here.

    Raises:
        UserError: the record is damaged.
    """
    what = "the times at which claims were registered"
    return records.read(_file(work, study), int, what, "they count as registered now")


def _times_in(tags: dict[str, str]) -> Times:
    return {
        key.removeprefix(names.CLAIM): json.loads(value)["registered"]
        for key, value in tags.items()
        if key.startswith(names.CLAIM)
    }


def _plan_file(work: Path, study: str) -> Path:
    return work / names.REGISTERED_FOLDER / "plans" / f"{study}.json"


def _file(work: Path, study: str) -> Path:
    return work / names.REGISTERED_FOLDER / f"{study}.json"
