"""Whether the trials of a study may be compared at all (same images, same split), and what weakens that."""

import json
from collections.abc import Iterable

import pandas as pd

from experiments import settings
from reports.store import reading, record

ENOUGH_IMAGES = 100  # of which one moves accuracy by 0.01
ENOUGH_SEEDS = 5  # an exact two-sided test of 3 against 3 never goes below p = 0.10; 5 reach 0.008


class UnfairComparisonError(Exception):
    """Trials saw different images, or two stand for one seed; the message is one line."""


def check(runs: pd.DataFrame) -> list[str]:
    """Warnings, a line each, about the trials of one study.

    runs: as in `record.Record`. Raises UnfairComparisonError where the data or a split differs, or where two
    trials stand for one seed of one arm.
    """
    _one_trial_a_seed(runs)
    for parts in record.grid_points(runs["setting"].unique()).values():
        for what in ("data", "split", "validation", "test"):
            _same(runs[runs["setting"].isin(parts)], ["seed"], what)
    requests = runs.assign(request=[*map(_request, runs["data_spec"], runs["setting"])])
    _same(requests, ["request"], "data")
    _same(requests, ["request", "seed", "train_size"], "split")
    for what in ("validation", "test"):
        _same(requests, ["request", "seed"], what)
    runs = runs.assign(flags=runs["flags"].replace("", "none"))
    mixed = {
        "results versions": "results_version",
        "library versions": "versions",
        "CPUs": "cpu",
        "GPUs": "gpu",
        "oneDNN settings": "onednn",
        "flags of tensorflow in the environment": "flags",
        "numbers of trials side by side (their seconds are not comparable)": "workers",
    }
    return [
        *(_mixed(name, runs[column]) for name, column in mixed.items() if runs[column].nunique() > 1),
        *_few_images(runs),
        *_missing_seeds(runs),
        *_few_seeds(runs),
    ]


def _one_trial_a_seed(runs: pd.DataFrame) -> None:
    for (label, seed), group in runs.groupby(["label", "seed"], sort=False):
        versions = sorted({version or "1" for version in group["results_version"]})
        if len(versions) > 1:
            raise UnfairComparisonError(
                f"refused: {label}, seed {seed} stands here in results versions {' and '.join(versions)} (of "
                f"an imported pack?); run {reading.TRAIN} again, which sets older ones aside, or import the "
                "pack into a store of its own (--store)"
            )
        if len(group) > 1:
            raise UnfairComparisonError(
                f"refused: {len(group)} different trials stand for {label}, seed {seed} "
                f"({', '.join(group['trial'])}): the study file changed between them; run {reading.TRAIN} "
                f"again, which sets outdated runs aside"
            )


def _request(data_spec: str, setting: str) -> str:
    """The data that a study asks for, but for the number of training images; not what was found there."""
    found = {"data_digest", "partition"}
    fields = {key: value for key, value in json.loads(data_spec).items() if key not in found}
    return json.dumps([fields, settings.assignments(setting).get("data.near_duplicates")])


def _same(runs: pd.DataFrame, equal: list[str], what: str) -> None:
    grouped = runs.groupby(equal, sort=False, dropna=False)
    if (grouped[f"{what}_digest"].nunique() <= 1).all():
        return
    for _, group in grouped:
        first = group.drop_duplicates(f"{what}_digest")
        if len(first) > 1:
            one, other = (
                f"{row.label}, seed {row.seed} ({getattr(row, f'{what}_digest')[:12]})"
                for row in first.head(2).itertuples()
            )
            raise UnfairComparisonError(
                f"refused: {what} digests differ where they must be equal: {one} against {other}; "
                f"these trials did not see the same images: run {reading.TRAIN} again, which sets outdated "
                f"runs aside, or delete the wrong ones on MLflow's pages (`make ui`)"
            )


def _mixed(name: str, values: pd.Series) -> str:
    counts = ", ".join(
        f"{value or 'unknown'} ({n} {'trial' if n == 1 else 'trials'})"
        for value, n in values.value_counts().items()
    )
    rests = "; seconds and round-off differ by that, so compare no seconds" if name == "CPUs" else ""
    return f"trials mix {name}: {counts}{rests}"


def _few_images(runs: pd.DataFrame) -> Iterable[str]:
    for split in ("validation", "test"):
        sizes = runs[f"{split}_size"]
        fewest = sizes.min()
        if fewest < ENOUGH_IMAGES:
            images = "1 image" if fewest == 1 else f"{fewest:.0f} images"
            where = " in a setting" if sizes.nunique() > 1 else ""
            yield f"{split} holds {images}{where}: one image moves accuracy by {1 / fewest:.2f}"


def _missing_seeds(runs: pd.DataFrame) -> Iterable[str]:
    seeds = set(runs["seed"])
    for label, arm in runs.groupby("label", sort=False):
        if missing := sorted(seeds - set(arm["seed"])):
            listed = ", ".join(map(str, missing))
            done = len(seeds) - len(missing)
            yield f"{label}: {done} of {len(seeds)} seeds are complete (not yet: {listed})"


def _few_seeds(runs: pd.DataFrame) -> Iterable[str]:
    seeds = runs.groupby(["arm", "setting"], sort=False)["seed"].nunique().groupby("arm", sort=False).min()
    if few := [f"{arm} {n}" for arm, n in seeds.items() if n < ENOUGH_SEEDS]:
        yield f"fewer than {ENOUGH_SEEDS} seeds ({', '.join(few)}): weak evidence of a difference"
