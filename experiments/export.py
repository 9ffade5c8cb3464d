"""Pack and unpack a study's trials: specifications, event logs, test reports, probabilities, training images.

    python -m experiments export compare
    python -m experiments import exports/compare.tar.xz

A pack is small, since models stay behind, and it is all that figures and tables need: some 40 KiB a trial,
most of them the probabilities of its validation and test images.
"""

import argparse
import io
import json
import lzma
import sys
import tarfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from pydantic import TypeAdapter, ValidationError

from experiments import command_line, files, location, names
from experiments.command_line import Command, Parser, say
from experiments.errors import UserError
from experiments.logs import events, trial_folder
from experiments.planning import minutes, plan, request
from experiments.store import client, forecasts, page, registration, tracking, views
from experiments.store.client import StoreError
from experiments.studies import arms
from experiments.studies.specification import PlannedTrial
from experiments.studies.study import Study

INDEX = "study.json"
FILES = (trial_folder.LOG, trial_folder.ATTEMPT, *names.TRIAL_FILES)
LARGEST = 64 * 2**20  # bytes of one packed file; a log of a thousand epochs has half a MiB
_TRIALS = TypeAdapter(list[PlannedTrial])
_TIMES = TypeAdapter(registration.Times)
_TEXTS = TypeAdapter(dict[str, str])


