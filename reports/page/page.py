"""report.html: a study in one self-contained page, answer first."""

import functools
import itertools
from collections.abc import Sequence
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd

from experiments import names
from reports import command, figure_files, words
from reports.answers import advice, claims_table, in_words, judge, sentences
from reports.page import inline, networks
from reports.store.record import Record
from reports.tables import differences, mistakes, remarks, results, times, trials
from reports.tables.report import Report
from reports.words import Cell

TEMPLATES = Path(__file__).with_name("templates")
LOCAL_PAGES = "http://127.0.0.1:5000"  # of `make ui`, without PORT
FIRST = "claims"  # the figure that stands in the answer
MOST_ARMS = 8  # side by side in a table of classes, and whose confusions are not folded


def render(report: Report, uri: str, drawn: Sequence[figure_files.Drawn]) -> str:
    """The page as HTML. uri: of the store; drawn: the figures, with their SVG files.

    Names of arms, classes and runs are text, whatever they hold: Jinja2 escapes all of them.
    """
    read = functools.cache(report.record.file)
    confusions = mistakes.confusions(report.record, read)
    shared = inline.Shared()
    chance, no_better = _chance(confusions, report.arms)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    environment.globals["short"] = _short
    return environment.get_template("report.html").render(
        record=report.record,
        measured=results.measured(report.record),
        unfinished=results.unfinished(report.record),
        warnings=[*report.warnings, *no_better],
        chance=chance,
        **_answer(report),
        **_figures(report.record, drawn, shared),
        **_networks(report.record, shared),
        **_tables(report),
        **_classes(report.record, confusions, read),
        **_data(report.record, read),
        trials=trials.table(report.record, _pages(uri)),
        local_pages=_pages(uri) == LOCAL_PAGES,  # at any port: the reader may state another
        drawing_styles=shared.rules,  # the last: all that is drawn adds to them
    )


def _answer(report: Report) -> dict[str, object]:
    """The claims, how they are judged, and how sure the answer is."""
    judged = report.judged
    tested = judge.number_tested(each.stated for each in judged)
    return {
        "advice": advice.advice(report.record),
        "advice_table": advice.table(report.record),
        "advice_explained": advice.explanation(report.record),
        "in_words": in_words.told(judged, report.record.title),
        "without_claims": "" if any(each.stated.current for each in judged) else sentences.WITHOUT_CLAIMS,
        "claim_groups": [
            (
                group,
                [
                    (
                        claims_table.statement(each),
                        sentences.explain(each, tested, report.record.chosen_by, report.record.title),
                    )
                    for each in group.claims
                ],
            )
            for group in sentences.groups(judged)
        ],
        "claims_table": (claims_table.header(judged), claims_table.rows(judged)),
        "claims_explained": claims_table.explanation(report.judged),
        "claims_notes": claims_table.notes(judged, report.still_due, report.record.title),
        "certainty": sentences.certainty(report.record, report.arms, judged),
    }


def _figures(record: Record, drawn: Sequence[figure_files.Drawn], shared: inline.Shared) -> dict[str, object]:
    """The figures by setting, those of all settings first."""
    settings = ["", *dict.fromkeys(each.setting for each in drawn)]
    ordered = sorted(drawn, key=lambda each: settings.index(each.setting))
    found = [_figure(each, f"f{index}", shared) for index, each in enumerate(ordered)]
    first = next((each for each in filter(None, found) if each["id"] == FIRST), None)
    others = [each for each in filter(None, found) if each is not first]
    apart = itertools.groupby(others, key=lambda each: each["setting"])
    return {
        "first_figure": first,
        "figures": [(setting, [*members]) for setting, members in apart],
        "origin": figure_files.origin(record),
    }


def _networks(record: Record, shared: inline.Shared) -> dict[str, object]:
    """The networks as they were trained."""
    return {"networks": networks.shown(record, shared), "most_open": networks.MOST_OPEN}


def _figure(drawn: figure_files.Drawn, prefix: str, shared: inline.Shared) -> dict[str, object] | None:
    """What the page shows of a figure; None where it has no SVG file. prefix: of the ids in it."""
    svg = next((path for path in drawn.files if path.suffix == ".svg"), None)
    if svg is None:
        return None
    title = f"{drawn.title} · {drawn.setting}" if drawn.setting else drawn.title
    origin = figure_files.origin(drawn.record)
    # The caveats are in the picture, as shapes of letters that are not read aloud.
    description = " ".join(filter(None, (f"{title}.", drawn.finding, drawn.caveats)))
    return {
        "id": svg.stem,
        "title": title,
        "setting": drawn.setting,
        "finding": drawn.finding,
        "note": drawn.note,
        "svg": inline.svg(svg.read_text(encoding="utf-8"), prefix, description, shared),
        "files": [path.name for path in drawn.files],
        "origin": origin | {"runs": len(origin["runs"])},
    }


def _tables(report: Report) -> dict[str, object]:
    """Results, costs, times, and what differs between the arms."""
    header, rows, costs = results.header(report.record), results.rows(report), len(results.COSTS)
    return {
        "results_table": (header[:-costs], [row[:-costs] for row in rows]),
        "costs_table": ([header[0], *header[-costs:]], [[row[0], *row[-costs:]] for row in rows]),
        "results_explained": results.explanation(report),
        "facts": remarks.lines(report.record),
        "times_table": times.table(report.times, report.scored_once),
        "times_explained": times.EXPLANATION.format(score=report.record.chosen_by),
        "score": report.record.chosen_by,
        "differing": differences.table(report.record),
        "alike": differences.alike(report.record),
    }


