"""The command line that the report and each figure share: which study, which store, where to.

Without pandas or matplotlib: they are imported once there is something to draw.
"""

import argparse
import shlex
import sys
from pathlib import Path

from experiments import names
from reports import store

DEFAULT_STUDY = "compare"  # of `make`
STUDIES = Path(__file__).parent.parent / "experiments" / "studies"
FIGURES = Path(__file__).with_name("figures")


def parser(program: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """Arguments `study`, `--data`, `--store`, `--out` of `python -m program`."""
    made = argparse.ArgumentParser(
        prog=f"python -m {program}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "study", nargs="?", help="a study in the store; may be left out where there is only one"
    )
    made.add_argument("--data", help="the other data that the study was run on, as `make compare DATA=…`")
    made.add_argument(
        "--store",
        metavar="URI",
        default=store.default_uri(),
        help="MLflow's store (default: MLFLOW_TRACKING_URI, or mlflow.db in the repository)",
    )
    made.add_argument(
        "--out",
        type=Path,
        default=FIGURES,
        metavar="FOLDER",
        help="figures go to FOLDER/STUDY/ (default: reports/figures)",
    )
    return made


def choose_study(uri: str, study: str | None, data: str | None) -> str:
    """The study named, or the only one in the store. Raises StoreError where that is none or several."""
    if study and not data:
        return names.experiment_name(study)
    if data and not study:
        raise store.StoreError(f"--data needs the study's name beside it: STUDY --data {data}")
    studies = store.list_studies(uri)
    if study:
        named = names.experiment_name(study, data)
        if named not in studies:
            raise store.StoreError(
                f"study '{study}' was not run on data '{data}': no '{named}' in {uri} "
                f"(it holds: {', '.join(studies) or 'no study'}); "
                f"run {store.TRAIN} first"
            )
        return named
    if len(studies) == 1:
        return studies[0]
    if not studies:
        raise store.StoreError(f"no study in {uri}: run {store.TRAIN} first")
    raise store.StoreError(f"which study? {uri} holds: {', '.join(studies)}")


def refuse(reason: object, study: str | None = None, data: str | None = None) -> int:
    """Say on stderr, in one line, why nothing was drawn, and how to train what was asked for; exit status."""
    text = str(reason).replace(store.TRAIN, training(study, data))
    print(f"reports: {names.without_secrets(text)}", file=sys.stderr)
    return 2


def training(study: str | None, data: str | None) -> str:
    """The command that trains a study: by name one that ships, a plain one for the default study."""
    return f"`make compare{options(study if study is None or ships(study) else 'FILE.yaml', data)}`"


def ships(study: str) -> bool:
    """Whether `make compare` finds a study by this word: a name that ships, or a path to a file."""
    return study.endswith((".yaml", ".yml")) or (STUDIES / f"{study}.yaml").exists()


def options(study: str | None, data: str | None) -> str:
    """` STUDY=… DATA=…`, as far as they are not the default, for a command of make."""
    named = {"STUDY": None if study == DEFAULT_STUDY else study, "DATA": data}
    return "".join(f" {name}={shlex.quote(value)}" for name, value in named.items() if value)


def asked(experiment: str, data: str) -> tuple[str, str | None]:
    """The study and the other data that an experiment of the store came from.

    data: as its runs name it. A folder is named without its place, which the store does not know.
    """
    shipped = sorted((path.stem for path in STUDIES.glob("*.yaml")), key=len, reverse=True)
    for study in shipped:
        if experiment == study:
            return study, None
        if experiment.startswith(f"{study}-"):
            return study, f"path:FOLDER/{data.removeprefix('path:')}" if data.startswith("path:") else data
    return experiment, None


def draw_alone(name: str, description: str) -> int:
    """Read, check and draw one figure; the exit status."""
    from reports import drawing

    arguments = parser(f"reports.{name}", description).parse_args()
    study = None
    try:
        study = choose_study(arguments.store, arguments.study, arguments.data)
        record, _ = drawing.read_fair(arguments.store, study)
    except drawing.REFUSALS as reason:
        return refuse(reason, arguments.study or study, arguments.data)
    paths = [path for drawn in drawing.draw(record, arguments.out / study, [name]) for path in drawn.files]
    if not paths:
        return refuse(
            f"'{study}' has nothing for this figure: `python -m reports.{name} --help` says what it needs"
        )
    for path in paths:
        print(path)
    return 0
