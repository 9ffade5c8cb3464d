"""The results: a row an arm (and setting), as Markdown for people and as CSV for programs.

The columns are too many for one table on GitHub, so results.md has them in three, for three questions: the
answer, how far arms overfit, what they cost.
"""

import math

import pandas as pd

from experiments import names
from reports import words
from reports.answers import advice, claims_table
from reports.numbers import scores
from reports.numbers.intervals import LEAST_SEEDS
from reports.store.record import Record, provenance
from reports.tables import markdown, remarks
from reports.tables.markdown import Block
from reports.tables.report import Report
from reports.words import Cell

COSTS = ("Parameters", "Forward MACs", "Training")  # the last columns
SHOWN_TARGETS = 3  # in Markdown; the CSV has all of them
ANSWER, OVERFITTING, COST = "Answer", "Overfitting", "Cost"  # the titles of the tables
GAP = "Gap to test"  # that of the answer: the chosen epoch flatters the one to validation
EXPLANATION = (
    "Test accuracy: mean over seeds ± half-width of Student's 95 % t interval, measured once a "
    "trial, at its epoch of highest {score}; {split} {same}{few}"
    "Gap: train minus validation accuracy, mean over seeds ± the same. That at the chosen epoch is "
    "optimistic, for the epoch is the one of highest {score}; the gap to test, train minus test "
    "accuracy at the same epoch, is not. {level}"
    "To a target: median over all seeds of the epochs and training seconds until {score} first "
    'reaches it, and how many trials did; "not reached": the median trial ended its budget below it. {once}'
    "Forward MACs: multiply-accumulates for one image. "
    "Training: mean seconds a trial, without evaluation."
)
LEVEL = (
    "At train {level}: where each trial first reaches that training accuracy, on a line between the epochs "
    "before and after (its first epoch, if that is above it already); the highest multiple of 0.05 that all "
    "trials with a curve reach, so that no arm looks less overfitted because it is behind. A claim's level "
    "is that of its two arms alone. "
)
SAME = (
    "Same at every seed: all trials scored alike and no interval can be given; it is no certainty about "
    "other images. "
)
ONCE = "≤: an arm scored once, at its whole cost. "
FEW = "Of two trials no interval is shown: it would be 12.7 standard errors wide on either side. "
SHARED = "the interval holds for this split of the images only."
PER_SEED = "each seed has a split of its own, shared by all arms."


def text(report: Report) -> str:
    """The tables with what a reader must know to judge them, as Markdown."""
    return markdown.write(blocks(report))


def blocks(report: Report) -> list[Block]:
    """The parts of `text`, in order."""
    record = report.record
    notes = [f"Note: {line}" for line in remarks.lines(record)]
    parts = [
        Block("text", f"# {record.study}"),
        Block("text", record.question),
        *(
            part
            for title, table in tables(report).items()
            for part in (Block("title", title), Block("table", table))
        ),
        Block("text", f"{measured(record)}. Drawn by `python -m reports draw {record.study}`."),
        Block("definitions", explanation(report)),
        Block("text", unfinished(record)),
        Block("notes", notes + [f"Warning: {line}" for line in report.warnings]),
        *_claims(report),
        *(recommendation(record) if advice.advice(record) else []),
    ]
    return [part for part in parts if part.content]


def recommendation(record: Record) -> list[Block]:
    """Which arm to use and beside what, or why none can be recommended."""
    table = advice.table(record)
    parts = [
        Block("title", "Recommendation"),
        Block("table", table),
        Block("definitions", advice.explanation(record)),
    ]
    return [*(parts if table else []), Block("text", " ".join(advice.sentences(record)))]


def _claims(report: Report) -> list[Block]:
    if not report.judged:
        return []
    notes = claims_table.notes(report.judged, report.still_due, report.record.title)
    return [
        Block("text", f"Claims: {claims_table.summary(report.judged)}."),
        Block("table", claims_table.narrow(report.judged)),
        Block("definitions", claims_table.explanation(report.judged)),
        Block("notes", [f"Note: {line}" for line in notes]),
    ]


def tables(report: Report) -> dict[str, list[list[str]]]:
    """The columns in tables that GitHub shows whole, by title; the first row of each is its header."""
    titles, targets = header(report.record), shown(report.record.targets)
    told = told_target(report.arms, targets)
    others = [_to(target) for target in targets if target != told]
    answer = ["Trials", "Test accuracy", GAP, *([] if told is None else [_to(told)])]
    cost = [*COSTS, *others]
    overfitting = [title for title in titles[1:] if title not in answer + cost]
    whole = [titles, *rows(report)]
    return {
        title: _columns(whole, ["Arm", *columns])
        for title, columns in ((ANSWER, answer), (OVERFITTING, overfitting), (COST, cost))
    }


