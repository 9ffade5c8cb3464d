"""The numbers of the results table: a row an arm (and setting), raw, as a frame; pure."""

import functools

import pandas as pd

from experiments import names
from reports.numbers import scores
from reports.numbers.intervals import censored_median, mean_interval
from reports.store.record import Record


@functools.lru_cache(maxsize=8)  # a study and its settings: the findings of all figures need it
def by_arm(record: Record) -> pd.DataFrame:
    """A row a label, raw numbers. Cached by record: the frame is not to be changed.

    label, arm, setting, learning_rate (of the recipe; NaN: not recorded), trials, diverged, tested (trials
    with a test score); test_accuracy and test_macro_f1 (means over seeds) with …_half_width (95 % t
    interval); gap_at_chosen_epoch, gap_at_last_epoch (means of train − validation accuracy), gap_at_test
    (train − test accuracy, chosen epoch) and gap_at_training_level (NaN for an arm scored once), each with
    …_half_width and …_trials (that have one); training_level (the training accuracy that every trial with a
    curve reaches; NaN: none); parameters; forward_macs; training_seconds (mean); and for each target T:
    reached_T (trials that did), epochs_to_T, seconds_to_T, images_to_T, training_macs_to_T (medians with
    censoring; NaN: not reached).
    """
    epochs, runs = record.epochs, record.runs
    gaps = {
        "chosen_epoch": scores.gaps_at_chosen_epoch(epochs),
        "last_epoch": scores.gaps_at_last_epoch(epochs),
        "test": scores.gaps_to_test(
            epochs, runs.set_index("run_id")[names.metric(names.TEST, names.ACCURACY)]
        ),
        "training_level": scores.gaps_at_training_level(epochs, record.training_level),
    }
    costs = {"epochs": "epoch", "seconds": names.TRAIN_SECONDS, "images": names.IMAGES_SEEN}
    taken = {
        target: {cost: scores.to_target(epochs, target, column) for cost, column in costs.items()}
        for target in record.targets
    }
    rows = []
    for label, arm in runs.groupby("label", sort=False):
        ids = arm["run_id"]
        accuracy = mean_interval(arm[names.metric(names.TEST, names.ACCURACY)])
        macro_f1 = mean_interval(arm[names.metric(names.TEST, names.MACRO_F1)])
        macs = arm[names.MACS].median()
        row = {
            "label": label,
            "arm": arm["arm"].iloc[0],
            "setting": arm["setting"].iloc[0],
            "learning_rate": arm["learning_rate"].iloc[0],
            "trials": len(arm),
            "diverged": int(arm["diverged"].sum()),
            "tested": accuracy.n,
            "test_accuracy": accuracy.mean,
            "test_accuracy_half_width": accuracy.half_width,
            "test_macro_f1": macro_f1.mean,
            "test_macro_f1_half_width": macro_f1.half_width,
            "training_level": record.training_level,
            **{
                f"gap_at_{where}{suffix}": value
                for where, found in gaps.items()
                for gap in [mean_interval(found.reindex(ids))]
                for suffix, value in (("", gap.mean), ("_half_width", gap.half_width), ("_trials", gap.n))
            },
            "parameters": arm[names.PARAMETERS].median(),
            "forward_macs": macs,
            "training_seconds": arm[names.TRAIN_SECONDS].mean(),
        }
        for target, by_cost in taken.items():
            mine = {cost: found.reindex(ids) for cost, found in by_cost.items()}
            row[f"reached_{target:g}"] = int(mine["epochs"].notna().sum())
            row |= {f"{cost}_to_{target:g}": censored_median(found) for cost, found in mine.items()}
            spent = scores.passes(arm["kind"].iloc[0]) * macs * mine["images"]
            row[f"training_macs_to_{target:g}"] = censored_median(spent)
        rows.append(row)
    return pd.DataFrame(rows)
