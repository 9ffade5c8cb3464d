"""Pack and unpack a study's trials: their specifications, event logs, test reports and training images.

    python -m experiments.export pack compare
    python -m experiments.export unpack exports/compare.tar.xz

A pack is small, since models stay behind, and it is all that figures and tables need.
"""

import io
import json
import lzma
import sys
import tarfile
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from experiments import (
    attempts,
    client,
    compare,
    events,
    location,
    names,
    page,
    plan,
    registry,
    requested,
    tracking,
)
from experiments.errors import Parser, UserError, exit_status
from experiments.specification import PlannedTrial
from experiments.study import Study

INDEX = "study.json"
FILES = (attempts.LOG, attempts.ATTEMPT, *names.TRIAL_FILES)
LARGEST = 64 * 2**20  # bytes of one packed file; a log of a thousand epochs has half a MiB
_TRIALS = TypeAdapter(list[PlannedTrial])
_TIMES = TypeAdapter(registry.Times)
_NOTICES = TypeAdapter(dict[str, str])


def pack(study: Study, trials: list[PlannedTrial], work: Path, target: Path, pictures: bool = False) -> int:
    """Write the complete trials of a study into one .tar.xz; returns their number.

    pictures: also those of mistakes, which only the report's page shows and which are most of a pack.

    Raises:
        UserError: none is complete here.
    """
    complete = [each for each in trials if attempts.is_complete(attempts.folder(work, each.trial))]
    if not complete:
        raise UserError(f"study {study.name!r}: no complete trial in {work}; run `make compare` first")
    target.parent.mkdir(parents=True, exist_ok=True)
    made = target.with_suffix(".part")
    told = study.model_dump(mode="json")
    told["data"]["source"] = travelling(study.data.source)
    index = {
        "study": told,
        "trials": _TRIALS.dump_python(
            [each._replace(data=travelling(each.data)) for each in complete], mode="json"
        ),
        "claims": registry.times(work, study.name),
        "notices": page.data_tags(plan.data(study, work).values()),
    }
    with tarfile.open(made, "w:xz") as archive:
        content = json.dumps(index, indent=1).encode()
        entry = tarfile.TarInfo(INDEX)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
        for planned in complete:
            place = attempts.folder(work, planned.trial)
            for file in FILES:
                if file == names.MISTAKES_PICTURE and not pictures:
                    continue
                if (place / file).exists():  # a trial of before has no list of mistakes
                    archive.add(place / file, f"{planned.trial.id}/{file}")
    made.replace(target)
    return len(complete)


def travelling(source: str) -> str:
    """A data source without where it lies here: `path:/home/me/photographs` is `path:photographs`."""
    folder = source.removeprefix("path:")
    return source if folder == source else f"path:{Path(folder).name}"


def unpack(source: Path, work: Path, store: str) -> str:
    """Bring a pack's trials into the work folder and the store; returns the study's name.

    Trials that are complete here stay as they are.

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
        study, trials = Study.model_validate(index["study"]), _TRIALS.validate_python(index["trials"])
        registered = _TIMES.validate_python(index.get("claims", {}))
        notices = _NOTICES.validate_python(index.get("notices", {}))
        logs = {each.trial.id: content[f"{each.trial.id}/{attempts.LOG}"] for each in trials}
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
    with attempts.lock(work):
        projection = tracking.Projection(store, study.name)
        held = client.stored(store, study.name)
        registry.keep(work, study.name, registry.tags(study, registered))
        tags = page.experiment_tags(study) | registry.due(study, work, held.tags)
        projection.describe(tags | {key: notices[key] for key in names.NOTICES if key in notices}, {})
        stored = {trial for _, trial, _ in held.complete}
        for planned in trials:
            place = attempts.folder(work, planned.trial)
            if not attempts.is_complete(place):
                attempts.begin(place, planned.trial)
                attempts.start_over(place)  # what is unfinished here gives way
                # Only names of our own are written: whatever else stands in the archive is left there.
                for file in FILES:
                    if f"{planned.trial.id}/{file}" in content:
                        (place / file).write_bytes(content[f"{planned.trial.id}/{file}"])
            if planned.trial.id not in stored:
                projection.project(planned, place, events.read(attempts.log(place)))
    return study.name


def main() -> int:
    """Pack or unpack."""
    parser = Parser(description="Move a study's results: event logs in one small file.")
    parser.add_argument("action", choices=["pack", "unpack"])
    parser.add_argument("what", help="pack: a study's name or file; unpack: a file that pack made")
    compare.data_arguments_of(parser)
    parser.add_argument("--to", type=Path, help="pack: the file to write (default: exports/<study>.tar.xz)")
    parser.add_argument(
        "--pictures", action="store_true", help="pack: also the pictures of mistakes, most of its size"
    )
    parser.add_argument("--work", type=Path, default=location.WORK)
    parser.add_argument("--store", type=location.absolute, default=location.store_uri())
    asked = parser.parse_args()
    if asked.action == "unpack":
        print(unpack(Path(asked.what), asked.work, asked.store))
        print("imported trials count as complete: `make compare` does not train them again", file=sys.stderr)
        return 0
    study = requested.read_study(asked.what, asked.data, asked.work, compare.say, taken=compare.taken(asked))
    target = asked.to or location.ROOT / "exports" / f"{study.name}.tar.xz"
    packed = pack(study, plan.trials(study, asked.work), asked.work, target, asked.pictures)
    compare.say(f"{packed} trials in {target} ({target.stat().st_size / 1024:.0f} KiB)")
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
