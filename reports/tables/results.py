"""The results table: a row an arm (and setting), as Markdown for people and as CSV for programs."""

import math
from collections.abc import Sequence

import pandas as pd

from reports import words
from reports.answers import claims_table
from reports.answers.judge import Judged
from reports.numbers import scores
from reports.store.record import Record, provenance
from reports.tables import markdown, remarks

LEAST_SEEDS = 3  # that an interval is told of
COSTS = ("Parameters", "Forward MACs", "Training")  # the last columns
SHOWN_TARGETS = 3  # in Markdown; the CSV has all of them
EXPLANATION = (
    f"{markdown.DEFINITIONS[0]} mean over seeds ± half-width of Student's 95 % t interval, measured once a "
    "trial, at its epoch of highest validation accuracy; {split} {same}{few}"
    "Gap: train minus validation accuracy, mean over seeds ± the same. {level}"
    "To a target: median over all seeds of the epochs and training seconds until validation accuracy first "
    'reaches it, and how many trials did; "not reached": the median trial ended its budget below it. {once}'
    "Forward MACs: multiply-accumulates for one image. "
    "Training: mean seconds a trial, without evaluation."
)
LEVEL = (
    "At train {level}: at each trial's first epoch of at least that training accuracy, the highest multiple "
    "of 0.05 that all trials with a curve reach, so that no arm looks less overfitted because it is behind. "
)
SAME = (
    "Same at every seed: all trials scored alike and no interval can be told; it is no certainty about other "
    "images. "
)
ONCE = "≤: an arm scored once, at its whole cost. "
FEW = "Of two trials no interval is told: it would be 12.7 standard errors wide on either side. "
SHARED = "the interval holds for this split of the images only."
PER_SEED = "each seed has a split of its own, shared by all arms."


