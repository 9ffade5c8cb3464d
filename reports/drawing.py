"""All figures and tables of one study, from the store to files."""

import re
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from reports import convergence, fairness, files, overfitting, results, runs, store, style, time_to_target

FIGURES: dict[str, Callable[[runs.Record], Figure]] = {
    "convergence": convergence.figure,
    "overfitting": overfitting.figure,
    "time_to_target": time_to_target.figure,
}
REFUSALS = (store.StoreError, fairness.UnfairComparisonError)


def read_fair(uri: str, study: str) -> tuple[runs.Record, list[str]]:
    """The study and its warnings. Raises one of REFUSALS: StoreError also where no trial is complete."""
    record = runs.read(uri, study)
    if record.runs.empty:
        raise store.StoreError(
            f"no trial of '{study}' is complete yet (attempts failed, killed or still running: "
            f"{record.incomplete}): run `make compare` for it, or wait for its first trial"
        )
    return record, fairness.check(record.runs)


def draw(record: runs.Record, folder: Path, figures: dict[str, Callable]) -> list[Path]:
    """Draw each figure once a setting, so that no figure mixes settings; the files written."""
    settings = record.by_setting()
    paths = []
    for name, figure in figures.items():
        for one in settings:
            setting = one.runs["setting"].iloc[0]
            suffix = f"-{re.sub(r'[^A-Za-z0-9.]+', '-', setting)}" if len(settings) > 1 else ""
            paths += style.save(figure(one), folder, name + suffix)
    return paths


def draw_all(uri: str, study: str, folder: Path) -> list[Path]:
    """Figures, results.md and results.csv into `folder`; the files. Raises one of REFUSALS."""
    record, warnings = read_fair(uri, study)
    table = results.summary(record)
    text = results.markdown(record, table, warnings)
    paths = draw(record, folder, FIGURES)
    paths.append(files.write(folder / "results.csv", table.to_csv(index=False).encode()))
    paths.append(files.write(folder / "results.md", text.encode()))
    return paths
