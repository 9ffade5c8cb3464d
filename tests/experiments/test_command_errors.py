"""Bad input gets one clear line on stderr and exit status 2, never a traceback."""

import os
import subprocess
import sys

import pytest

from experiments import catalog
from experiments.__main__ import COMMANDS
from experiments.command_line import Parser, set_arguments
from experiments.errors import UserError
from experiments.location import ROOT
from tests.support import known_costs
from tests.support.commands import answer, process, run
from tests.support.places import TINY, make_place


@pytest.fixture
def study(tmp_path):
    """Writes the tiny study, changed, and returns its path."""

    def write(old: str = "", new: str = "", name: str = "tiny.yaml") -> str:
        path = tmp_path / name
        assert old in TINY
        path.write_text(TINY.replace(old, new) if old else TINY)
        return str(path)

    return write


def compared(capsys, *arguments: str) -> tuple[int, str, str]:
    """The status of the comparison in this process, and what it said."""
    return run("compare", *arguments), *capsys.readouterr()


@pytest.mark.slow
def test_images_too_small_for_a_network(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY.replace("image_size: 16, ", "").split("models:")[0] + "models: {resnet20: }\n")
    done = process("compare", str(path), "--work", str(tmp_path / "work"), "--dry-run")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: model resnet20 with {'shortcuts': True, ")
    assert (
        "pixels (by data.image_size and data.crop): ValueError: input_shape must be"
        in done.stderr.splitlines()[-1]
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing"], "no study file 'nothing'; give a path to a .yaml file or one of: "),
        (["smoke", "--data", "imagenet"], "error: --data imagenet: unknown; choose from: "),
        (["smoke", "--data", "path:nowhere"], "nowhere: no such folder"),
    ],
)
def test_a_wrong_argument(arguments, told, tmp_path, capsys):
    status, _, errors = compared(capsys, *arguments, "--work", str(tmp_path / "work"))
    assert status == 2
    [line] = errors.splitlines()
    assert told in line


@pytest.mark.parametrize(
    ("module", "arguments", "told"),
    [
        (
            "compare",
            ["smoke", "--workers", "0"],
            "argument --workers: must be a whole number from 1 up, not '0'",
        ),
        ("run", ["resnet18", "--set", "width"], "--set width: expected NAME=VALUE"),
        (
            "run",
            ["plain_cnn", "--data", "digits", "--crop", "40", "--dry-run"],
            "data.crop: 40 is larger than the images",
        ),
        ("run", ["resnet18", "--set", "width=["], "--set width=[: expected NAME=VALUE"),
        ("run", ["resnet19"], "unknown model 'resnet19'"),
        (
            "run",
            ["resnet18", "--set", "height=3"],
            "arguments.height: unknown argument of resnet18",
        ),
        (
            "run",
            ["resnet18", "--data", "cifra"],
            "--data cifra: unknown; did you mean 'cifar10'?",
        ),
        (
            "run",
            ["resnet18", "--data", "tests"],
            "--data tests: unknown; did you mean 'path:tests'?",
        ),
        ("import", ["no.tar.xz"], "no.tar.xz: no such file"),
        ("import", ["."], ".: no such file; give FILE="),
        ("predict", ["none", "no/folder"], "no/folder: no such folder of images"),
        (
            "predict",
            ["none", "docs/figures", "--to", "no/such/table.csv"],
            "--to no/such/table.csv: no such folder no/such",
        ),
        ("import", ["README.md"], "README.md: not a pack of a study"),
        (
            "ui",
            ["--store", "sqlite:////no/such.db"],
            "there is nothing yet; run `make compare` first",
        ),
    ],
)
def test_a_wrong_command(module, arguments, told, capsys):
    assert run(module, *arguments) == 2
    assert told in capsys.readouterr().err.splitlines()[-1]


def test_values_of_set_are_read_as_those_of_study_files():
    given = set_arguments(["rate=1e-3", "norm=yes", "deep=true", "filters=[16,32]"])
    assert given == {"rate": 1e-3, "norm": "yes", "deep": True, "filters": [16, 32]}