def pack(
    study: Study,
    trials: list[PlannedTrial],
    work: Path,
    target: Path,
    pictures: bool = False,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Write the complete trials of a study into one .tar.xz; returns their number.

    pictures: also those of mistakes, which only the report's page shows and which are most of a pack. tags:
    of the study in the store, of which registered forecasts are packed beside those of the work folder.

    Raises:
        UserError: none is complete here.
    """
    complete = [each for each in trials if trial_folder.is_complete(trial_folder.of(work, each.trial))]
    if not complete:
        raise UserError(f"study {study.name!r}: no complete trial in {work}; run `make compare` first")
    target.parent.mkdir(parents=True, exist_ok=True)
    document = study.model_dump(mode="json")
    document["data"]["source"] = travelling(study.data.source)
    scheduled = registration.plan(work, study.name)
    index = {
        "study": document,
        "trials": _TRIALS.dump_python(
            [each._replace(data=travelling(each.data)) for each in complete], mode="json"
        ),
        "claims": registration.times(work, study.name),
        "forecasts": forecasts.kept(work, study.name) | forecasts.of_tags(tags),
        "plan": scheduled.model_dump(mode="json") if scheduled else None,
        "notices": page.data_tags(plan.data(study, work).values()),
    }
    with files.writing(target) as part, tarfile.open(part, "w:xz") as archive:
        content = json.dumps(index, indent=1).encode()
        entry = tarfile.TarInfo(INDEX)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
        for planned in complete:
            folder = trial_folder.of(work, planned.trial)
            for file in FILES:
                if file == names.MISTAKES_PICTURE and not pictures:
                    continue
                if (folder / file).exists():  # features have no training images, say
                    archive.add(folder / file, f"{planned.trial.id}/{file}")
    return len(complete)


def travelling(source: str) -> str:
    """A data source without its parent folders here: `path:/home/me/photographs` is `path:photographs`."""
    folder = source.removeprefix("path:")
    return source if folder == source else f"path:{Path(folder).name}"


def unpack(source: Path, work: Path, store: str) -> tuple[str, set[int]]:
    """Bring a pack's trials into the work folder and the store; its study's name, and their versions.

    Trials that are complete here stay as they are, and those of the pack are results again where they had
    been set aside.

    Raises:
        UserError: the file cannot be read, or is not a pack.
    """
    try:
        with tarfile.open(source) as archive:
            content = {
                entry.name: archive.extractfile(entry).read()
                for entry in archive.getmembers()
                if entry.isfile() and entry.size <= LARGEST
            }
        index = json.loads(content[INDEX])
        index["study"].setdefault("splits", "one")  # packs from before the field
        study, trials = Study.model_validate(index["study"]), _TRIALS.validate_python(index["trials"])
        registered = _TIMES.validate_python(index.get("claims", {}))
        plan_ = registration.Planned.model_validate(index["plan"]) if index.get("plan") else None
        forecast_tags = forecasts.of_tags(_TEXTS.validate_python(index.get("forecasts", {})))
        notices = _TEXTS.validate_python(index.get("notices", {}))
        logs = {each.trial.id: content[f"{each.trial.id}/{trial_folder.LOG}"] for each in trials}
        for log in logs.values():
            for line in log.splitlines():
                events.parse(line)
    except (FileNotFoundError, IsADirectoryError):
        raise UserError(f"{source}: no such file; give FILE=exports/<study>.tar.xz") from None
    except tarfile.ReadError:
        raise UserError(f"{source}: not a pack of a study (no tar archive)") from None
    except KeyError as error:
        raise UserError(f"{source}: not a pack of a study (no {error.args[0]} in it)") from None
    except (
        OSError,
        EOFError,
        lzma.LZMAError,
        tarfile.TarError,
        TypeError,
        ValueError,
        ValidationError,
    ) as error:
        raise UserError(f"{source}: not a pack of a study ({str(error).splitlines()[0]})") from None
    with trial_folder.lock(work):
        projection = tracking.Projection(store, study.name, colors=arms.colors(study.models))
        in_store = client.stored(store, study.name)
        planned_first = registration.earliest([plan_, *registration.plans(work, study.name, in_store.tags)])
        schedule = registration.plan_tags(planned_first)
        registration.keep(work, study.name, registration.tags(study, registered) | schedule)
        forecasts.keep(work, study.name, forecast_tags)
        tags = page.experiment_tags(study) | registration.changed_tags(study, work, in_store.tags)
        tags |= schedule | forecasts.changed_tags(study.name, work, in_store.tags)
        packed = {each.trial.id: each.role for each in trials}
        changed = {
            run: packed[trial]
            for run, trial, role in in_store.complete
            if trial in packed and role != packed[trial]
        }
        projection.describe(tags | {key: notices[key] for key in names.NOTICES if key in notices}, changed)
        projected = {trial for _, trial, _ in in_store.complete}
        for planned in trials:
            folder = trial_folder.of(work, planned.trial)
            if not trial_folder.is_complete(folder):
                trial_folder.begin(folder, planned.trial)
                trial_folder.start_over(folder)  # what is unfinished here gives way
                # Only names of our own are written: whatever else stands in the archive is left there.
                for file in FILES:
                    if f"{planned.trial.id}/{file}" in content:
                        (folder / file).write_bytes(content[f"{planned.trial.id}/{file}"])
            if planned.trial.id not in projected:
                projection.project(planned, folder, events.read(trial_folder.log(folder)))
        seeds = planned_first.schedule.seeds if planned_first else []
        stored = client.stored(store, study.name)
        if refusal := projection.show(study, views.lacking(study, seeds, stored, alone=False)):
            print(refusal, file=sys.stderr)
    return study.name, {each.trial.results_version for each in trials}


def add_export(parser: Parser) -> None:
    """What to pack, and where to."""
    parser.add_argument(
        "study",
        nargs="?",
        help="a study's name or file (default: compare, of --data path:… photographs)",
    )
    command_line.add_data_options(parser)
    command_line.add_precision(parser)
    parser.add_argument("--to", type=Path, help="the file to write (default: exports/<study>.tar.xz)")
    parser.add_argument(
        "--pictures", action="store_true", help="also the pictures of mistakes, most of its size"
    )
    parser.add_argument("--work", type=Path, default=location.WORK, help="event logs and prepared data")
    parser.add_argument(
        "--store",
        type=location.absolute,
        default=location.store_uri(),
        help="MLflow store, of which registered forecasts are packed too",
    )


def export(options: argparse.Namespace) -> int:
    """Pack a study's complete trials."""
    study = request.read_study(
        options.study or request.usual_study(options.data),
        options.data,
        options.work,
        say,
        taken=command_line.data_options(options),
        precision=options.precision,
        fitted=partial(minutes.standing, work=options.work),
    )
    target = options.to or location.ROOT / "exports" / f"{study.name}.tar.xz"
    try:
        tags = client.stored(options.store, study.name).tags
    except StoreError as error:
        say(f"{error}; of registered forecasts, those of the work folder alone are packed")
        tags = {}
    packed = pack(study, plan.trials(study, options.work), options.work, target, options.pictures, tags)
    say(f"{packed} trials in {target} ({target.stat().st_size / 1024:.0f} KiB)")
    return 0


def add_import(parser: Parser) -> None:
    """What to unpack, and where to."""
    parser.add_argument("file", type=Path, help="a file that `export` wrote")
    parser.add_argument("--work", type=Path, default=location.WORK, help="where the event logs go")
    parser.add_argument("--store", type=location.absolute, default=location.store_uri(), help="MLflow store")


def import_(options: argparse.Namespace) -> int:
    """Unpack a file; the study's name on stdout, for the report that follows."""
    study, versions = unpack(options.file, options.work, options.store)
    say(study)
    if versions == {names.RESULTS_VERSION}:
        message = "imported trials count as complete: `make compare` does not train them again"
    else:
        found = ", ".join(map(str, sorted(versions)))
        message = (
            f"imported trials are of results version {found}, and this program computes version "
            f"{names.RESULTS_VERSION}: reports show them, and `make compare` would train the study anew"
        )
    print(message, file=sys.stderr)
    return 0


EXPORT = Command("Pack a study's event logs into one small file.", "export compare", add_export, export)
IMPORT = Command(
    "Bring a packed study's trials into the work folder and the store; prints its name.",
    "import docs/results/compare.tar.xz",
    add_import,
    import_,
)
