"""Draw the figures, tables and the page of a study from what the store holds now.

Figures (PNG for slides, SVG for pages, PDF for papers), the results and the claims with their verdicts
(results.md, results.csv, claims.csv) and report.html go into reports/figures/STUDY/. Unchanged results are
not drawn again.
"""

import argparse
import sys
from pathlib import Path

from reports import command, files
from reports.store import reading
from reports.tables import markdown

EPILOG = """figures:
  convergence, overfitting, time_to_target, share_reached, cost_accuracy
                                   of every study, one for each of up to 6 settings
  representations                  where it compares several, each by several classifiers
  reliability                      where trials kept their probabilities
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
    """Add the options of this command."""
    command.add_study(parser)
    parser.add_argument("--force", action="store_true", help="draw although nothing changed")
    parser.add_argument(
        "--figures", type=lambda text: text.split(","), metavar="NAME,…", help="draw these figures alone"
    )


def main(options: argparse.Namespace) -> int:
    """Read, check, draw, print; the exit status."""
    study = None
    try:
        study = command.choose_study(options)
        fingerprint = reading.fingerprint(options.store, study)
    except reading.StoreError as reason:
        return command.refuse(reason, options.study or study, options.data)
    folder = options.out / study
    if not (options.force or options.figures) and files.drawn(folder, fingerprint):
        show(folder)
        print("unchanged, nothing drawn")
        return 0

    from reports import drawing  # only now: pandas and matplotlib take longer than everything above

    try:
        if options.figures:
            return _draw_alone(options, study)
        drawing.draw_all(options.store, study, folder, command.warn)
    except drawing.REFUSALS as reason:
        return command.refuse(reason, options.study or study, options.data)
    show(folder)
    return 0


def _draw_alone(options: argparse.Namespace, study: str) -> int:
    """Draw the figures that are named, and no table or page; the exit status."""
    from reports import drawing

    if unknown := [name for name in options.figures if name not in drawing.FIGURES]:
        return command.refuse(f"no figure {unknown[0]!r}; choose from: {', '.join(drawing.FIGURES)}")
    folder = options.out / study
    report = drawing.read_fair(options.store, study)
    drawn = drawing.draw(report.record, folder, options.figures)
    if not drawn:
        figures = " and ".join(options.figures)
        return command.refuse(
            f"'{study}' has nothing for {figures}: `python -m reports draw --help` says what it needs"
        )
    paths = [path for each in drawn for path in each.files]
    files.stamp_alone(folder, paths)
    command.warn(report.lacking)
    print(*paths, sep="\n")
    return 0


def show(folder: Path) -> None:
    """Print where the figures are, then results.md: as it is, on a terminal fitted to its width."""
    stamp = files.read_stamp(folder)
    for name in stamp.files:
        if not name.endswith((".svg", ".pdf", ".html")):
            print(folder / name)
    print()
    if sys.stdout.isatty():
        markdown.show(markdown.Block(*block) for block in stamp.results)
    else:
        print((folder / "results.md").read_text(encoding="utf-8"))
    print(f"one page with all of it: {folder / 'report.html'}")
    print("every trial, curve and artifact: MLflow's pages, `make ui`")