def test_what_make_says_of_a_switch():
    parser = Parser(prog="python -m experiments compare")
    parser.add_argument("--dry-run", action="store_true")
    with pytest.raises(UserError, match="takes no DRY_RUN"):
        parser.as_options(["DRY_RUN=1"])


def test_a_process_ends_with_the_status_and_no_traceback():
    done = process("run", "resnet19")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert "unknown model 'resnet19'" in line


def test_predicting_with_a_run_that_is_not_there_makes_no_store(tmp_path):
    work, store = tmp_path / "work", f"sqlite:///{tmp_path}/m.db"
    done = answer("predict", "none", "docs/figures", "--work", str(work), "--store", store)
    assert done.returncode == 2
    assert done.stderr == f"error: store {store}: there is nothing yet; {work} holds no trained model yet\n"
    assert list(tmp_path.iterdir()) == []
    (work / "broken" / "model").mkdir(parents=True)
    again = answer("predict", "none", "docs/figures", "--work", str(work), "--store", store)
    assert again.stderr == done.stderr


@pytest.mark.slow
def test_data_that_cannot_be_had_can_still_be_planned(tmp_path, monkeypatch, capsys):
    known_costs.know(monkeypatch)
    text = TINY[: TINY.index("  autoencoder_features")] + TINY[TINY.index("seeds") :]
    place = make_place(tmp_path, text.replace("source: digits", "source: cifar10"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    command = [str(place.study), "--work", str(place.work), "--store", place.store]
    status, _, errors = compared(capsys, *command)
    assert status == 2
    line = errors.splitlines()[-1]
    assert line.startswith("error: data source 'cifar10' could not be downloaded by keras.datasets (")
    assert line.endswith(
        f"put its file into {tmp_path}/keras/datasets, or use DATA=fashion_mnist or DATA=digits"
    )
    status, told, errors = compared(capsys, *command, "--dry-run")
    assert status == 0, errors
    assert "the plan takes cifar10 as it is published" in told
    assert "2 of 2 trials to train" in told


def test_a_short_training_has_no_room_for_the_usual_warm_up(tmp_path, monkeypatch, capsys):
    known_costs.know(monkeypatch)
    options = ["--data", "digits", "--image-size", "16", "--epochs", "1", "--dry-run"]
    place = ["--work", str(tmp_path / "work"), "--store", f"sqlite:///{tmp_path}/m.db"]
    assert run("run", "plain_cnn", *options, *place) == 0
    assert "1 of 1 trials to train" in capsys.readouterr().out


def test_a_store_that_is_no_database(study, tmp_path):
    (tmp_path / "m.db").write_text("this is not a database, but it is long enough to be looked at " * 20)
    done = answer(
        "compare",
        study(),
        "--work",
        str(tmp_path / "work"),
        "--store",
        f"sqlite:///{tmp_path}/m.db",
    )
    assert done.returncode == 2
    assert "cannot be read as an MLflow database" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_help_teaches(name, capsys):
    assert run(*filter(None, [name]), "--help") == 0
    told = capsys.readouterr().out
    assert "usage:" in told
    assert f"example:\n  python -m experiments {name or ''}" in told


@pytest.mark.parametrize("module", ["data.prepare", "trial", "trial.measure"])
def test_the_programs_of_children_have_help_too(module):
    done = process("--help", package=f"experiments.{module}")
    assert done.returncode == 0
    assert "usage:" in done.stdout


def test_each_example_of_the_help_is_a_command_line():
    for place, _ in COMMANDS.values():
        command = catalog.resolve(place)
        name, *words = command.example.split()
        parser = Parser()
        command.add_options(parser)
        assert COMMANDS[name][0] == place
        parser.parse_args(parser.as_options(words))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp949", "utf-8"])
def test_a_terminal_of_any_encoding_gets_lines_that_can_be_read(encoding):
    program = (
        "from experiments.errors import speak_plainly; speak_plainly(); print("
        "'a · seed 1 … 28×28 ± é 한 → ok')"
    )
    outside = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=outside, capture_output=True)
    assert done.returncode == 0, done.stderr
    line = done.stdout.decode(encoding).strip()
    assert line.endswith("ok")
    assert line.startswith("a - seed 1 ... 28x28 +/- e " if encoding == "ascii" else "a · seed 1 ")
