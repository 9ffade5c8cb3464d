"""Figures and tables of one study: `python -m reports STUDY`.

Draws figures (PNG for slides, SVG for pages, PDF for papers), the results table and the claims with their
verdicts (results.md, results.csv, claims.csv) from what the store holds now, into reports/figures/STUDY/.
Works at any time: while a study runs, from its complete trials. Unchanged results are not drawn again.
"""

import sys
from pathlib import Path

from reports import command, files, store, table

EPILOG = """figures:
  convergence, overfitting, time_to_target, survival_curves, cost_accuracy
                                                             of every study, one for each of up to 6 settings
  training_error, gradient_flow                              where the recipe says `gradient_flow: true`
  settings                                                   where the study varies something (`vary:`)
  learning_curves, crops                                     where it varies `data.train`, `data.crop`
  winner_map                                                 where it varies both

examples:
  python -m reports quick            draw the study `quick`
  python -m reports quick --force    draw it again although nothing changed
  python -m reports quick --store http://tracking.example:5000
  python -m reports.convergence quick    one figure alone

exit status: 0 drawn or unchanged; 2 nothing to draw, or the trials may not be compared"""


def main() -> int:
    """Read, check, draw, print; the exit status."""
    parser = command.parser("reports", __doc__, EPILOG)
    parser.add_argument("--force", action="store_true", help="draw although nothing changed")
    arguments = parser.parse_args()
    study = None
    try:
        study = command.choose_study(arguments.store, arguments.study, arguments.data)
        fingerprint = store.fingerprint(arguments.store, study)
    except store.StoreError as reason:
        return command.refuse(reason, arguments.study or study, arguments.data)
    folder = arguments.out / study
    paths = [] if arguments.force else files.drawn(folder, fingerprint)
    if paths:
        show(folder, paths)
        print("unchanged, nothing drawn")
        return 0

    from reports import drawing  # only now: pandas and matplotlib take longer than everything above

    try:
        paths = drawing.draw_all(arguments.store, study, folder)
    except drawing.REFUSALS as reason:
        return command.refuse(reason, arguments.study or study, arguments.data)
    files.stamp(folder, fingerprint, paths)
    show(folder, paths)
    return 0


def show(folder: Path, paths: list[Path]) -> None:
    """Print the results table and where the figures are."""
    table.show((folder / "results.md").read_text(encoding="utf-8"))
    for path in paths:
        if path.suffix not in (".svg", ".pdf"):
            print(path)
    print("every trial, curve and artifact: MLflow's pages, `make ui`")


if __name__ == "__main__":
    sys.exit(main())
