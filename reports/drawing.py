"""All figures and tables of one study, from the store to files."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

from experiments import names
from reports import figure_files, files
from reports.answers import claims_table
from reports.page import page
from reports.plots import (
    claims,
    convergence,
    cost_accuracy,
    crops,
    gradient_flow,
    learning_curves,
    learning_rates,
    overfitting,
    reliability,
    representations,
    settings,
    share_reached,
    time_to_target,
    training_error,
    winner_map,
)
from reports.plots.elements import style
from reports.store import artifacts, fairness, reading
from reports.store.record import MOST_APART, Record, read_record
from reports.tables import results
from reports.tables.report import Report

# In the order of the page; the one place that names them. A figure is a module with TITLE, APPLIES,
# figure(record), which is None where the study has nothing for it, and finding(record).
FIGURES: dict[str, ModuleType] = {
    "claims": claims,
    "cost_accuracy": cost_accuracy,
    "convergence": convergence,
    "overfitting": overfitting,
    "reliability": reliability,
    "time_to_target": time_to_target,
    "share_reached": share_reached,
    "representations": representations,
    "training_error": training_error,
    "gradient_flow": gradient_flow,
    "settings": settings,
    "learning_curves": learning_curves,
    "crops": crops,
    "winner_map": winner_map,
    "learning_rates": learning_rates,
}
REFUSALS = (reading.StoreError, fairness.UnfairComparisonError)


def read_fair(uri: str, study: str) -> Report:
    """Read a study and check that it is fair. Raises one of REFUSALS, also where no trial is complete."""
    record = read_record(uri, study)
    if record.runs.empty:
        swept = f"; of its sweep {len(record.tuning)} are" if len(record.tuning) else ""
        raise reading.StoreError(
            f"no trial of '{study}' is complete yet (attempts failed, killed or still running: "
            f"{record.incomplete}{swept}): run {reading.TRAIN} for it, or wait for its first trial"
        )
    warnings = fairness.check(record.runs)
    record = artifacts.checked(record)
    return Report(record, [*warnings, *filter(None, [artifacts.lacking(record)])])


def draw(record: Record, folder: Path, figures: Iterable[str]) -> list[figure_files.Drawn]:
    """Draw the figures named, each once a setting unless it is one of all settings."""
    apart = record.by_setting()
    found = []
    for name in figures:
        plot = FIGURES[name]
        for one in [record] if plot.APPLIES == "all settings" else apart:
            if figure := plot.figure(one):
                setting = one.runs["setting"].iloc[0] if len(apart) > 1 and one is not record else ""
                suffix = re.sub(r"[^A-Za-z0-9.]+", "-", f"-{setting}").rstrip("-")
                paths = figure_files.save(figure, folder, name + suffix, one)
                note, caveats = style.told(figure)
                shown = "" if one is record else one.runs["setting"].iloc[0]
                found.append(
                    figure_files.Drawn(plot.TITLE, plot.finding(one), note, one, shown, paths, caveats)
                )
    return found


def draw_all(uri: str, study: str, folder: Path, tell: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Draw figures, tables and the page into `folder`, and stamp them; the files. Raises one of REFUSALS.

    tell: hears when drawing begins, which takes some seconds.
    """
    fingerprint = reading.fingerprint(uri, study)  # first: what is written meanwhile is drawn next time
    report = read_fair(uri, study)
    record = report.record
    tell(f"drawing {study}: figures, tables, page …")
    many = len(record.by_setting()) > MOST_APART
    figures = [name for name, plot in FIGURES.items() if not many or plot.APPLIES == "all settings"]
    drawn = draw(record, folder, figures)
    tables = {
        "results.csv": report.arms,
        "times.csv": report.times,
        "claims.csv": claims_table.frame(report.judged),
    }
    texts = {name: frame.to_csv(index=False) for name, frame in tables.items() if len(frame)}
    written = {name: text.encode(names.table_encoding(text)) for name, text in texts.items()}
    written["results.md"] = results.text(report).encode()
    written["report.html"] = page.render(report, uri, drawn).encode()
    paths = [path for each in drawn for path in each.files]
    paths += [files.write(folder / name, content) for name, content in written.items()]
    files.stamp(folder, fingerprint, paths, results.blocks(report), whole=not record.unreadable)
    return paths
