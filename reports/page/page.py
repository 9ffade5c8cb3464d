"""report.html: a study in one self-contained page, answer first."""

import functools
import itertools
from collections.abc import Sequence
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd

from experiments import names
from reports import command, words
from reports.answers import claims_table, judge, sentences
from reports.numbers import scores
from reports.page import inline
from reports.plots import files as figure_files
from reports.store import reading
from reports.store.record import Record
from reports.tables import differences, mistakes, remarks, results, times, trials

TEMPLATES = Path(__file__).with_name("templates")
LOCAL_PAGES = "http://127.0.0.1:5000"  # of `make ui`
MOST_ARMS = 8  # side by side in a table of classes, and whose confusions are not folded


def render(
    uri: str,
    record: Record,
    arms: pd.DataFrame,
    spent: pd.DataFrame,
    judged: Sequence[judge.Judged],
    warnings: Sequence[str],
    drawn: Sequence[figure_files.Drawn],
) -> str:
    """The page as HTML.

    arms: `summary.of(record)`; spent: `times.frame(record)`; drawn: the figures, with their SVG files.
    Names of arms, classes and runs are text, whatever they hold: Jinja2 escapes all of them.
    """
    artifacts = {row.run_id: row.artifacts for row in record.runs.itertuples()}

    @functools.cache
    def read(run_id: str, name: str) -> bytes | None:
        return reading.artifact(uri, run_id, artifacts[run_id], name)

    confusions = mistakes.confusions(record, read)
    classes = confusions[0].classes if confusions else ()
    header, rows, costs = results.header(record), results.rows(record, arms), len(results.COSTS)
    hard, always = mistakes.hardest(record, read, classes)
    chance, no_better = _chance(confusions, arms)
    tested = judge.number_tested(each.stated for each in judged)
    shared = inline.Shared()
    order = [id(record), *(id(each.record) for each in drawn)]
    by_setting = sorted(drawn, key=lambda each: order.index(id(each.record)))
    figures = _figures(by_setting, record, shared)
    apart = itertools.groupby(figures, key=lambda each: each["setting"])
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    environment.globals["short"] = _short
    return environment.get_template("report.html").render(
        record=record,
        without_claims="" if any(each.stated.current for each in judged) else sentences.WITHOUT_CLAIMS,
        claim_groups=[
            (group, [(claims_table.told(each), sentences.told(each, tested)) for each in group.claims])
            for group in sentences.groups(judged)
        ],
        claims_table=([*claims_table.HEADER], claims_table.rows(judged)),
        claims_explained=claims_table.EXPLANATION,
        claims_notes=claims_table.notes(judged, results.still_due(record)),
        certainty=sentences.certainty(record, arms, judged),
        figures=[(setting, [*members]) for setting, members in apart],
        drawing_styles=shared.rules,
        results_table=(header[:-costs], [row[:-costs] for row in rows]),
        costs_table=([header[0], *header[-costs:]], [[row[0], *row[-costs:]] for row in rows]),
        always=always,
        results_explained=results.explanation(record, arms),
        chance=chance,
        unfinished=results.unfinished(record),
        facts=remarks.of(record),
        warnings=[*warnings, *no_better],
        times_table=times.table(spent, scores.scored_once(record.epochs)),
        times_explained=times.EXPLANATION,
        confusions=confusions,
        most_classes=mistakes.MOST_CLASSES,
        most_arms=MOST_ARMS,
        hardest=[(each, inline.picture(each.picture)) for each in hard],
        differing=differences.table(record),
        alike=differences.alike(record),
        classes=classes,
        classes_table=_classes(confusions),
        samples=_samples(record, read),
        measured=results.measured(record),
        trials=trials.table(record, _pages(uri)),
        origin=figure_files.of(record),
        versions=sorted(set(record.runs["versions"])),
        inspect=f"make inspect{_asked(record)}",
        commands=_commands(record),
    )


