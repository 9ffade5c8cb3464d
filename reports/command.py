"""What the commands share: options for study, store and folder, and refusals that say what to do.

Without pandas or matplotlib: they are imported once there is something to draw.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from experiments import names
from reports.store import reading

DEFAULT_STUDY, DEFAULT_OF_PHOTOGRAPHS = "compare", "photographs"  # of `make`, without and with DATA=path:…
STUDIES = Path(__file__).parent.parent / "experiments" / "studies"
FIGURES = Path(__file__).parent / "figures"


class Parser(argparse.ArgumentParser):
    """A parser that keeps the lines of its help, and says in one line what is wrong."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - argparse's own
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, f"error: {message}; --help tells what there is\n")


def add_study(parser: argparse.ArgumentParser) -> None:
    """Add the options for study, data, store and the folder of figures."""
    parser.add_argument(
        "study", nargs="?", help="a study in the store; may be left out where there is only one"
    )
    parser.add_argument("--data", help="the other data that the study was run on, as `make compare DATA=…`")
    parser.add_argument(
        "--precision", choices=names.PRECISIONS, help="of the study, as `make compare PRECISION=…`"
    )
    parser.add_argument(
        "--minutes", help="of a study that was fitted into them, as `make compare DATA=path:… MINUTES=…`"
    )
    parser.add_argument(
        "--store",
        metavar="URI",
        default=reading.default_uri(),
        help="MLflow's store (default: MLFLOW_TRACKING_URI, or mlflow.db in the repository)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=FIGURES,
        metavar="FOLDER",
        help="figures go to FOLDER/STUDY/ (default: reports/figures)",
    )


def choose_study(options: argparse.Namespace) -> str:
    """The study named, or the only one in the store. Raises StoreError where that is none or several."""
    uri, study, data, precision = options.store, options.study, options.data, options.precision
    if study and not data:
        return names.experiment_name(study, precision=precision)
    if precision and not study:
        raise reading.StoreError(
            f"--precision needs the study's name beside it: STUDY --precision {precision}"
        )
    if data and not study:
        raise reading.StoreError(f"--data needs the study's name beside it: STUDY --data {data}")
    studies = reading.list_studies(uri)
    if study:
        named = names.experiment_name(study, located(data), precision)
        if named not in studies and (fitted := _of_minutes(named, options.minutes, studies)):
            return fitted
        if named not in studies:
            raise reading.StoreError(
                f"study '{study}' was not run on data '{data}': no '{named}' in {uri} "
                f"(it holds: {', '.join(studies) or 'no study'}); "
                f"run {reading.TRAIN} first"
            )
        return named
    if len(studies) == 1:
        return studies[0]
    if not studies:
        raise reading.StoreError(f"no study in {uri}: run {reading.TRAIN} first")
    raise reading.StoreError(f"which study? {uri} holds: {', '.join(studies)}")


def located(data: str | None) -> str | None:
    """A data source with the path of a folder or list made absolute."""
    if data is None or not data.startswith("path:"):
        return data
    return f"path:{Path(data.removeprefix('path:')).expanduser().resolve()}"


def _of_minutes(study: str, minutes: str | None, studies: Sequence[str]) -> str | None:
    """The study that was fitted into minutes: as many as named, or the usual ones, or the only ones."""
    fitted = [each for each in studies if each.startswith(f"{study}-") and each.endswith("min")]
    named = names.for_minutes(study, minutes or names.USUAL_MINUTES)
    return named if named in fitted else fitted[0] if len(fitted) == 1 and not minutes else None


def refuse(reason: object, study: str | None = None, data: str | None = None) -> int:
    """Say on stderr, in one line, why nothing was drawn and how to train the study; the exit status."""
    text = str(reason).replace(reading.TRAIN, training(study, data))
    print(f"reports: {names.without_secrets(text)}", file=sys.stderr)
    return 2


def warn(line: str) -> None:
    """Say on stderr what a reader must know beside what is printed; nothing of an empty line."""
    if line:
        print(f"reports: {line}", file=sys.stderr)


def training(study: str | None, data: str | None) -> str:
    """The command that trains a study; one that does not ship needs its file."""
    return f"`make compare{options(study if study is None or ships(study) else 'FILE.yaml', data)}`"


def ships(study: str) -> bool:
    """True if `make compare` finds a study by this word: the name of a shipped one, or a path."""
    return study.endswith((".yaml", ".yml")) or (STUDIES / f"{study}.yaml").exists()


def options(study: str | None, data: str | None) -> str:
    """` STUDY=… DATA=…` for a command of make, without those that are the default."""
    usual = DEFAULT_OF_PHOTOGRAPHS if data and data.startswith("path:") else DEFAULT_STUDY
    named = {"STUDY": None if study == usual else study, "DATA": data}
    return "".join(f" {name}={shlex.quote(value)}" for name, value in named.items() if value)


def guess(experiment: str, data: str) -> tuple[str, str | None]:
    """The study and the other data of an experiment whose command was not recorded: by the shipped studies.

    data: as its runs name it. The store does not know the path of a folder, only its name.
    """
    shipped = sorted((path.stem for path in STUDIES.glob("*.yaml")), key=len, reverse=True)
    for study in shipped:
        if experiment == study:
            return study, None
        if experiment in [f"{study}-{precision}" for precision in names.PRECISIONS]:
            return study, None
        if experiment.startswith(f"{study}-"):
            return study, f"path:FOLDER/{data.removeprefix('path:')}" if data.startswith("path:") else data
    return experiment, None
