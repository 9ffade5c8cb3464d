"""Draw the figures, tables and the page of a study from what the store holds now.

Figures (PNG for slides, SVG for pages, PDF for papers), the results and the claims with their verdicts
(results.md, results.csv, claims.csv) and report.html go into reports/figures/STUDY/. Unchanged results are
not drawn again.
"""

import argparse
from pathlib import Path

from reports import command, files
from reports.store import reading
from reports.tables import markdown

EPILOG = """figures:
  convergence, overfitting, time_to_target, survival_curves, cost_accuracy
                                   of every study, one for each of up to 6 settings
  training_error, gradient_flow    where the recipe says `gradient_flow: true`
  settings                         where the study varies something (`vary:`)
  learning_curves, crops           where it varies `data.train`, `data.crop`
  winner_map                       where it varies both

examples:
  python -m reports draw compare
  python -m reports draw crop --figures crops,winner_map    these figures alone, each for every setting
  python -m reports draw compare --store http://tracking.example:5000

exit status: 0 drawn or unchanged; 2 nothing to draw, or the trials may not be compared"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    command.add_study(parser)
    parser.add_argument("--force", action="store_true", help="draw although nothing changed")
    parser.add_argument(
        "--figures", type=lambda text: text.split(","), metavar="NAME,…", help="draw these figures alone"
    )


def main(options: argparse.Namespace) -> int:
    """Read, check, draw, print; the exit status."""
    study = None
    try:
        study = command.choose_study(options.store, options.study, options.data)
        fingerprint = reading.fingerprint(options.store, study)
    except reading.StoreError as reason:
        return command.refuse(reason, options.study or study, options.data)
    folder = options.out / study
    paths = [] if options.force or options.figures else files.drawn(folder, fingerprint)
    if paths:
        show(folder, paths)
        print("unchanged, nothing drawn")
        return 0

    from reports import drawing  # only now: pandas and matplotlib take longer than everything above

    try:
        if options.figures:
            return _draw_alone(options, study)
        paths = drawing.draw_all(options.store, study, folder)
    except drawing.REFUSALS as reason:
        return command.refuse(reason, options.study or study, options.data)
    files.stamp(folder, fingerprint, paths)
    show(folder, paths)
    return 0


def _draw_alone(options: argparse.Namespace, study: str) -> int:
    from reports import drawing

    if unknown := [name for name in options.figures if name not in drawing.FIGURES]:
        return command.refuse(f"no figure {unknown[0]!r}; choose from: {', '.join(drawing.FIGURES)}")
    record, _ = drawing.read_fair(options.store, study)
    drawn = drawing.draw(record, options.out / study, options.figures)
    if not drawn:
        figures = " and ".join(options.figures)
        return command.refuse(
            f"'{study}' has nothing for {figures}: `python -m reports draw --help` says what it needs"
        )
    for each in drawn:
        print(*each.files, sep="\n")
    return 0


def show(folder: Path, paths: list[Path]) -> None:
    """Print the results table and where the figures are."""
    markdown.show((folder / "results.md").read_text(encoding="utf-8"))
    for path in paths:
        if path.suffix not in (".svg", ".pdf"):
            print(path)
    print("every trial, curve and artifact: MLflow's pages, `make ui`")
