"""The numbers of the results table: a row an arm (and setting), raw, as a frame; pure."""

import math
from collections.abc import Iterable

import pandas as pd

from experiments import names
from reports import scores
from reports.runs import Record
from reports.statistics import censored_median, mean_interval


def of(record: Record) -> pd.DataFrame:
    """A row a label, raw numbers.

    label, arm, setting, learning_rate (of the recipe; NaN: not recorded), trials, diverged, tested (trials
    with a test score); test_accuracy and test_macro_f1 (means over seeds) with …_half_width (95 % t
    interval); gap_at_chosen_epoch, gap_at_last_epoch (means of train − validation accuracy);
    training_level (the training accuracy that every trial with a curve reaches; NaN: none) and
    gap_at_training_level (NaN for an arm scored once); parameters; forward_macs; training_seconds (mean); and
    for each target T: reached_T (trials that did), epochs_to_T, seconds_to_T, images_to_T,
    training_macs_to_T (medians with censoring; NaN: not reached).
    """
    trials_of = {
        label: [record.epochs[record.epochs["run_id"] == run_id] for run_id in arm["run_id"]]
        for label, arm in record.runs.groupby("label", sort=False)
    }
    at_level = scores.gaps_at_training_level(record.epochs, record.training_level)
    rows = []
    for label, arm in record.runs.groupby("label", sort=False):
        trials = trials_of[label]
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
            **_gap_of("chosen_epoch", map(scores.gap_at_chosen_epoch, trials)),
            **_gap_of("last_epoch", map(scores.gap_at_last_epoch, trials)),
            "training_level": record.training_level,
            **_gap_of("training_level", at_level.reindex(arm["run_id"])),
            "parameters": arm[names.PARAMETERS].median(),
            "forward_macs": macs,
            "training_seconds": arm[names.TRAIN_SECONDS].mean(),
        }
        for target in record.targets:
            epochs = [scores.to_target(trial, target) for trial in trials]
            seconds = [scores.to_target(trial, target, names.TRAIN_SECONDS) for trial in trials]
            images = [scores.to_target(trial, target, names.IMAGES_SEEN) for trial in trials]
            spent = [scores.training_macs_to_target(trial, target, macs) for trial in trials]
            row |= {
                f"reached_{target:g}": sum(not math.isnan(epoch) for epoch in epochs),
                f"epochs_to_{target:g}": censored_median(epochs),
                f"seconds_to_{target:g}": censored_median(seconds),
                f"images_to_{target:g}": censored_median(images),
                f"training_macs_to_{target:g}": censored_median(spent),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _gap_of(where: str, gaps: Iterable[float]) -> dict[str, float]:
    gap = mean_interval(gaps)
    return {f"gap_at_{where}": gap.mean, f"gap_at_{where}_half_width": gap.half_width}
