"""Kinds of bad input, each with the one line that its user reads: what, where, what to do.

`SHOW_LINES=1 pytest tests/experiments/test_bad_input.py` shows the lines as they are printed.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import known_costs
from tests.support.animals import PIXELS, write
from tests.support.bad_places import (
    broken_picture,
    database_of_another_version,
    one_emu,
    other_database,
    two_bursts,
)
from tests.support.commands import run
from tests.support.places import TINY, make_place

SHOWN = os.environ.get("SHOW_LINES")


class Bad(NamedTuple):
    """An input and what is told of it; {file}, {work} and {store} stand for the paths."""

    kind: str
    told: str
    study: Callable[[str], str] | str | bytes = lambda text: text
    options: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    prepare: Callable[[Path], None] = lambda folder: None


def put(old: str, new: str) -> Callable[[str], str]:
    """A change of the study file."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


THOUSAND = list(range(1, 1001))
BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40))
STUDY_FILES = [
    Bad("empty file", "{file}: a study file is a mapping with name, question, data, models, …", ""),
    Bad("a list", "{file}: a study file is a mapping with name, question, data, models, …", "- name: tiny"),
    Bad("not YAML",
        "{file}:2: not valid YAML: expected the node content, but found '<stream end>'", "name: {\n"),
    Bad("not text", "{file}: not a text file in UTF-8", b"name: \xff\xfe"),
    Bad("control characters", "{file}: not valid YAML: special characters are not allowed", "name: \x01"),
    Bad("aliases that multiply", "{file}: stands for more than 20,000 values", BOMB),
    Bad("merge keys that multiply", "{file}: stands for more than 20,000 values", MERGES),
    Bad("an alias of itself", "{file}: contains an alias of itself", "name: &a [*a]"),
    Bad("too deep", "{file}: nested deeper than 30 levels", "[" * 5000),
    Bad("too large", "{file}: larger than 256 KiB, which no study file is", "#" * 300_000),
    Bad("a tag of another language",
        "{file}:1: not valid YAML: could not determine a constructor for the tag 'tag:yaml.org",
        "name: !!python/object/apply:os.system [ls]"),
    Bad("a date that is none", "{file}: not valid YAML: a value cannot be read (month must be in 1..12)",
        put("name: tiny", "name: 2026-13-45")),
    Bad("a field twice", '{file}:13: not valid YAML: found duplicate key "seeds"',
        put("seeds: [1, 2]", "seeds: [1]\nseeds: [2]")),
    Bad("a field mistyped", "{file}:3: qestion: unknown field; did you mean 'question'? choose from: ",
        put("question:", "qestion:")),
    Bad("a field missing", "{file}: question: this field is required", put("question: Does it run?", "")),
    Bad("a wrong type", "{file}:14: recipe.epochs: input should be a valid integer",
        put("epochs: 2", "epochs: two")),
    Bad("a number too large", "{file}:14: recipe.epochs: input should be less than or equal to 1000000000",
        put("epochs: 2", "epochs: " + "9" * 400)),
    Bad("a negative number", "{file}:14: recipe.batch_size: input should be greater than 0, not -1",
        put("batch_size: 20", "batch_size: -1")),
    Bad("a number that is none", "{file}:14: recipe.learning_rate: input should be a finite number",
        put("learning_rate: 0.1", "learning_rate: .nan")),
    Bad("a warm-up without end", "{file}:14: recipe: warmup_epochs (2) must be below epochs (2)",
        put("epochs: 2", "epochs: 2, warmup_epochs: 2")),
    Bad("an unknown model",
        "{file}:11: models.resnnet20: unknown model 'resnnet20'; did you mean 'resnet20'?",
        put("resnet20", "resnnet20")),
    Bad("an unknown argument", "{file}:6: models.plain_cnn: arguments.filter: unknown argument of plain_cnn",
        put("filters: [4, 8]", "filter: [4, 8]")),
    Bad("a wrong argument", "{file}:6: models.plain_cnn: arguments.filters",
        put("filters: [4, 8]", "filters: many")),
    Bad("a recipe field of an arm", "{file}:8: models.autoencoder_features: recipe.optimiser: unknown field",
        put("optimizer: adam", "optimiser: adam")),
    Bad("an unknown data source",
        "{file}:4: data.source: unknown data source 'digit'; choose from: fashion_mnist",
        put("source: digits", "source: digit")),
    Bad("seeds that are equal", "{file}:12: seeds: the values must differ from each other",
        put("[1, 2]", "[1, 1]")),
    Bad("no seed", "{file}:12: seeds: list should have at least 1 item", put("seeds: [1, 2]", "seeds: []")),
    Bad("a target above 1", "{file}:13: targets.1: input should be less than or equal to 1, not 75",
        put("0.99", "75")),
    Bad("a grid over nothing", "{file}:12: vary.recipe.epoch: unknown field",
        put("seeds:", "vary: {recipe.epoch: [1, 2]}\nseeds:")),
    Bad("a grid without end", "{file}:12: vary: 6,000,000 trials, more than the 10,000 that a study may have",
        put("seeds:", f"vary: {{recipe.epochs: {THOUSAND}, data.train: {THOUSAND}}}\nseeds:")),
    Bad("a tuning seed that is a result's", "{file}:12: tune.seed: 1 stands in seeds",
        put("seeds:", "tune: {learning_rate: [0.1, 0.2], seed: 1}\nseeds:")),
    Bad("a name that is a path", "{file}:2: name: string should match pattern",
        put("name: tiny", "name: ../tiny")),
    Bad("another file's name", "{file}: name: 'other' must be the name of its file, 'tiny'",
        put("name: tiny", "name: other")),
    Bad("a question with control characters", "{file}:3: question: must be text of printable characters",
        put("question: Does it run?", 'question: "\\e[31mred"')),
]  # fmt: skip
DATA = [
    Bad("a folder that is not there", "nowhere: no such folder", options=("--data", "path:{folder}/nowhere")),
    Bad("more images than there are", "digits holds 1797 images, too few for train 5000",
        put("train: 120", "train: 5000")),
    Bad("a crop beyond the image", "data.crop: 20 is larger than the images of digits (16×16)",
        put("image_size: 16", "image_size: 16, crop: 20")),
    Bad("fewer images than classes", "each split needs at least as many images, and validation has 6",
        put("validation: 60", "validation: 6")),
    Bad("a hole as large as the image", "recipe.cutout: 16 must be below the 16 pixels of an image",
        lambda text: text.replace("epochs: 2", "epochs: 2, cutout: 16")),
    Bad("a shift beyond the image", "recipe.shift: 16 must be below the 16 pixels of an image",
        put("epochs: 2", "epochs: 2, shift: 16")),
    Bad("an empty folder", "empty: ", options=("--data", "path:{folder}/empty"),
        prepare=lambda folder: (folder / "empty").mkdir()),
    Bad("a single class", "one: ", options=("--data", "path:{folder}/one"),
        prepare=lambda folder: write(folder / "one" / "cat", PIXELS["cat"])),
    Bad("a picture that is none", "1 file cannot be used, the first is cat/broken.png: damaged (",
        options=("--data", "path:{folder}/animals"),
        prepare=lambda folder: broken_picture(folder / "animals")),
    Bad("classes that differ in case",
        "classes 'Cat' and 'cat' differ in case, spaces, leading zeros or Unicode form alone",
        options=("--data", "path:{folder}/cats"),
        prepare=lambda folder: [write(folder / "cats" / name, PIXELS["cat"]) for name in ("Cat", "cat")]),
    Bad("a class with fewer images than splits",
        "birds has 1 image, none in ",
        options=("--data", "path:{folder}/birds"), prepare=lambda folder: one_emu(folder / "birds")),
    Bad("a group of nearly all images",
        "images stay together in groups (make inspect shows them; NEAR_DUPLICATES=apart lets",
        options=("--data", "path:{folder}/bursts"), prepare=lambda folder: two_bursts(folder / "bursts")),
    Bad("a file that is no list", "neither a folder nor a .csv file", options=("--data", "path:{file}")),
    Bad("a line of a list without a class",
        "list.csv:2: label: a class name is needed (ON_BAD=skip leaves such lines out)",
        options=("--data", "path:{folder}/list.csv"),
        prepare=lambda folder: (folder / "list.csv").write_text("file,label\na.png,\n")),
    Bad("a list without its columns",
        "list.csv:1: no column 'file' among 'path, class'; the first line is file,label",
        options=("--data", "path:{folder}/list.csv"),
        prepare=lambda folder: (folder / "list.csv").write_text("path,class\n")),
    Bad("a grid without a crop", "{file}:4: data: crops: 'grid' needs crop, the size of a window in pixels",
        put("image_size: 16", "image_size: 16, crops: grid")),
]  # fmt: skip
ARGUMENTS = [
    Bad("no worker", "error: argument --workers: must be a whole number from 1 up, not '0'",
        options=("--workers", "0")),
    Bad("an unknown option", "error: unrecognized arguments: --worker-s 2", options=("--worker-s", "2")),
    Bad("no way to take bad files", "error: argument --on-bad: invalid choice: 'ignore'",
        options=("--on-bad", "ignore")),
    Bad("an unknown policy", "error: argument --keep-models: invalid choice: 'some'",
        options=("--keep-models", "some")),
    Bad("no number of seconds", "error: argument --hang-seconds: must be a number of seconds",
        options=("--hang-seconds", "nan")),
    Bad("a work folder that is a file", "{work}/data/index: Not a directory",
        prepare=lambda folder: (folder / "work").write_text("")),
    Bad("a work folder nobody may make", "/proc/work: No such file or directory",
        options=("--work", "/proc/work")),
]  # fmt: skip
STORES = [
    Bad("a store of another kind", "store ftp://host/store: ",
        environment={"MLFLOW_TRACKING_URI": "ftp://host/store"}),
    Bad("a server that is not there", "store http://…@127.0.0.1:9: ",
        environment={"MLFLOW_TRACKING_URI": "http://me:secret@127.0.0.1:9"}),
    Bad("a store that is no database", "store {store}: cannot be read as an MLflow database",
        prepare=lambda folder: (folder / "mlflow.db").write_text("no database " * 1000)),
    Bad("a store that is a folder", "store {store}: cannot be read as an MLflow database",
        prepare=lambda folder: (folder / "mlflow.db").mkdir()),
    Bad("a database of something else", "store {store}: cannot be read as an MLflow database",
        prepare=lambda folder: other_database(folder / "mlflow.db")),
    Bad("a database of another MLflow", "store {store}: Detected out-of-date database schema",
        prepare=lambda folder: database_of_another_version(folder / "mlflow.db")),
]  # fmt: skip


