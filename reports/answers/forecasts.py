"""Would more images help? What learning curves say of up to twice the images, and what became of it.

A curve is withheld where it would not have told the largest size from the smaller ones. What is forecast can
be registered before more images are there; trials that begin later, at more images, judge it.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from scipy import stats

from experiments import names
from reports import words
from reports.answers import sizes
from reports.numbers import learning_curve
from reports.numbers.intervals import Interval
from reports.numbers.learning_curve import LEVEL, REACH, Check, Curve
from reports.store.arms import by_arm
from reports.store.forecasts import Point, Registered
from reports.store.record import Record

STEP = 0.01  # of error: what a reader asks for next
POINTS = 9  # of a registered forecast, from the largest size to REACH times it


@dataclass(frozen=True, eq=False)
class Forecast:
    """What one arm's chains say of more images.

    rest: the setting without the number of training images, as people read it; trials: rows of `sizes.trials`
    that the chains are of; curve: None where `lacking` says why there is none; check: the largest size
    as the smaller ones expected it, None where they are too few.
    """

    arm: str
    title: str
    rest: str
    trials: pd.DataFrame
    curve: Curve | None
    check: Check | None = None
    lacking: str = ""

    @property
    def withheld(self) -> bool:
        """Whether there is a curve that did not tell what was measured."""
        return self.check is not None and not self.check.held

    @property
    def given(self) -> bool:
        """Whether anything is said of more images."""
        return self.curve is not None and not self.withheld


@dataclass(frozen=True)
class Judged:
    """A registered forecast beside what was measured later: mean test error of trials of one size.

    expected: with an interval that has the spread of the seeds measured in it too.
    """

    forecast: Registered
    title: str
    size: float
    expected: Interval
    measured: float
    seeds: int

    @property
    def held(self) -> bool:
        """Whether what was measured lies within."""
        return self.expected.low <= self.measured <= self.expected.high


def of(record: Record) -> list[Forecast]:
    """A forecast of each arm and setting of what else is varied; none where no train size varies."""
    trials = sizes.trials(record, sizes.TRAIN)
    if trials is None:
        return []
    trials = trials.assign(error=1 - trials["accuracy"])
    return [_forecast(rest, arm) for rest, frame in sizes.by_rest(trials).items() for _, arm in by_arm(frame)]


def _forecast(rest: str, arm: pd.DataFrame) -> Forecast:
    """Of the seeds that were trained at every size; arm: the trials of one arm, with error."""
    chains = arm.pivot_table(index="seed", columns=sizes.TRAIN, values="error", aggfunc="last").dropna()
    name, title = (str(arm[column].iloc[0]) for column in ("arm", "title"))
    lacking = _lacking(arm, chains)
    curve = None if lacking else learning_curve.fit(chains.columns.to_numpy(), chains.to_numpy())
    check = None if curve is None else learning_curve.check(curve.sizes, curve.errors)
    return Forecast(name, title, rest, arm[arm["seed"].isin(chains.index)], curve, check, lacking)


def _lacking(arm: pd.DataFrame, chains: pd.DataFrame) -> str:
    """Why there is no curve; empty if there is one."""
    seeds, count = chains.shape
    if arm["diverged"].any():
        return "a trial diverged"
    if count < learning_curve.LEAST_SIZES:
        return f"{count} sizes, and a curve needs {learning_curve.LEAST_SIZES}"
    if seeds < learning_curve.LEAST_CHAINS:
        return f"{seeds} seeds at every size, and a curve needs {learning_curve.LEAST_CHAINS}"
    if not (chains.to_numpy() > 0).all():
        return "a test error of 0"
    return ""


def crossings(forecasts: Iterable[Forecast]) -> list[tuple[Forecast, Forecast, float]]:
    """Two arms of one setting whose curves cross, and from how many images on; the second is then better."""
    given = [each for each in forecasts if each.given]
    found = []
    for place, one in enumerate(given):
        for other in given[place + 1 :]:
            if one.rest != other.rest:
                continue
            if (size := learning_curve.crossing(one.curve, other.curve)) is not None:
                better = other.curve.at(size) < one.curve.at(size)
                found.append((one, other, size) if better else (other, one, size))
    return found


def to_register(record: Record) -> list[Registered]:
    """The forecasts that are given, as the store keeps them."""
    return [_registered(each) for each in of(record) if each.given]


def _registered(forecast: Forecast) -> Registered:
    curve, first = forecast.curve, forecast.trials.iloc[0]
    largest = curve.sizes[-1]
    points = []
    for size in np.geomspace(largest, REACH * largest, POINTS):
        found = curve.between(size)
        points.append(Point(float(size), float(found.estimate), found.low, found.high))
    return Registered(
        arm=forecast.arm,
        rest=str(first["rest"]),
        trained_as=str(_trained_as(forecast.trials).iloc[0]),
        data=str(first["data_digest"]),
        sizes=tuple(map(float, curve.sizes)),
        seeds=tuple(sorted(map(int, forecast.trials["seed"].unique()))),
        shared_test=shared_test(forecast.trials),
        level=LEVEL,
        points=tuple(points),
    )


def judged(record: Record) -> list[Judged]:
    """Each registered forecast at each size beyond its own, up to twice as many, that was trained later."""
    trials = sizes.trials(record, sizes.TRAIN)
    if trials is None:
        return []
    found = []
    for forecast in record.forecasts:
        later = trials[
            (trials["started"] > forecast.registered)
            & (trials["arm"] == forecast.arm)
            & (trials["rest"] == forecast.rest)
            & (_trained_as(trials) == forecast.trained_as)
            & (trials[sizes.TRAIN] > forecast.sizes[-1])
            & (trials[sizes.TRAIN] <= forecast.points[-1].size * (1 + 1e-9))
        ]
        for size, rows in later.groupby(sizes.TRAIN):
            errors = 1 - rows["accuracy"].dropna().to_numpy()
            if len(errors) >= learning_curve.LEAST_CHAINS and (errors > 0).all():
                found.append(_judged(forecast, float(size), rows, errors))
    return found


def shared_test(trials: pd.DataFrame) -> int:
    """How many test images all seeds share; 0 where each has a split of its own. trials: of several seeds."""
    splits = trials.groupby("train_size")["split_digest"].nunique()
    return int(trials["test_size"].max()) if (splits == 1).all() else 0


def _trained_as(trials: pd.DataFrame) -> pd.Series:
    """How each trial was trained, but for its images and the rate that a sweep may have chosen, as text."""
    shown = ("image_size", "crop", "crops")
    texts = []
    for row in trials.itertuples():
        recipe = {key: value for key, value in json.loads(row.recipe).items() if key != "learning_rate"}
        recipe = {key: value for key, value in recipe.items() if value != names.LATER_RECIPE_FIELDS.get(key)}
        data = json.loads(row.data_spec)
        seen = {key: data[key] for key in shown if key in data}
        texts.append(json.dumps([row.model, json.loads(row.arguments), recipe, seen], sort_keys=True))
    return pd.Series(texts, index=trials.index, dtype=object)


def _judged(forecast: Registered, size: float, rows: pd.DataFrame, errors: np.ndarray) -> Judged:
    """rows: the trials at that size; errors: those of their seeds, above 0."""
    at = np.log([point.size for point in forecast.points])
    expected, low, high = (
        np.interp(math.log(size), at, np.log([getattr(point, name) for point in forecast.points]))
        for name in ("error", "low", "high")
    )
    logs = np.log(errors)
    # Other seeds than those of the fit, often other test images: their mean is not the true error either.
    own = stats.t.ppf((1 + forecast.level) / 2, len(logs) - 1) * stats.sem(logs)
    if forecast.data != rows["data_digest"].iloc[0]:
        # Seeds that share their test images do not show what other images would do.
        images = [each for each in (forecast.shared_test, shared_test(rows)) if each]
        variance = sum((1 / math.exp(expected) - 1) / each for each in images)
        own = math.hypot(own, stats.norm.ppf((1 + forecast.level) / 2) * math.sqrt(variance))
    ends = expected - math.hypot(expected - low, own), expected + math.hypot(high - expected, own)
    within = Interval(math.exp(expected), math.exp(ends[0]), math.exp(ends[1]))
    return Judged(forecast, str(rows["title"].iloc[0]), size, within, float(np.exp(logs.mean())), len(logs))


def sentences(record: Record) -> list[str]:
    """Would more images help: of each setting what is expected, what is withheld, and what became of it."""
    found = of(record)
    lines = [_expected(rest, each) for (rest, _), each in _grouped(found).items()]
    lines += [_withheld(each) for each in found if each.withheld]
    if lines and (none := [each for each in found if each.lacking]):
        lines.append(f"No curve of {words.listed([_reason(each) for each in none])}.")
    lines += [_crossing(*each) for each in crossings(found)]
    return [line for line in [*lines, *map(outcome, judged(record))] if line]


def outcome(each: Judged) -> str:
    """What became of a registered forecast, in a sentence."""
    day = datetime.fromtimestamp(each.forecast.registered / 1000, UTC)
    return (
        f"{_setting(each.forecast.rest)}Forecast from {sizes.text(each.forecast.sizes[-1])} images and "
        f"registered on {day:%Y-%m-%d}: at {sizes.text(each.size)}, {each.title} has a "
        f"test error of {_interval(each.expected)}; measured since: {each.measured:.3f} "
        f"({each.seeds} seeds), {'within' if each.held else 'outside'}."
    )


def _grouped(found: Iterable[Forecast]) -> dict[tuple[str, float], list[Forecast]]:
    """The forecasts that are given by setting and largest size: an arm may still lack the last one."""
    groups: dict[tuple[str, float], list[Forecast]] = {}
    for each in found:
        if each.given:
            groups.setdefault((each.rest, float(each.curve.sizes[-1])), []).append(each)
    return groups


def _expected(rest: str, given: list[Forecast]) -> str:
    """What more images would bring: the error at twice as many, and at least how many a point less takes."""
    largest = max(each.curve.sizes[-1] for each in given)
    errors, images, checked = [], [], []
    for each in given:
        curve = each.curve
        errors.append(f"{each.title} {_interval(curve.between(REACH * curve.sizes[-1]))}")
        needed = curve.at_least(curve.at(curve.sizes[-1]) - STEP)
        beyond = math.isinf(needed)
        amount = REACH * curve.sizes[-1] if beyond else _rounded_down(needed)
        images.append(f"{'more than' if beyond else 'at least'} {sizes.text(amount)} for {each.title}")
        checked += [each.title] if each.check else []
    unchecked = [each.title for each in given if each.check is None]
    held = (
        f" Fitted without {sizes.text(largest)}, it would have told what was measured there for "
        f"{words.listed(checked)}."
        if checked
        else ""
    )
    if unchecked:
        held += (
            f" Whether it would have told the largest size is not known of {words.listed(unchecked)}: too "
            "few smaller ones, or too far below."
        )
    return (
        f"{_setting(rest)}At {sizes.text(REACH * largest)} training images, {REACH:g} times the most "
        f"measured, a power law with a floor expects a test error of {words.listed(errors)}, with "
        f"{LEVEL:.0%} intervals over seeds. An error lower by {STEP:g} than at {sizes.text(largest)} takes "
        f"{words.listed(images)}.{held}"
    )


def _crossing(one: Forecast, other: Forecast, size: float) -> str:
    return (
        f"{_setting(one.rest)}The curves of {one.title} and {other.title} cross near "
        f"{sizes.text(_rounded_down(size))} training images, beyond which {other.title} is expected to be "
        "better; their intervals overlap there."
    )


def _withheld(each: Forecast) -> str:
    check = each.check
    return (
        f"{_setting(each.rest)}No forecast for {each.title}: fitted to fewer images, the same curve expected "
        f"{_interval(check.expected)} at {sizes.text(check.size)}, where {check.measured:.3f} was measured."
    )


def _interval(found: Interval) -> str:
    return f"{found.estimate:.3f} ({found.low:.3f} to {found.high:.3f})"


def _setting(rest: str) -> str:
    return f"{rest}: " if rest else ""


def _rounded_down(images: float) -> float:
    """To two digits: `at least` stays true."""
    unit = 10 ** (math.floor(math.log10(images)) - 1)
    return images // unit * unit


def why_none(record: Record) -> str:
    """Why there is not one forecast, in a sentence."""
    found = of(record)
    if not found:
        return (
            "No forecast: the study does not vary data.train, or beside it more than "
            f"{sizes.MOST_RESTS} settings; `make compare STUDY=train_size` varies it alone."
        )
    return f"No forecast: {words.listed([_reason(each) for each in found])}."


def _reason(each: Forecast) -> str:
    return f"{each.title}{f' at {each.rest}' if each.rest else ''} ({each.lacking})"


def as_json(record: Record) -> dict[str, object]:
    """The same for scripts; numbers are test errors."""
    return {
        "study": record.study,
        "level": LEVEL,
        "forecasts": [
            {
                "arm": each.arm,
                "setting": each.rest,
                "given": each.given,
                "reason": each.lacking or (_withheld(each) if each.withheld else ""),
                "points": [vars(point) for point in _registered(each).points] if each.given else [],
            }
            for each in of(record)
        ],
        "judged": [
            {
                "arm": each.forecast.arm,
                "size": each.size,
                **each.expected._asdict(),
                "measured": each.measured,
                "held": each.held,
            }
            for each in judged(record)
        ],
    }