def text(record: Record, arms: pd.DataFrame, warnings: list[str], judged: Sequence[Judged] = ()) -> str:
    """The tables with what a reader must know to judge them.

    arms: `summary.of(record)`; judged: `claims.judge(record)`.
    """
    cells = [[markdown.plain(cell) for cell in row] for row in rows(record, arms)]
    notes = [f"- Note: {fact}" for fact in remarks.of(record)] + [f"- Warning: {each}" for each in warnings]
    parts = [
        f"# {record.study}",
        record.question,
        markdown.table([header(record), *cells]),
        f"{measured(record)}. Drawn by `python -m reports {record.study}`.",
        explanation(record, arms),
        unfinished(record),
        "\n".join(map(markdown.plain, notes)),
        *_claims(record, judged),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _claims(record: Record, judged: Sequence[Judged]) -> list[str]:
    if not judged:
        return []
    cells = [[markdown.plain(cell) for cell in row] for row in claims_table.rows(judged)]
    notes = claims_table.notes(judged, still_due(record))
    return [
        f"Claims: {claims_table.summary(judged)}.",
        markdown.table([claims_table.HEADER, *cells]),
        claims_table.EXPLANATION,
        "\n".join(f"- Note: {markdown.plain(note)}" for note in notes),
    ]


def header(record: Record) -> list[str]:
    """The titles of the columns."""
    targets = [f"To {words.target(target)}" for target in shown(record.targets)]
    return ["Arm", "Trials", "Test accuracy", "Gap, chosen epoch", *_level_titles(record), *targets, *COSTS]


def rows(record: Record, arms: pd.DataFrame) -> list[list[str]]:
    """The cells of each arm, as people read them."""
    at_level, targets = _level_titles(record), shown(record.targets)
    once = scores.scored_once(record.epochs)
    return [_cells(row, at_level, targets, row["label"] in once) for row in arms.to_dict("records")]


def still_due(record: Record) -> bool:
    """Whether trials are missing: some failed or still run, or an arm has fewer seeds than another."""
    return bool(record.incomplete) or record.runs.groupby("label")["seed"].nunique().nunique() > 1


def shown(targets: tuple[float, ...]) -> list[float]:
    """At most three of the targets: the lowest, the middle, the highest."""
    if len(targets) <= SHOWN_TARGETS:
        return list(targets)
    return [targets[0], targets[len(targets) // 2], targets[-1]]


def _level_titles(record: Record) -> list[str]:
    """The title of the column of gaps at equal training accuracy; no column where no arm has a curve."""
    if scores.with_curve(record.epochs).empty:
        return []
    level = record.training_level
    return ["Gap at equal train accuracy" if math.isnan(level) else f"Gap at train {level:.2f}"]


def _cells(row: dict, at_level: list[str], targets: list[float], once: bool) -> list[str]:
    diverged = f" ({row['diverged']} diverged)" if row["diverged"] else ""
    return [
        row["label"],
        f"{row['trials']}{diverged}",
        _test_accuracy(row),
        _gap(row, "chosen_epoch"),
        *(_gap(row, "training_level") for _ in at_level),
        *(_to_target(row, target, "≤ " * once) for target in targets),
        words.scaled(row["parameters"]),
        words.scaled(row["forward_macs"]),
        words.seconds(row["training_seconds"]),
    ]


def _to_target(row: dict, target: float, bound: str) -> str:
    reached = f"({row[f'reached_{target:g}']}/{row['trials']})"
    epochs = row[f"epochs_to_{target:g}"]
    if math.isnan(epochs):
        return f"not reached {reached}"
    named = "epoch" if epochs == 1 else "epochs"
    return f"{bound}{epochs:g} {named}, {bound}{words.seconds(row[f'seconds_to_{target:g}'])} {reached}"


def _test_accuracy(row: dict) -> str:
    if not row["tested"]:
        return "–"
    half = row["test_accuracy_half_width"]
    interval = f" ± {half:.3f}" if half > 0 and row["tested"] >= LEAST_SEEDS else ""
    remarks = ["same at every seed"] if half == 0 else []
    remarks += [f"of {row['tested']}"] if row["tested"] < row["trials"] else []
    return f"{row['test_accuracy']:.3f}{interval}" + (f" ({', '.join(remarks)})" if remarks else "")


def _gap(row: dict, where: str) -> str:
    gap, half = row[f"gap_at_{where}"], row[f"gap_at_{where}_half_width"]
    if math.isnan(gap):
        return "–"
    known = row[f"gap_at_{where}_trials"]
    interval = f" ± {half:.3f}" if half >= 0.0005 and known >= LEAST_SEEDS else ""
    return words.signed(gap) + interval + (f" (of {known})" if known < row["trials"] else "")


def _commits(runs: pd.DataFrame) -> list[str]:
    """The code that trained, in a few words; none where it was no git checkout."""
    known = sorted(set(runs["commit"]) - {""})
    if not known:
        return []
    named = f"commit {known[0][:7]}" if len(known) == 1 else f"{len(known)} commits"
    return [f"{named} with local changes" if (runs["dirty"] == "true").any() else named]


def measured(record: Record) -> str:
    """On what, where, when and by which code it was measured, in a line."""
    runs = record.runs
    machines = ", ".join(sorted({cpu or "unknown CPU" for cpu in runs["cpu"]}))
    last = f"last trial {runs['ended'].max():%Y-%m-%d}"
    return " · ".join([provenance(record), machines, *_commits(runs), last])


def explanation(record: Record, arms: pd.DataFrame) -> str:
    """What the columns mean."""
    level = record.training_level
    splits = record.runs.groupby(["setting", "arm"])["split_digest"].nunique()
    return EXPLANATION.format(
        split=PER_SEED if splits.max() > 1 else SHARED,
        once=ONCE if scores.scored_once(record.epochs) else "",
        same=SAME if (arms["test_accuracy_half_width"] == 0).any() else "",
        few=FEW if (arms["tested"] == LEAST_SEEDS - 1).any() else "",
        level="" if math.isnan(level) else LEVEL.format(level=f"{level:.2f}"),
    )


def unfinished(record: Record) -> str:
    """A sentence on the attempts that are not counted; empty where there are none."""
    attempts = "1 attempt" if record.incomplete == 1 else f"{record.incomplete} attempts"
    told = f"{attempts} did not complete (failed, killed or still running): not counted above."
    return told if record.incomplete else ""
