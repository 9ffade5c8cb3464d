"""The results table: a row an arm (and setting), as Markdown for people and as CSV for programs."""

import math
from collections.abc import Sequence

import pandas as pd

from experiments import names
from reports import claims_table, grid, markdown, recipes, scores, style, table, tuning
from reports.claims import Judged
from reports.runs import Record
from reports.statistics import censored_median, mean_interval

SHOWN_TARGETS = 3  # in Markdown; the CSV has all of them
EXPLANATION = (
    f"{table.DEFINITIONS[0]} mean over seeds ± half-width of Student's 95 % t interval, measured once a "
    "trial, at its epoch of highest validation accuracy; {split} {same}"
    "Gap: train minus validation accuracy, mean over seeds. {level}"
    "To a target: median over all seeds of the epochs and training seconds until validation accuracy first "
    'reaches it, and how many trials did; "not reached": the median trial ended its budget below it. '
    "Forward MACs: multiply-accumulates for one image. "
    "Training: mean seconds a trial, without evaluation."
)
LEVEL = (
    "At train {level}: at each trial's first epoch of at least that training accuracy, the highest multiple "
    "of 0.05 that all trials with a curve reach, so that no arm looks less overfitted because it is behind. "
)
NO_LEVEL = (
    f"no common training accuracy of at least {scores.LEAST_LEVEL} was reached by all trials with a curve, "
    "so gaps at equal training accuracy are not told"
)
SAME = (
    "Same at every seed: all trials scored alike and no interval can be told; it is no certainty about other "
    "images. "
)
SHARED = "the interval holds for this split of the images only."
PER_SEED = "each seed has a split of its own, shared by all arms."


def summary(record: Record) -> pd.DataFrame:
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
            "gap_at_chosen_epoch": mean_interval(map(scores.gap_at_chosen_epoch, trials)).mean,
            "gap_at_last_epoch": mean_interval(map(scores.gap_at_last_epoch, trials)).mean,
            "training_level": record.training_level,
            "gap_at_training_level": mean_interval(at_level.reindex(arm["run_id"])).mean,
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


