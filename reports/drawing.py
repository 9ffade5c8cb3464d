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
    results,
    runs,
    settings,
    store,
    time_to_target,
    training_error,
    winner_map,
)

# None: the study has nothing for this figure.
FIGURES: dict[str, Callable[[runs.Record], Figure | None]] = {
    "convergence": convergence.figure,
    "overfitting": overfitting.figure,
    "time_to_target": time_to_target.figure,
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


def draw(record: runs.Record, folder: Path, figures: Iterable[str]) -> list[Path]:
    """Draw the figures named, each once a setting unless it is one of all settings; the files written."""
    apart = record.by_setting()
    paths = []
    for name in figures:
        for one in [record] if name in OF_ALL_SETTINGS else apart:
            if drawn := FIGURES[name](one):
                setting = one.runs["setting"].iloc[0] if len(apart) > 1 and one is not record else ""
                suffix = re.sub(r"[^A-Za-z0-9.]+", "-", f"-{setting}").rstrip("-")
                paths += figure_files.save(drawn, folder, name + suffix, one)
    return paths


def draw_all(uri: str, study: str, folder: Path) -> list[Path]:
    """Figures, results.md and results.csv into `folder`; the files. Raises one of REFUSALS."""
    record, warnings = read_fair(uri, study)
    table = results.summary(record)
    judged = claims.judge(record)
    text = results.text(record, table, warnings, judged)
    many = len(record.by_setting()) > grid.MOST_APART
    paths = draw(record, folder, OF_ALL_SETTINGS if many else FIGURES)
    paths.append(files.write(folder / "results.csv", table.to_csv(index=False).encode()))
    if judged:
        of_claims = claims_table.frame(judged).to_csv(index=False)
        paths.append(files.write(folder / "claims.csv", of_claims.encode()))
    paths.append(files.write(folder / "results.md", text.encode()))
    return paths
