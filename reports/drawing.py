"""All figures and tables of one study, from the store to files."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from matplotlib.figure import Figure

from reports import (
    claims,
    claims_table,
    convergence,
    cost_accuracy,
    crops,
    fairness,
    figure_files,
    files,
    gradient_flow,
    grid,
    learning_curves,
    overfitting,
    page,
    results,
    runs,
    settings,
    store,
    summary,
    survival_curves,
    time_to_target,
    times,
    training_error,
    winner_map,
)

# None: the study has nothing for this figure.
FIGURES: dict[str, Callable[[runs.Record], Figure | None]] = {
    "convergence": convergence.figure,
    "overfitting": overfitting.figure,
    "time_to_target": time_to_target.figure,
    "survival_curves": survival_curves.figure,
    "cost_accuracy": cost_accuracy.figure,
    "training_error": training_error.figure,
    "gradient_flow": gradient_flow.figure,
    "settings": settings.figure,
    "learning_curves": learning_curves.figure,
    "crops": crops.figure,
    "winner_map": winner_map.figure,
}
# The others are drawn once a setting.
OF_ALL_SETTINGS = ("settings", "learning_curves", "crops", "winner_map")
REFUSALS = (store.StoreError, fairness.UnfairComparisonError)


def read_fair(uri: str, study: str) -> tuple[runs.Record, list[str]]:
    """The study and its warnings. Raises one of REFUSALS: StoreError also where no trial is complete."""
    record = runs.read(uri, study)
    if record.runs.empty:
        raise store.StoreError(
            f"no trial of '{study}' is complete yet (attempts failed, killed or still running: "
            f"{record.incomplete}): run {store.TRAIN} for it, or wait for its first trial"
        )
    return record, fairness.check(record.runs)


def draw(record: runs.Record, folder: Path, figures: Iterable[str]) -> list[figure_files.Drawn]:
    """Draw the figures named, each once a setting unless it is one of all settings."""
    apart = record.by_setting()
    found = []
    for name in figures:
        for one in [record] if name in OF_ALL_SETTINGS else apart:
            if figure := FIGURES[name](one):
                setting = one.runs["setting"].iloc[0] if len(apart) > 1 and one is not record else ""
                suffix = re.sub(r"[^A-Za-z0-9.]+", "-", f"-{setting}").rstrip("-")
                files_of = figure_files.save(figure, folder, name + suffix, one)
                found.append(figure_files.Drawn(name, one, files_of))
    return found


def draw_all(uri: str, study: str, folder: Path) -> list[Path]:
    """Figures, tables and the page into `folder`; the files. Raises one of REFUSALS."""
    record, warnings = read_fair(uri, study)
    table, spent = summary.of(record), times.frame(record)
    judged = claims.judge(record)
    many = len(record.by_setting()) > grid.MOST_APART
    drawn = draw(record, folder, OF_ALL_SETTINGS if many else FIGURES)
    tables = {"results.csv": table, "times.csv": spent}
    tables |= {"claims.csv": claims_table.frame(judged)} if judged else {}
    written = {name: frame.to_csv(index=False) for name, frame in tables.items() if len(frame)}
    written["results.md"] = results.text(record, table, warnings, judged)
    written["report.html"] = page.render(uri, record, table, spent, judged, warnings, drawn)
    paths = [path for each in drawn for path in each.files]
    return paths + [files.write(folder / name, text.encode()) for name, text in written.items()]
