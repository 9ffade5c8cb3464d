"""The study that a command asks for: that of a file, in its reduced form, on other data, fitted to it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from experiments import names, words
from experiments.data import dataset, split_sizes
from experiments.data.dataset import Tell
from experiments.data.facts import SOURCES
from experiments.errors import UserError
from experiments.studies import reading, schedule, variants
from experiments.studies.study import Study

# A study's document and its path, and the document as large as its time allows.
Fitted = Callable[[dict[str, Any], Path], dict[str, Any]]


def read_study(
    name: str,
    data: str | None,
    work: Path,
    tell: Tell,
    *,
    smoke: bool = False,
    dry: bool = False,
    taken: Mapping[str, str] | None = None,
    precision: str | None = None,
    seeds: int | None = None,
    fitted: Fitted | None = None,
) -> Study:
    """The study of a file, on other data where `data` is given, in its reduced form where `smoke` is.

    taken: fields of `data` in place of those of the file; precision: of every arm, in place of theirs;
    seeds: how many may be trained at most, where that is known; fitted: makes the document of a study with a
    ladder as large as its time allows.

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
    if precision:
        _check_one_precision(study, path)
        document = variants.in_precision(document, precision)
    if smoke:
        document = variants.reduced(document)
    elif study.ladder and fitted:
        named = variants.on_source(document, data) if data else document
        _check_source(named["data"]["source"])
        return reading.parse(fitted(named, path), path)
    return on_data(document, data, path, work, tell, dry=dry, seeds=seeds)


def usual_study(data: str | None) -> str:
    """The study of a command that names none."""
    return "photographs" if data and data.startswith("path:") else "compare"


def command_words(
    name: str, data: str | None, study: Study, taken: Mapping[str, str], precision: str | None = None
) -> dict[str, str]:
    """The words of a command for a report: STUDY and DATA that work from anywhere, sizes that shrank.

    study: what `read_study` gave for them; taken: as there. A shipped study goes by its name.
    """
    path = reading.find(name)
    shipped = path.parent.resolve() == reading.STUDIES.resolve()
    words_given = {"study": path.stem if shipped else str(path.resolve())}
    if data:
        words_given["data"] = variants.located(data)
    if precision:
        words_given["precision"] = precision
    words_given |= {field: taken[field] for field in names.READING if field in taken}
    in_file = _sizes(reading.parse(reading.load(path), path))
    if data and in_file != _sizes(study) and not study.ladder:  # of a ladder they are shares
        words_given["sizes"] = _sizes_text(in_file)
    return words_given


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
    seeds: int | None = None,
) -> Study:
    """The study of a document; data named on the command line makes another study.

    Its name then ends in the data's name, its sizes shrink to what there is, and targets that are for a named
    data set give way to the general ladder; messages say so.
    """
    study = reading.parse(document, path)
    if data is None:
        return study
    _check_source(data)
    document = variants.on_source(document, data)
    # Accuracies that a named data set allows say nothing of another one; those of one's own stand.
    if data != study.data.source and study.data.source in SOURCES and "targets" in document:
        document.pop("targets")
        common = f" reaches {names.COMMON_TARGET} in "
        document["claims"] = variants.rewritten(document.get("claims", []), variants.TARGET, common)
        general = ", ".join(f"{target:g}" for target in Study.model_fields["targets"].default)
        notice = f"the targets of the file are for {study.data.source}; here they are {general}"
        if any(names.COMMON_TARGET in claim for claim in document["claims"]):
            notice += ", and claims of speed are about the highest that half of the trials reach"
        tell(notice)
    study = reading.parse(document, path)
    wanted = study.data.wanted
    facts = dataset.summary_or_published(wanted, work, tell) if dry else dataset.summary(wanted, work)
    sizes = _sizes(study)
    fitting = split_sizes.fitting(sizes, facts, schedule.split_seeds(study, seeds), work)
    if not all(fitting.values()):
        total = sum(facts.parts.values())
        raise UserError(f"data source {data}: {total} images are too few for three splits; add some")
    if study.ladder:
        tell(f"{data}: {_sizes_text(fitting)}")
    elif fitting != sizes:
        tell(
            f"{data} holds fewer images than the study asks for: sizes become {_sizes_text(fitting)} instead "
            f"of {_sizes_text(sizes)}"
        )
    if fitting == sizes:
        return study
    return reading.parse(variants.sized(document, fitting), path)


def _check_one_precision(study: Study, path: Path) -> None:
    """Refuse another precision for a study that compares precisions.

    Raises:
        UserError: it does.
    """
    if len({study.recipe_of(arm).precision for arm in study.models.values()}) > 1 or any(
        "precision" in varied for varied in study.vary
    ):
        raise UserError(f"{path}: its arms differ in precision already; drop PRECISION (--precision)")


def _check_source(data: str) -> None:
    """Refuse data that is unknown, in words of the command line.

    Raises:
        UserError: neither a named source nor a path.
    """
    if data == "path:":
        raise UserError("--data path: names nothing; expected path:FOLDER or path:LIST.csv")
    if data in SOURCES or data.startswith("path:"):
        return
    choices = [*SOURCES, "path:FOLDER", "path:LIST.csv"]
    meant = f"path:{data}" if Path(data).is_dir() else ""
    raise UserError(words.unknown(f"--data {data}: unknown", data, choices, meant))
