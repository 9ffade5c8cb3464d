"""The seeds and looks of a study as they were registered in the store, before its trials began or after."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from experiments import names


@dataclass(frozen=True)
class Plan:
    """Seeds in the order in which they are trained, and the numbers of them at which claims are judged.

    after_data: it was registered after the first trial had begun.
    """

    seeds: tuple[int, ...]
    looks: tuple[int, ...]
    after_data: bool = False


def read(tags: Mapping[str, str], begun: int | None) -> Plan | None:
    """The plan in an experiment's tags; None of a study from before plans were registered.

    begun: when its first trial began, in milliseconds since 1970; None: no trial has begun.
    """
    try:
        planned = json.loads(tags[names.PLAN])
        schedule = planned["schedule"]
        seeds, looks = tuple(map(int, schedule["seeds"])), tuple(map(int, schedule["looks"]))
        after = begun is not None and int(planned["registered"]) > begun
    except (KeyError, ValueError, TypeError):  # somebody edited it on MLflow's pages
        return None
    return Plan(seeds, looks, after) if looks and list(looks) == sorted(looks) else None
