"""What each figure shows, in a sentence or two that stand below it; pure.

They tell means and medians as they are. Whether a difference is more than chance, only a claim says.
"""

import math
from collections.abc import Callable

import pandas as pd

from reports import gradient_flow, scores, sizes, style, times, winner_map
from reports.results import LEAST_SEEDS, scaled, seconds
from reports.runs import Record

MOST_LISTED = 6  # arms that a sentence goes through


def of_figure(name: str, record: Record, arms: pd.DataFrame) -> str:
    """What a figure shows, in a sentence or two; empty where there is nothing to say.

    arms: `summary.of(record)`, of the setting that the figure shows, or of all.
    """
    return SENTENCES[name](record, arms) if name in SENTENCES and len(arms) else ""


def _convergence(record: Record, arms: pd.DataFrame) -> str:
    reached = [target for target in record.targets if arms[f"epochs_to_{target:g}"].notna().any()]
    if not reached:
        return "The median trial of no arm reaches a target."
    target = reached[-1]
    found = (
        f"To validation accuracy {style.target(target)}, the highest target that the median trial of any arm "
        "reaches"
    )
    if len(arms) > MOST_LISTED:
        epochs = _least(arms, f"epochs_to_{target:g}", "{:g} epochs".format)
        return f"{found}, the least medians: {epochs}; {_least(arms, f'seconds_to_{target:g}', seconds)}."
    once = scores.scored_once(record.epochs)
    told = (f"{row['label']} {_median(row, target, row['label'] in once)}" for _, row in arms.iterrows())
    return f"{found} (medians): {'; '.join(told)}."


def _median(row: pd.Series, target: float, once: bool) -> str:
    epochs = row[f"epochs_to_{target:g}"]
    if math.isnan(epochs):
        return "not reached"
    named = "epoch" if epochs == 1 else "epochs"
    return f"{'at most ' * once}{epochs:g} {named}, {seconds(row[f'seconds_to_{target:g}'])}"


def _overfitting(record: Record, arms: pd.DataFrame) -> str:
    sentences = [_span("At the chosen epoch the mean gap", arms, "gap_at_chosen_epoch")]
    if not math.isnan(record.training_level):
        where = f"At equal training accuracy ({record.training_level:.2f}) it"
        sentences.append(_span(where, arms, "gap_at_training_level"))
    return " ".join(filter(None, sentences))


def _time_to_target(record: Record, arms: pd.DataFrame) -> str:
    missed: dict[str, list[str]] = {}
    for target in record.targets:
        late = arms.loc[arms[f"epochs_to_{target:g}"].isna(), "label"]
        if len(late):
            missed.setdefault(style.listed(late), []).append(style.target(target))
    told = [
        f"The median trial of {late} never reaches {style.listed(targets)}."
        for late, targets in missed.items()
    ]
    return " ".join(told) or "The median trial of every arm reaches every target."


def _survival_curves(record: Record, arms: pd.DataFrame) -> str:
    found = times.frame(record, ["epochs"])
    if not found["reached"].any():
        return ""
    target = found.loc[found["reached"] > 0, "target"].max()
    means = found[found["target"] == target].set_index("label")
    least, most = means["restricted_mean"].min(), means["restricted_mean"].max()
    sentence = (
        f"To validation accuracy {style.target(target)}, counting a trial that never gets there as the whole "
        "common budget, the mean is "
    )
    if least == most:
        return f"{sentence}{least:.1f} epochs for every arm."
    lowest, highest = (style.listed(means.index[means["restricted_mean"] == each]) for each in (least, most))
    return f"{sentence}lowest for {lowest} ({least:.1f} epochs), highest for {highest} ({most:.1f})."


def _cost_accuracy(record: Record, arms: pd.DataFrame) -> str:
    tested = arms.dropna(subset=["test_accuracy"])
    if tested.empty:
        return ""
    best = tested.loc[tested["test_accuracy"].idxmax()]
    found = f"The highest mean test accuracy is that of {best['label']}: {_accuracy(best)}"
    if not tested["forward_macs"].notna().any():
        return f"{found}."
    least = tested.loc[tested["forward_macs"].idxmin()]
    if least["label"] == best["label"]:
        return f"{found}, with the fewest MACs too."
    return (
        f"{found}, at {scaled(best['forward_macs'])} MACs an image; of {least['label']}, which "
        f"has the fewest: {_accuracy(least)}, at {scaled(least['forward_macs'])}."
    )


def _training_error(record: Record, arms: pd.DataFrame) -> str:
    last = scores.last_train_accuracies(record.epochs)
    error = (1 - record.runs["run_id"].map(last)).groupby(record.runs["label"], sort=False).mean().dropna()
    if error.empty:
        return ""
    return (
        f"At the last epoch the mean training error is lowest for {error.idxmin()} ({error.min():.3f}) and "
        f"highest for {error.idxmax()} ({error.max():.3f})."
    )


