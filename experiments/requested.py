"""The study that a command line asks for: that of a file, in its reduced form, on other data."""

import difflib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from experiments import fit, names, published, study_file
from experiments.errors import UserError
from experiments.published import Tell
from experiments.study import Study
from experiments.study_data import NAMED_SOURCES


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
    path = study_file.find(name)
    document = study_file.load(path)
    study = study_file.parse(document, path)
    if study.name != path.stem:
        raise UserError(f"{path}: name: {study.name!r} must be the name of its file, {path.stem!r}")
    if taken:
        document = {**document, "data": {**document["data"], **taken}}
    return on_data(reduced(document) if smoke else document, data, path, work, tell, dry=dry)


def as_asked(name: str, data: str | None, study: Study, taken: Mapping[str, str]) -> dict[str, str]:
    """What a report must know of a command: STUDY and DATA that work from anywhere, sizes that shrank.

    study: what `read_study` gave for them; taken: as there. A shipped study goes by its name.
    """
    path = study_file.find(name)
    shipped = path.parent.resolve() == study_file.STUDIES.resolve()
    told = {"study": path.stem if shipped else str(path.resolve())}
    if data and data.startswith("path:"):
        data = f"path:{Path(data.removeprefix('path:')).expanduser().resolve()}"
    wanted, had = (_sizes(each) for each in (study_file.parse(study_file.load(path), path), study))
    shrank = {"sizes": _told(wanted)} if data and had != wanted else {}
    apart = {"near_duplicates": taken["near_duplicates"]} if "near_duplicates" in taken else {}
    return told | ({"data": data} if data else {}) | apart | shrank


def _sizes(study: Study) -> dict[str, int]:
    """The images of each split; of training sizes that vary the largest."""
    sizes = {name: getattr(study.data, name) for name in ("train", "validation", "test")}
    if varied := study.vary.get(names.PARAM_TRAIN_SIZE):
        sizes["train"] = max(varied)
    return sizes


def _told(sizes: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sizes.items())


SMOKE = {"data": {"train": 80, "validation": 40, "test": 40}, "recipe": {"epochs": 1, "warmup_epochs": 0}}
SMOKE_STEPS = 4  # of an epoch, where a study says how many
SMOKE_VARIED = 160  # training images at most where their number varies: the fewest of them must do


def reduced(document: dict[str, Any]) -> dict[str, Any]:
    """The same arms and grid on a few images, for one epoch and one seed: does it run at all?"""
    arms = {
        label: {**(arm or {}), "recipe": _short((arm or {}).get("recipe", {}))}
        for label, arm in document["models"].items()
    }
    small = {
        **document,
        "name": f"{document['name']}-smoke",
        "recipe": {**_short(document.get("recipe", {})), "batch_size": 20},
        "models": arms,
        "seeds": document.get("seeds", [1])[:1],
        "claims": [],  # one seed decides nothing
    }
    train = SMOKE_VARIED if names.PARAM_TRAIN_SIZE in document.get("vary", {}) else SMOKE["data"]["train"]
    return sized(small, {**SMOKE["data"], "train": train})


def _short(recipe: dict[str, Any]) -> dict[str, Any]:
    steps = {"steps": SMOKE_STEPS} if recipe.get("steps") else {}
    return {**recipe, **SMOKE["recipe"], **steps}


def sized(document: dict[str, Any], sizes: dict[str, int]) -> dict[str, Any]:
    """The document with other split sizes; training sizes that vary keep their proportions up to `train`.

    So do they in its claims: the largest stays the largest.
    """
    resized = {**document, "data": {**document["data"], **sizes}}
    varied = document.get("vary", {}).get(names.PARAM_TRAIN_SIZE)
    if varied and max(varied) != sizes["train"]:

        def scaled(size: int) -> int:
            return max(1, sizes["train"] * size // max(varied))

        resized["vary"] = {**document["vary"], names.PARAM_TRAIN_SIZE: [*map(scaled, varied)]}
        resized["claims"] = _rewritten(
            document.get("claims", []),
            TRAIN_SIZE,
            lambda found: f"{found[1]}{scaled(int(float(found[2])))}",
        )
    return resized


TARGET = re.compile(r" reaches \d\S* in ")
TRAIN_SIZE = re.compile(r"\b((?:data\.)?train ?(?:<=|>=|<|>|=) ?)(\d+(?:\.\d+)?(?:[eE]\+?\d+)?)(?![\w.])")


def _rewritten(claims: list[str], form: re.Pattern, by: str | Callable[[re.Match], str]) -> list[str]:
    """The claims with what has this form replaced; those that say the same then are one."""
    return [*dict.fromkeys(form.sub(by, " ".join(claim.split())) for claim in claims)]


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
    study = study_file.parse(document, path)
    if data is None:
        return study
    _check_source(data)
    document = {**document, "name": names.experiment_name(study.name, data)}
    # Accuracies that a named data set allows say nothing of another one; those of one's own stand.
    if data != study.data.source and study.data.source in NAMED_SOURCES and "targets" in document:
        document.pop("targets")
        common = f" reaches {names.COMMON_TARGET} in "
        document["claims"] = _rewritten(document.get("claims", []), TARGET, common)
        general = ", ".join(f"{target:g}" for target in Study.model_fields["targets"].default)
        speed = ", and claims of speed are about the highest that half of the trials reach"
        moved = any(names.COMMON_TARGET in claim for claim in document["claims"])
        tell(f"the targets of the file are for {study.data.source}; here they are {general}{speed * moved}")
    document["data"] = {**document["data"], "source": data}
    study = study_file.parse(document, path)
    there = published.facts(study.data.wanted, work, tell if dry else None)
    sizes = _sizes(study)
    fitting = fit.sizes(sizes, there, study.data.split_seed, work)
    if not all(fitting.values()):
        total = there.train_part + there.test_part
        raise UserError(f"data source {data}: {total} images are too few for three splits; add some")
    if fitting != sizes:
        tell(
            f"{data} holds fewer images than the study asks for: sizes become {_told(fitting)} instead of "
            f"{_told(sizes)}"
        )
    if fitting == sizes:
        return study
    return study_file.parse(sized(document, fitting), path)


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
