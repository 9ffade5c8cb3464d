"""The study that a command asks for: that of a file, in its reduced form, on other data, fitted to it."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments import names
from experiments.data import dataset, split_sizes
from experiments.data.dataset import Tell
from experiments.errors import UserError
from experiments.studies import reading, variants
from experiments.studies.study import NAMED_SOURCES, Study


def read_study(
    name: str,
    data: str | None,
    work: Path,
    tell: Tell,
    *,
    smoke: bool = False,
    dry: bool = False,
    taken: Mapping[str, str] | None = None,
) -> Study:
    """The study of a file, on other data where `data` is given, in its reduced form where `smoke` is.

    taken: fields of `data` in place of those of the file.

    Raises:
        UserError: whatever is wrong with the file or the data.
    """
    path = reading.find(name)
    document = reading.load(path)
    study = reading.parse(document, path)
    if study.name != path.stem:
        raise UserError(f"{path}: name: {study.name!r} must be the name of its file, {path.stem!r}")
    if taken:
        document = {**document, "data": {**document["data"], **taken}}
    return on_data(variants.reduced(document) if smoke else document, data, path, work, tell, dry=dry)


def as_asked(name: str, data: str | None, study: Study, taken: Mapping[str, str]) -> dict[str, str]:
    """What a report must know of a command: STUDY and DATA that work from anywhere, sizes that shrank.

    study: what `read_study` gave for them; taken: as there. A shipped study goes by its name.
    """
    path = reading.find(name)
    shipped = path.parent.resolve() == reading.STUDIES.resolve()
    told = {"study": path.stem if shipped else str(path.resolve())}
    if data and data.startswith("path:"):
        data = f"path:{Path(data.removeprefix('path:')).expanduser().resolve()}"
    wanted, had = (_sizes(each) for each in (reading.parse(reading.load(path), path), study))
    shrank = {"sizes": _sizes_text(wanted)} if data and had != wanted else {}
    apart = {"near_duplicates": taken["near_duplicates"]} if "near_duplicates" in taken else {}
    return told | ({"data": data} if data else {}) | apart | shrank


def _sizes(study: Study) -> dict[str, int]:
    """The images of each split; of training sizes that vary the largest."""
    sizes = {name: getattr(study.data, name) for name in ("train", "validation", "test")}
    if varied := study.vary.get(names.PARAM_TRAIN_SIZE):
        sizes["train"] = max(varied)
    return sizes


def _sizes_text(sizes: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sizes.items())


def on_data(
    document: dict[str, Any],
    data: str | None,
    path: Path | str,
    work: Path,
    tell: Tell,
    *,
    dry: bool = False,
) -> Study:
    """The study of a document; data named on the command line makes another study.

    Its name then ends in the data's name, its sizes shrink to what there is, and targets that are for a named
    data set give way to the general ladder; both are told.
    """
    study = reading.parse(document, path)
    if data is None:
        return study
    _check_source(data)
    document = {**document, "name": names.experiment_name(study.name, data)}
    # Accuracies that a named data set allows say nothing of another one; those of one's own stand.
    if data != study.data.source and study.data.source in NAMED_SOURCES and "targets" in document:
        document.pop("targets")
        common = f" reaches {names.COMMON_TARGET} in "
        document["claims"] = variants.rewritten(document.get("claims", []), variants.TARGET, common)
        general = ", ".join(f"{target:g}" for target in Study.model_fields["targets"].default)
        speed = ", and claims of speed are about the highest that half of the trials reach"
        moved = any(names.COMMON_TARGET in claim for claim in document["claims"])
        tell(f"the targets of the file are for {study.data.source}; here they are {general}{speed * moved}")
    document["data"] = {**document["data"], "source": data}
    study = reading.parse(document, path)
    there = dataset.facts_or_published(study.data.wanted, work, tell if dry else None)
    sizes = _sizes(study)
    fitting = split_sizes.fitting(sizes, there, study.data.split_seed, work)
    if not all(fitting.values()):
        total = there.train_part + there.test_part
        raise UserError(f"data source {data}: {total} images are too few for three splits; add some")
    if fitting != sizes:
        tell(
            f"{data} holds fewer images than the study asks for: sizes become {_sizes_text(fitting)} instead "
            f"of {_sizes_text(sizes)}"
        )
    if fitting == sizes:
        return study
    return reading.parse(variants.sized(document, fitting), path)


def _check_source(data: str) -> None:
    """Data named on the command line is known, or the message speaks of the command line."""
    if data == "path:":
        raise UserError("--data path: names nothing; expected path:FOLDER or path:LIST.csv")
    if data in NAMED_SOURCES or data.startswith("path:"):
        return
    close = difflib.get_close_matches(data, NAMED_SOURCES, n=1)
    meant = f"path:{data}" if Path(data).is_dir() else close[0] if close else ""
    hint = f"did you mean {meant!r}? " if meant else ""
    raise UserError(
        f"--data {data}: unknown; {hint}choose from: {', '.join(NAMED_SOURCES)}, path:FOLDER, path:LIST.csv"
    )
