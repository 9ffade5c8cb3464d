"""Forecasts of learning curves as they were registered in the store, to be judged by later trials."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from experiments import names


@dataclass(frozen=True)
class Point:
    """What is expected at a number of training images: a test error with the ends of its interval."""

    size: float
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class Registered:
    """What was said of one arm before more images were there.

    rest: the setting without the number of training images; trained_as: model, arguments, recipe and crop as
    JSON; data: the digest of the images it was fitted to; sizes, seeds: those of the fit; shared_test: how
    many test images all seeds share, 0 where each has a split of its own; points: from the largest size on,
    in order; level: of the intervals; registered: milliseconds since 1970, 0: not yet.
    """

    arm: str
    rest: str
    trained_as: str
    data: str
    sizes: tuple[float, ...]
    seeds: tuple[int, ...]
    shared_test: int
    level: float
    points: tuple[Point, ...]
    registered: int = 0

    @property
    def digest(self) -> str:
        """What it is a forecast of, and from: a second one of the same does not replace the first."""
        of = (self.arm, self.rest, self.trained_as, self.data, self.sizes, self.seeds)
        return hashlib.sha256(json.dumps(of).encode()).hexdigest()[:12]


def read(tags: Mapping[str, str]) -> tuple[Registered, ...]:
    """The forecasts in an experiment's tags, the earliest first; one that somebody edited is left out."""
    found = []
    for key, value in tags.items():
        if key.startswith(names.FORECAST):
            try:
                found.append(_from_json(value))
            except (ValueError, TypeError, KeyError):
                continue
    return tuple(sorted(found, key=lambda each: (each.registered, each.digest)))


def new(forecasts: Iterable[Registered], known: Iterable[Registered]) -> dict[str, str]:
    """The tags that register forecasts now; none of those that are known."""
    there = {each.digest for each in known}
    now = round(time.time() * 1000)
    return {
        names.FORECAST + each.digest: json.dumps(asdict(replace(each, registered=now)))
        for each in forecasts
        if each.digest not in there
    }


def _from_json(text: str) -> Registered:
    """Raises ValueError, TypeError or KeyError."""
    fields = json.loads(text)
    points = tuple(Point(**{name: float(value) for name, value in each.items()}) for each in fields["points"])
    sizes, seeds = tuple(map(float, fields["sizes"])), tuple(map(int, fields["seeds"]))
    return Registered(**fields | {"points": points, "sizes": sizes, "seeds": seeds})