SLOW = ("a database of another MLflow",)  # a whole store is made first
ALL = [
    pytest.param(bad, id=bad.kind, marks=pytest.mark.slow if bad.kind in SLOW else ())
    for bad in STUDY_FILES + DATA + ARGUMENTS + STORES
]


@pytest.mark.parametrize("bad", ALL)
def test_one_line_says_it(bad, tmp_path, monkeypatch, capsys):
    known_costs.know(monkeypatch)
    place = make_place(tmp_path, TINY)
    text = bad.study(TINY) if callable(bad.study) else bad.study
    place.study.write_bytes(text if isinstance(text, bytes) else text.encode())
    bad.prepare(tmp_path)
    for name, value in bad.environment.items():
        monkeypatch.setenv(name, value)
    given = [option.format(folder=tmp_path, file=place.study) for option in bad.options]
    where = [] if "--work" in given else ["--work", str(place.work)]
    store = [] if bad.environment else ["--store", place.store]
    status = run("compare", str(place.study), *where, *store, *given)
    told = capsys.readouterr()
    line = [each for each in told.err.splitlines() if not each.startswith("preparing the data")]
    with capsys.disabled():
        if SHOWN:
            print(f"\n{bad.kind}: {line[0]}")
    assert status == 2, told
    assert len(line) == 1
    assert line[0].startswith("error: ")
    assert bad.told.format(file=place.study, work=place.work, store=place.store) in line[0]
    assert "secret" not in told.out + told.err


def test_the_program_itself_ends_so(tmp_path):
    place = make_place(tmp_path, TINY.replace("question:", "qestion:"))
    done = place.compare()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        f"error: {place.study}:3: qestion: unknown field; did you mean 'question'? "
    )
    assert done.stderr.count("\n") == 1
