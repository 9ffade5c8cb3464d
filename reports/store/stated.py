"""The claims of a study as they were registered in the store, before or after its trials began."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from experiments import names


@dataclass(frozen=True)
class Stated:
    """A claim as it was registered; comparisons: (left arm, its setting, right arm, its setting) each.

    target: of several, `judge.resolved` chooses one from the trials.
    held: the target is reached at the first of two evaluations in a row.
    current: it stands in the study file now; after_data: it was registered after the first trial had begun.
    """

    digest: str
    text: str
    metric: str
    target: float | tuple[float, ...] | None
    direction: str
    margin: float
    comparisons: tuple[tuple[str, str, str, str], ...]
    registered: int
    current: bool
    after_data: bool
    held: bool = False


def read(tags: Mapping[str, str], begun: int | None) -> tuple[Stated, ...]:
    """The claims in an experiment's tags, those of the study file first, in its order.

    begun: when its first trial began, in milliseconds since 1970; None: no trial has begun.
    """
    order = json.loads(tags.get(names.CLAIMS, "[]"))
    found = {
        key.removeprefix(names.CLAIM): json.loads(value)
        for key, value in tags.items()
        if key.startswith(names.CLAIM)
    }
    current = [digest for digest in order if digest in found]
    withdrawn = sorted(set(found) - set(order), key=lambda digest: (found[digest]["registered"], digest))
    return tuple(
        Stated(
            digest=digest,
            text=claim["text"],
            metric=claim["metric"],
            target=tuple(claim["target"]) if isinstance(claim["target"], list) else claim["target"],
            direction=claim["direction"],
            margin=claim["margin"],
            comparisons=tuple(map(tuple, claim["comparisons"])),
            registered=claim["registered"],
            current=digest in order,
            after_data=begun is not None and claim["registered"] > begun,
            held=claim.get("held", False),
        )
        for digest in current + withdrawn
        for claim in [found[digest]]
    )