def _columns(rows: list[list[str]], titles: list[str]) -> list[list[str]]:
    """The columns of these titles, in their order."""
    places = [rows[0].index(title) for title in titles]
    return [[row[place] for place in places] for row in rows]


def told_target(arms: pd.DataFrame, targets: list[float]) -> float | None:
    """The target of the answer: the highest that at least half the trials of an arm reached, else the first.

    arms: as from `summary.by_arm`.
    """
    reached = [target for target in targets if (2 * arms[f"reached_{target:g}"] >= arms["trials"]).any()]
    return max(reached, default=targets[0] if targets else None)


def _to(target: float) -> str:
    return f"To {words.target(target)}"


def header(record: Record) -> list[str]:
    """The titles of all columns."""
    gaps = ["Gap, chosen epoch", GAP, *_level_titles(record)]
    return ["Arm", "Trials", "Test accuracy", *gaps, *map(_to, shown(record.targets)), *COSTS]


def rows(report: Report) -> list[list[str]]:
    """The cells of each arm, as people read them."""
    at_level, targets = _level_titles(report.record), shown(report.record.targets)
    return [
        _cells(row, at_level, targets, row["label"] in report.scored_once)
        for row in report.arms.to_dict("records")
    ]


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
        Cell(f"{row['trials']}{diverged}", row["trials"]),
        Cell(_test_accuracy(row), row["test_accuracy"]),
        Cell(_gap(row, "chosen_epoch"), row["gap_at_chosen_epoch"]),
        Cell(_gap(row, "test"), row["gap_at_test"]),
        *(Cell(_gap(row, "training_level"), row["gap_at_training_level"]) for _ in at_level),
        *(Cell(_to_target(row, target, once), row[f"epochs_to_{target:g}"]) for target in targets),
        Cell(words.scaled(row["parameters"]), row["parameters"]),
        Cell(words.scaled(row["forward_macs"]), row["forward_macs"]),
        Cell(words.seconds(row["training_seconds"]), row["training_seconds"]),
    ]


def _to_target(row: dict, target: float, once: bool) -> str:
    reached = f"({row[f'reached_{target:g}']}/{row['trials']})"
    epochs = row[f"epochs_to_{target:g}"]
    if math.isnan(epochs):
        return f"not reached {reached}"
    named = "epoch" if epochs == 1 else "epochs"
    bound = "≤ " if once else ""
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
    """The code that trained, in a few words; empty where it was no git checkout."""
    known = sorted(set(runs["commit"]) - {""})
    if not known:
        return []
    named = f"commit {known[0][:7]}" if len(known) == 1 else f"{len(known)} commits"
    return [f"{named} with local changes" if (runs["dirty"] == "true").any() else named]


def _version(runs: pd.DataFrame) -> str:
    """What the numbers were computed by; where the program computes by another now, that is said."""
    found = ", ".join(sorted({version or "1" for version in runs["results_version"]}))
    now = str(names.RESULTS_VERSION)
    return found if found == now else f"{found} (now {now}: `make compare` would train anew)"


def measured(record: Record) -> str:
    """The data, machine, code and day of the measurements, in a line."""
    runs = record.runs
    machines = ", ".join(sorted({cpu or "unknown CPU" for cpu in runs["cpu"]}))
    version = f"results version {_version(runs)}"
    last = f"last trial {runs['ended'].max():%Y-%m-%d}"
    return " · ".join([provenance(record), machines, *_commits(runs), version, last])


def explanation(report: Report) -> str:
    """What the columns mean."""
    record, arms = report.record, report.arms
    level = record.training_level
    splits = record.runs.groupby(["setting", "arm"])["split_digest"].nunique()
    return EXPLANATION.format(
        score=record.chosen_by,
        split=PER_SEED if splits.max() > 1 else SHARED,
        once=ONCE if report.scored_once else "",
        same=SAME if (arms["test_accuracy_half_width"] == 0).any() else "",
        few=FEW if (arms["tested"] == LEAST_SEEDS - 1).any() else "",
        level="" if math.isnan(level) else LEVEL.format(level=f"{level:.2f}"),
    )


def unfinished(record: Record) -> str:
    """A sentence on the attempts that are not counted; empty where there are none."""
    if not record.incomplete:
        return ""
    attempts = "1 attempt" if record.incomplete == 1 else f"{record.incomplete} attempts"
    return f"{attempts} did not complete (failed, killed or still running): not counted above."