def _gradient_flow(record: Record, arms: pd.DataFrame) -> str:
    families = [family[family["epoch"] == 1] for family in gradient_flow.families(record.epochs)]
    each = [gradient_flow.first_to_last(family).groupby(family["label"]).median() for family in families]
    ratios = pd.concat(each).dropna() if each else pd.Series(dtype=float)
    if ratios.empty:
        return ""
    small, large = ratios.idxmin(), ratios.idxmax()
    return (
        f"In epoch 1 the gradient of the first numbered stage is {_multiple(ratios[small])} the last one's "
        f"in {small}, {_multiple(ratios[large])} in {large} (medians over seeds)."
    )


def _multiple(ratio: float) -> str:
    """`161 times`, `0.45 times`."""
    return f"{ratio:,.0f} times" if ratio >= 100 else f"{ratio:.2g} times"


def _by_size(record: Record, field: str, told: str, *, error: bool = False) -> str:
    trials = sizes.trials(record, field)
    if trials is None:
        return ""
    sentences = []
    for rest, fitting in sizes.by_rest(trials).items():
        fitting = fitting.assign(told=1 - fitting["accuracy"] if error else fitting["accuracy"])
        means = fitting.groupby(["arm", field], sort=False)[["told", "gap"]].mean().dropna()
        ends = [means.xs(size, level=field) for size in (trials[field].min(), trials[field].max())]
        arms = [arm for arm in fitting["arm"].unique() if all(arm in end.index for end in ends)]
        each = [f"{arm} {_from_to(*(end.loc[arm] for end in ends))}" for arm in arms]
        if each:
            sentences.append(f"{f'{rest}: ' if rest else ''}{style.listed(each)}.")
    span = f"{sizes.told(trials[field].min())} to {sizes.told(trials[field].max())}"
    if not sentences:
        return ""
    what = "error" if error else "accuracy"
    return f"Mean test {what}, and gap at the chosen epoch, from {span} {told}: {' '.join(sentences)}"


def _from_to(first: pd.Series, last: pd.Series) -> str:
    """`0.350 → 0.247 (gap +0.090 → +0.217)`."""
    gaps = " → ".join(style.signed(end["gap"]) for end in (first, last))
    return f"{first['told']:.3f} → {last['told']:.3f} (gap {gaps})"


def _learning_curves(record: Record, arms: pd.DataFrame) -> str:
    return _by_size(record, sizes.TRAIN, "training images", error=True)


def _crops(record: Record, arms: pd.DataFrame) -> str:
    return _by_size(record, sizes.CROP, "pixels of crop")


def _winner_map(record: Record, arms: pd.DataFrame) -> str:
    trials = sizes.trials(record, *winner_map.FIELDS)
    if trials is None:
        return ""
    cells = [
        winner_map.winner(cell)
        for fitting in sizes.by_rest(trials).values()
        for _, cell in fitting.groupby([*winner_map.FIELDS])
    ]
    clear = pd.Series([best.arm for best in cells if not isinstance(best, str) and not best.overlaps])
    ahead = [f"{arm} in {count}" for arm, count in clear.value_counts(sort=False).items()]
    if not ahead:
        return f"In none of {len(cells)} cells is the best arm's interval apart from all others."
    return f"Ahead with an interval apart from all others, of {len(cells)} cells: {style.listed(ahead)}."


def _best_of_settings(record: Record, arms: pd.DataFrame) -> str:
    tested = arms.dropna(subset=["test_accuracy"])
    if tested.empty:
        return ""
    best, worst = (tested.loc[getattr(tested["test_accuracy"], which)()] for which in ("idxmax", "idxmin"))
    return (
        f"The highest mean test accuracy is that of {best['label']} ({_accuracy(best)}), the lowest that of "
        f"{worst['label']} ({_accuracy(worst)})."
    )


def _span(subject: str, arms: pd.DataFrame, column: str) -> str:
    known = arms.dropna(subset=[column])
    if known.empty:
        return ""
    low, high = known.loc[known[column].idxmin()], known.loc[known[column].idxmax()]
    if len(known) == 1:
        return f"{subject} is {style.signed(low[column])} for {low['label']}."
    if style.signed(low[column]) == style.signed(high[column]):
        return f"{subject} is {style.signed(low[column])} for all arms."
    return (
        f"{subject} is smallest for {low['label']} ({style.signed(low[column])}) and largest for "
        f"{high['label']} ({style.signed(high[column])})."
    )


def _least(arms: pd.DataFrame, column: str, written: Callable[[float], str]) -> str:
    least = arms[column].min()
    return f"{style.listed(arms.loc[arms[column] == least, 'label'])} ({written(least)})"


def _accuracy(row: pd.Series) -> str:
    half = _half(row)
    return f"{row['test_accuracy']:.3f}" + (f" ± {half:.3f}" if half > 0 else "")


def _half(row: pd.Series) -> float:
    known = row["tested"] >= LEAST_SEEDS and not math.isnan(row["test_accuracy_half_width"])
    return row["test_accuracy_half_width"] if known else 0.0


SENTENCES = {
    "convergence": _convergence,
    "overfitting": _overfitting,
    "time_to_target": _time_to_target,
    "survival_curves": _survival_curves,
    "cost_accuracy": _cost_accuracy,
    "training_error": _training_error,
    "gradient_flow": _gradient_flow,
    "settings": _best_of_settings,
    "learning_curves": _learning_curves,
    "crops": _crops,
    "winner_map": _winner_map,
}