def _figures(
    drawn: Sequence[figure_files.Drawn], record: Record, shared: inline.Shared
) -> list[dict[str, object]]:
    """What the page shows of each figure; setting: of those that are of one setting of several."""
    found = []
    for place, each in enumerate(drawn):
        svg = next((path for path in each.files if path.suffix == ".svg"), None)
        if svg is None:
            continue
        settings = each.record.runs["setting"]
        setting = settings.iloc[0] if settings.nunique() == 1 else ""
        title = each.title + (f" · {setting}" if setting else "")
        told = figure_files.of(each.record)
        found.append(
            {
                "id": svg.stem,
                "title": title,
                "setting": "" if each.record is record else setting,
                "finding": each.finding,
                "svg": inline.svg(
                    svg.read_text(encoding="utf-8"), f"f{place}", f"{title}. {each.finding}", shared
                ),
                "files": [path.name for path in each.files],
                "origin": told | {"runs": len(told["runs"])},
            }
        )
    return found


def _short(digests: Sequence[str]) -> str:
    known = [each[:12] for each in digests if each]
    if len(known) > 4:
        return f"{known[0]} and {len(known) - 1} more"
    return ", ".join(known) or "not recorded"


def _chance(confusions: Sequence[mistakes.Confusion], arms: pd.DataFrame) -> tuple[str, list[str]]:
    """What an arm scores that looks at no image; and a warning where arms score no better."""
    if not confusions:
        return "", []
    images = confusions[0].counts.sum(axis=1)
    share = images.max() / images.sum()
    always = f"always answers {confusions[0].classes[images.argmax()]}"
    low = arms.loc[arms["test_accuracy"] <= share + 1e-9, "label"]
    told = f"An arm that {always} would score {share:.3f}."
    if low.empty:
        return told, []
    return told, [
        f"{words.listed(low)}: no better on the test images than an arm that {always} ({share:.3f})"
    ]


def _classes(confusions: Sequence[mistakes.Confusion]) -> tuple[list[str], list[list[str]]]:
    """Each class: its test images, and what share of them each arm gets right; a column an arm, or a row."""
    if not confusions:
        return [], []
    images = [f"{count:,}" for count in confusions[0].counts.sum(axis=1) // confusions[0].trials]
    right = [[each.label, *(f"{100 * share:.0f}" for share in np.diag(each.shares))] for each in confusions]
    rows = [["Class", *confusions[0].classes], ["Test images", *images], *right]
    if len(confusions) <= max(MOST_ARMS, len(images)):
        rows = list(map(list, zip(*rows, strict=True)))
    return rows[0], rows[1:]


def _samples(record: Record, read: mistakes.Reader) -> list[tuple[str, str]]:
    """A picture of training images a network, as it sees them: of the first trial of each data recipe."""
    shown = record.runs.drop_duplicates(["data_spec"])
    grids = [(row.label, read(row.run_id, names.SAMPLE_GRID_FILE)) for row in shown.itertuples()]
    return [(label, inline.data_uri(grid, "image/png")) for label, grid in grids if grid][:4]


def _pages(uri: str) -> str:
    """Where MLflow's pages are, without the user and password that the store's address may hold."""
    server = uri.startswith(("http://", "https://"))
    return names.without_secrets(uri).replace("…@", "").rstrip("/") if server else LOCAL_PAGES


def _asked(record: Record) -> str:
    """The options of make that name the study, its data, and how that is taken."""
    study, data = command.asked(record.study, record.runs["data"].iloc[0])
    if record.asked:
        study, data = record.asked.get("study", study), record.asked.get("data")
    elif not command.ships(study):
        study += ".yaml"
    told = command.options(study, data) + " ON_BAD=skip" * (record.bad_files > 0)
    if "near_duplicates" in record.asked:
        told += f" NEAR_DUPLICATES={record.asked['near_duplicates']}"
    return told


def _commands(record: Record) -> list[tuple[str, str]]:
    trained = _asked(record)
    drawn = command.options(record.study, None)
    commit = next(iter(sorted(set(record.runs["commit"]) - {""})), None)
    return [
        *([(f"git checkout {commit[:12]}", "the code that trained")] if commit else []),
        (
            f"make compare{trained}",
            "trains what is missing, then draws; accuracies are the same on the same type of machine",
        ),
        (f"make report{drawn}", "draws this page again from the store"),
        (f"make report-check{drawn}", "whether this page and its figures are of the store's runs"),
        (f"make export{trained}", "packs the trials' logs, for make import FILE=… elsewhere"),
    ]