def _classes(
    record: Record, confusions: Sequence[mistakes.Confusion], read: mistakes.Reader
) -> dict[str, object]:
    """What is confused with what, and the images that most trials get wrong."""
    # Without a test report there is no name for a class.
    hard, always = mistakes.hardest(record, read, confusions[0].classes) if confusions else ([], 0)
    return {
        "confusions": confusions,
        "classes_table": _classes_table(confusions),
        "most_classes": mistakes.MOST_CLASSES,
        "most_arms": MOST_ARMS,
        "hardest": [(each, inline.picture(each.picture)) for each in hard],
        "always": always,
        "own_splits": not record.one_split,
    }


def _data(record: Record, read: mistakes.Reader) -> dict[str, object]:
    """Pictures of the data, and how to reproduce the study."""
    return {
        "samples": _samples(record, read),
        "versions": sorted(set(record.runs["versions"])),
        "inspect": f"make inspect{_options(record, precision=False)}",
        "commands": _commands(record),
    }


def _short(digests: Sequence[str]) -> str:
    """Digests as people read them: their beginnings, of many the first."""
    known = [each[:12] for each in digests if each]
    if len(known) > 4:
        return f"{known[0]} and {len(known) - 1} more"
    return ", ".join(known) or "not recorded"


def _chance(confusions: Sequence[mistakes.Confusion], arms: pd.DataFrame) -> tuple[str, list[str]]:
    """The score of an arm that looks at no image, in a sentence; and a warning where arms score no better."""
    if not confusions:
        return "", []
    images = confusions[0].counts.sum(axis=1)
    share = images.max() / images.sum()
    always = f"always answers {confusions[0].classes[images.argmax()]}"
    low = arms.loc[arms["test_accuracy"] <= share + 1e-9, "label"]
    sentence = f"An arm that {always} would score {share:.3f}."
    if low.empty:
        return sentence, []
    return sentence, [
        f"{words.listed(low)}: no better on the test images than an arm that {always} ({share:.3f})"
    ]


def _classes_table(confusions: Sequence[mistakes.Confusion]) -> tuple[list[str], list[list[str]]]:
    """Each class: its test images, and the share that each arm gets right; a column an arm, or a row."""
    if not confusions:
        return [], []
    counts = confusions[0].counts.sum(axis=1) // confusions[0].trials
    images = [Cell(f"{count:,}", count) for count in counts]
    right = [
        [each.label, *(Cell(f"{100 * share:.0f}", share) for share in np.diag(each.shares))]
        for each in confusions
    ]
    rows = [["Class", *confusions[0].classes], ["Test images", *images], *right]
    if len(confusions) <= max(MOST_ARMS, len(images)):
        rows = list(map(list, zip(*rows, strict=True)))
    return rows[0], rows[1:]


def _samples(record: Record, read: mistakes.Reader) -> list[tuple[str, str]]:
    """Training images as networks see them: of the first trial of each data recipe, at most four."""
    first = record.runs.drop_duplicates(["data_spec"])
    grids = [(row.label, read(row.run_id, names.SAMPLE_GRID_FILE)) for row in first.itertuples()]
    return [(label, inline.data_uri(grid, "image/png")) for label, grid in grids if grid][:4]


def _pages(uri: str) -> str:
    """The address of MLflow's pages, without the user and password that the store's address may hold."""
    server = uri.startswith(("http://", "https://"))
    return names.without_secrets(uri).replace("…@", "").rstrip("/") if server else LOCAL_PAGES


def _options(record: Record, *, precision: bool = True, minutes: bool = False) -> str:
    """The variables of make that name study, data and precision, and what becomes of doubtful files."""
    study, data = command.guess(record.study, record.runs["data"].iloc[0])
    if record.options:
        study, data = record.options.get("study", study), record.options.get("data")
    elif not command.ships(study):
        study += ".yaml"
    text = command.options(study, data)
    if record.bad_files:
        text += " ON_BAD=skip"
    if precision and (found := _precision(record)):
        text += f" PRECISION={found}"
    if minutes and "minutes" in record.options:
        text += f" MINUTES={record.options['minutes']}"
    for field in names.READING:
        if field in record.options:
            text += f" {field.upper()}={record.options[field]}"
    return text


def _precision(record: Record) -> str | None:
    """The precision that the command named; of a pack, which does not tell, that in the study's name."""
    if "precision" in record.options:
        return record.options["precision"]
    study, _ = command.guess(record.study, record.runs["data"].iloc[0])
    named = {names.experiment_name(study, precision=each): each for each in names.PRECISIONS}
    return next((each for name, each in named.items() if record.study.startswith(name)), None)


def _commands(record: Record) -> list[tuple[str, str]]:
    """The commands that reproduce the study, each with what it does."""
    trained = _options(record)
    drawn = command.options(record.study, None)
    commit = next(iter(sorted(set(record.runs["commit"]) - {""})), None)
    checkout = [(f"git checkout {commit[:12]}", "the code that trained")] if commit else []
    return [
        *checkout,
        (
            f"make compare{_options(record, minutes=True)}",
            "trains what is missing, then draws; accuracies are the same on the same type of machine",
        ),
        (f"make report{drawn}", "draws this page again from the store"),
        (f"make report-check{drawn}", "whether this page and its figures are of the store's runs"),
        (f"make export{trained}", "packs the trials' logs, for make import FILE=… elsewhere"),
    ]