def text(record: Record, arms: pd.DataFrame, warnings: list[str], judged: Sequence[Judged] = ()) -> str:
    """The tables with what a reader must know to judge them.

    arms: `summary(record)`; judged: `claims.judge(record)`.
    """
    at_level = _level_titles(record)
    targets = shown(record.targets)
    header = ["Arm", "Trials", "Test accuracy", "Gap, chosen epoch", *at_level]
    header += [f"To {style.target(target)}" for target in targets]
    header += ["Parameters", "Forward MACs", "Training"]
    rows = [
        [markdown.plain(cell) for cell in _cells(row, at_level, targets)] for row in arms.to_dict("records")
    ]
    parts = [
        f"# {record.study}",
        record.question,
        markdown.table([header, *rows]),
        *_notes(record, arms, warnings),
        *_claims(record, judged),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _claims(record: Record, judged: Sequence[Judged]) -> list[str]:
    if not judged:
        return []
    rows = [[markdown.plain(cell) for cell in row] for row in claims_table.rows(judged)]
    missing = bool(record.incomplete) or record.runs.groupby("label")["seed"].nunique().nunique() > 1
    notes = "\n".join(f"- Note: {markdown.plain(note)}" for note in claims_table.notes(judged, missing))
    return [
        f"Claims: {claims_table.summary(judged)}.",
        markdown.table([claims_table.HEADER, *rows]),
        claims_table.EXPLANATION,
        notes,
    ]


def shown(targets: tuple[float, ...]) -> list[float]:
    """At most three of the targets: the lowest, the middle, the highest."""
    if len(targets) <= SHOWN_TARGETS:
        return list(targets)
    return [targets[0], targets[len(targets) // 2], targets[-1]]


def scaled(value: float) -> str:
    """A count people can read, three digits: 11,173,962 is `11.2 M`; from a tenth of a unit on, 0.34 G."""
    if math.isnan(value):
        return "–"
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size / 10:
            return f"{value / size:.3g}{unit}" if value < 1000 * size else f"{value / size:,.0f}{unit}"
    return f"{value:.0f}"


def _level_titles(record: Record) -> list[str]:
    """The title of the column of gaps at equal training accuracy; no column where no arm has a curve."""
    if scores.with_curve(record.epochs).empty:
        return []
    level = record.training_level
    return ["Gap at equal train accuracy" if math.isnan(level) else f"Gap at train {level:.2f}"]


def _cells(row: dict, at_level: list[str], targets: list[float]) -> list[str]:
    diverged = f" ({row['diverged']} diverged)" if row["diverged"] else ""
    return [
        row["label"],
        f"{row['trials']}{diverged}",
        _test_accuracy(row),
        _gap(row["gap_at_chosen_epoch"]),
        *(_gap(row["gap_at_training_level"]) for _ in at_level),
        *(_to_target(row, target) for target in targets),
        scaled(row["parameters"]),
        scaled(row["forward_macs"]),
        _seconds(row["training_seconds"]),
    ]


def _to_target(row: dict, target: float) -> str:
    reached = f"({row[f'reached_{target:g}']}/{row['trials']})"
    epochs, seconds = row[f"epochs_to_{target:g}"], row[f"seconds_to_{target:g}"]
    if math.isnan(epochs):
        return f"not reached {reached}"
    return f"{epochs:g} {'epoch' if epochs == 1 else 'epochs'}, {_seconds(seconds)} {reached}"


def _test_accuracy(row: dict) -> str:
    if not row["tested"]:
        return "–"
    half = row["test_accuracy_half_width"]
    interval = f" ± {half:.3f}" if half > 0 else ""
    remarks = ["same at every seed"] if half == 0 else []
    remarks += [f"of {row['tested']}"] if row["tested"] < row["trials"] else []
    return f"{row['test_accuracy']:.3f}{interval}" + (f" ({', '.join(remarks)})" if remarks else "")


def _gap(value: float) -> str:
    return "–" if math.isnan(value) else style.signed(value)


def _seconds(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1f} s" if value < 10 else f"{value:,.0f} s"


def _commits(runs: pd.DataFrame) -> list[str]:
    """The code that trained, in a few words; none where it was no git checkout."""
    known = sorted(set(runs["commit"]) - {""})
    if not known:
        return []
    named = f"commit {known[0][:7]}" if len(known) == 1 else f"{len(known)} commits"
    return [f"{named} with local changes" if (runs["dirty"] == "true").any() else named]


def _undrawn(record: Record) -> list[str]:
    points = len(grid.points(record.runs["setting"].unique()))
    if points <= grid.MOST_APART:
        return []
    return [
        f"the figure settings shows all {points} settings; python -m reports.convergence {record.study} "
        "draws one figure for each"
    ]


def _notes(record: Record, arms: pd.DataFrame, warnings: list[str]) -> list[str]:
    runs = record.runs
    level = record.training_level
    no_level = [NO_LEVEL] if math.isnan(level) and _level_titles(record) else []
    attempts = "1 attempt" if record.incomplete == 1 else f"{record.incomplete} attempts"
    splits = runs.groupby(["setting", "arm"])["split_digest"].nunique()
    machines = ", ".join(sorted({cpu or "unknown CPU" for cpu in runs["cpu"]}))
    last = f"last trial {runs['ended'].max():%Y-%m-%d}"
    measured = " · ".join([style.provenance(record), machines, *_commits(runs), last])
    tuned = set(record.tuning["arm"])
    facts = [*tuning.facts(record), *recipes.departures(runs, tuned), *no_level, *_undrawn(record)]
    told = [f"- Note: {fact}" for fact in facts] + [f"- Warning: {warning}" for warning in warnings]
    return [
        f"{measured}. Drawn by `python -m reports {record.study}`.",
        EXPLANATION.format(
            split=PER_SEED if splits.max() > 1 else SHARED,
            same=SAME if (arms["test_accuracy_half_width"] == 0).any() else "",
            level="" if math.isnan(level) else LEVEL.format(level=f"{level:.2f}"),
        ),
        f"{attempts} did not complete (failed, killed or still running): not counted above."
        if record.incomplete
        else "",
        "\n".join(map(markdown.plain, told)),
    ]
