"""Notes on the data, epochs and recipes of a study, which a reader needs beside its tables; a line each."""

import json
import math

import pandas as pd

from experiments import names
from reports import words
from reports.numbers import scores, sweep
from reports.store import confusion
from reports.store.record import MOST_APART, Record, grid_points
from reports.tables import differences, imagenet

NO_LEVEL = (
    f"no common training accuracy of at least {scores.LEAST_LEVEL} was reached by all trials with a curve, "
    "so gaps at equal training accuracy are not shown"
)


def lines(record: Record) -> list[str]:
    """All notes on the study, a line each."""
    no_level = [NO_LEVEL] if math.isnan(record.training_level) and _with_curves(record) else []
    tuned = set(record.tuning["arm"])
    return [
        *_chosen(record),
        *_shrunk(record),
        *_learnt_elsewhere(record),
        *(f"data: {notice}" for notice in record.notices),
        *_epoch_lengths(record.runs),
        *_evaluations(record.runs),
        *tuned_rates(record),
        *differences.departures(record.runs, tuned),
        *no_level,
        *_undrawn(record),
    ]


def _chosen(record: Record) -> list[str]:
    """How large the study is where that follows from the minutes it had."""
    return [f"size, chosen before training: {record.options['chosen']}"] if "chosen" in record.options else []


def _shrunk(record: Record) -> list[str]:
    if "sizes" not in record.options:
        return []
    return [
        f"data: fewer images than the study asks for ({record.options['sizes']}), so its splits are smaller"
    ]


def _learnt_elsewhere(record: Record) -> list[str]:
    """What some arms have seen that others have not."""
    runs = record.runs[record.runs["kind"].isin((names.FROZEN, names.FINETUNED))]
    encoders = runs["arguments"].map(lambda text: json.loads(text).get("encoder", ""))
    own = encoders.str.startswith(names.OWN_ENCODER)
    found = []
    if arms := [*runs.loc[~own, "title"].unique()]:
        found.append(
            f"not alike: {words.listed(arms)} {_has(arms)} seen 1.28 million photographs of 1,000 classes "
            f"before (ImageNet), the other arms these alone{_seen_before(record)}"
        )
    for encoder, of_encoder in runs[own].groupby(encoders[own], sort=False):
        arms = [*of_encoder["title"].unique()]
        trial = encoder.removeprefix(names.OWN_ENCODER)
        found.append(
            f"not alike: {words.listed(arms)} {_has(arms)} seen the images of trial {trial} before, whose "
            "network is the encoder, and what that one began with"
        )
    return found


def _has(arms: list[str]) -> str:
    return "has" if len(arms) == 1 else "have"


def _seen_before(record: Record) -> str:
    """Which classes of the data are among ImageNet's."""
    tested = (confusion.read(record, run) for run in record.runs["run_id"])
    known = next(filter(None, tested), None)
    if known is None:
        return "; where classes here are among those, that is more than yours"
    if found := imagenet.sentence(known.classes):
        return f"; by name, {found}: of such classes that may be more than yours"
    return "; no class here is called as one of those, which does not tell that none is"


def _with_curves(record: Record) -> bool:
    return not scores.with_curve(record.epochs).empty


def _epoch_lengths(runs: pd.DataFrame) -> list[str]:
    """The length of an epoch, where it is not one pass over the training images."""
    found = []
    for recipe, sizes in runs.groupby("recipe", sort=False)["train_size"]:
        fields = json.loads(recipe)
        if fields.get("steps", "None") == "None":
            continue
        images = int(fields["steps"]) * int(fields["batch_size"])
        each = [f"{images / size:.3g} over {size:,.0f}" for size in sorted(sizes.unique())]
        passes = f"passes {words.listed(each)} training images"
        found.append(f"an epoch is {fields['steps']} steps, {images:,} images: {passes}")
    return [*dict.fromkeys(found)]


def _evaluations(runs: pd.DataFrame) -> list[str]:
    """How far the points of curves lie apart, where not every epoch was evaluated."""
    every = {int(json.loads(recipe).get("evaluate_every", 1)) for recipe in runs["recipe"]}
    return [
        f"evaluated every {epochs} epochs and after the last: a time to target may be {epochs - 1} "
        f"{'epoch' if epochs == 2 else 'epochs'} late"
        for epochs in sorted(every - {1})
    ]


def _undrawn(record: Record) -> list[str]:
    points = len(grid_points(record.runs["setting"].unique()))
    if points <= MOST_APART:
        return []
    return [
        f"the figure settings shows all {points} settings; python -m reports draw {record.study} "
        "--figures convergence draws one figure for each"
    ]


def tuned_rates(record: Record) -> list[str]:
    """How the learning rate of each arm was chosen, and whether by chance; empty without a sweep."""
    tuning = record.tuning
    if tuning.empty:
        return []
    trials = "1 tuning trial" if len(tuning) == 1 else f"{len(tuning)} tuning trials"
    diverged = int(tuning["diverged"].sum())
    lost = f", {diverged} of them diverged" if diverged else ""
    tuned = record.runs[record.runs["arm"].isin(tuning["arm"])].sort_values("arm_order", kind="stable")
    chosen = [
        f"{arm} {_rates(runs['learning_rate'], ' / ')}" for arm, runs in tuned.groupby("title", sort=False)
    ]
    seeds = f"{'seed' if tuning['seed'].nunique() == 1 else 'seeds'} {words.seeds(tuning['seed'])}"
    and_setting = " and setting" if tuned.groupby("arm")["setting"].nunique().max() > 1 else ""
    return [
        f"{trials} ({seeds}{lost}) chose the learning rate of each arm"
        f"{and_setting} on validation: {', '.join(chosen)} ({_tried(tuning)})",
        *filter(None, [learning_leads(tuning)]),
    ]


def learning_leads(tuning: pd.DataFrame) -> str:
    """The arms whose best rate may be best by chance, in a sentence; empty where none is, or nobody knows."""
    close = [each.label for each in sweep.arms(tuning) if each.within_spread]
    return f"learning rate of {words.listed(close)}: {sweep.WITHIN}, over tuning seeds" if close else ""


def _tried(tuning: pd.DataFrame) -> str:
    """The rates that all arms were tried at, and those that the ladder of some grew by."""
    by_label = {label: set(rates) for label, rates in tuning.groupby("label", sort=False)["learning_rate"]}
    common = set.intersection(*by_label.values())
    each = [f"each of {_rates(pd.Series(list(common)), ', ')}"] if common else []
    also = "also " if common else ""
    more = [
        f"{label} {also}of {_rates(pd.Series(list(rates - common)), ', ')}"
        for label, rates in by_label.items() if rates - common
    ]  # fmt: skip
    return "; ".join([*each, *more])


def _rates(rates: pd.Series, between: str) -> str:
    return between.join(f"{rate:g}" for rate in sorted(rates.dropna().unique()))
