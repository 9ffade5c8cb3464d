"""A project folder in another place: every command works with its own files, and leaves the old folder alone.

The old folder is gone, or is a trap: its files are still there and hold garbage. Whatever a process opens,
lists or removes there is written down by an audit hook, which every child process has too.
"""

import os
import shutil
import socket
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments import names
from experiments.location import ROOT
from experiments.store import moved
from tests.support.places import Place, planned_trials

GARBAGE = b"nothing of this may be read"
HOOK = """
import os, sys

def watch(event, arguments, old=os.environ["OLD"], log=os.environ["TOUCHED"], held=[]):
    if held or not event.startswith(("open", "os.", "shutil.", "sqlite3.", "glob.")):
        return
    if any(old in os.fsdecode(each) for each in arguments if isinstance(each, (str, bytes, os.PathLike))):
        held.append(1)
        with open(log, "a") as file:
            file.write(f"{event} {arguments}\\n")
        held.clear()

sys.addaudithook(watch)
"""


class Moved:
    """A project in its new place; old: where its files lay, touched: a list of what was done there."""

    def __init__(self, place: Place, old: Path, folder: Path) -> None:
        self.place, self.old, self.folder = place, old, folder
        self.touched = folder / "touched"
        (folder / "hook").mkdir()
        (folder / "hook" / "sitecustomize.py").write_text(HOOK)
        path = os.pathsep.join([str(folder / "hook"), os.environ.get("PYTHONPATH", "")])
        self.environment = os.environ | {"PYTHONPATH": path, "OLD": str(old), "TOUCHED": str(self.touched)}

    def run(self, package: str, *words: object) -> str:
        """What `python -m` said, of a command that ended well."""
        command = [sys.executable, "-m", package, *map(str, words)]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def artifacts(self) -> Path:
        return Path(self.place.store.removeprefix("sqlite:///")).parent / names.ARTIFACTS / "tiny"


@pytest.fixture(scope="module")
def packed_up(finished, tmp_path_factory):
    """A project as it was moved, and the place it lay in, which its rows still name."""
    old = tmp_path_factory.mktemp("old") / "project"
    shutil.copytree(finished[0].study.parent, old)
    moved.settle(f"sqlite:///{old / 'mlflow.db'}")
    away = tmp_path_factory.mktemp("away") / "project"
    shutil.copytree(old, away)
    shutil.rmtree(old)
    return away, old


def content(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture(params=["gone", "a trap"])
def there(packed_up, tmp_path, request):
    """The project in another place; afterwards the old one is as it was."""
    away, old = packed_up
    folder = tmp_path / "another name"
    shutil.copytree(away, folder)
    if request.param == "a trap":
        shutil.copytree(away, old)
        for file in filter(Path.is_file, old.rglob("*")):
            file.write_bytes(GARBAGE)
    before = content(old)
    place = Place(folder / "tiny.yaml", folder / "work", f"sqlite:///{folder / 'mlflow.db'}")
    project = Moved(place, old, tmp_path)
    yield project
    try:
        assert not project.touched.exists(), project.touched.read_text()
        assert content(old) == before
    finally:
        shutil.rmtree(old, ignore_errors=True)


def where(place):
    return "--work", place.work, "--store", place.store


def first_run(project):
    """The id of a run by the folder of its files."""
    return min(each.name for each in project.artifacts.iterdir())


@pytest.mark.slow
def test_report(there, tmp_path):
    said = there.run("reports", "draw", "tiny", "--store", there.place.store, "--out", tmp_path / "figures")
    assert "cannot be read" not in said
    page = (tmp_path / "figures" / "tiny" / "report.html").read_text()
    assert page.count("Confusion matrix of") >= 2 and "test images that most trials get wrong" in page
    assert (tmp_path / "figures" / "tiny" / "reliability.png").exists()
    assert "files in" in there.run(
        "reports", "check", "tiny", "--store", there.place.store, "--out", tmp_path / "figures"
    )


@pytest.mark.slow
def test_predict(there, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for number in range(3):
        Image.fromarray(np.full((16, 16), 60 * number, np.uint8)).save(images / f"{number}.png")
    # The model of a run comes from the store, that of a trial from the work folder.
    for run in (first_run(there), planned_trials(there.place)[0].trial.id):
        there.run("experiments", "predict", run, images, "--to", tmp_path / "a.csv", *where(there.place))
        assert len((tmp_path / "a.csv").read_text().splitlines()) == 4


@pytest.mark.slow
def test_compare_once_more_and_models_that_need_not_stay(there):
    command = ("experiments", "compare", there.place.study, *where(there.place))
    assert "all 4 trials are complete; nothing to train" in there.run(*command)
    models = [each for each in there.artifacts.glob(f"*/artifacts/{names.MODEL_FOLDER}") if each.is_dir()]
    assert len(models) == 4
    there.run(*command, "--keep-models", "best")
    assert len([each for each in models if each.is_dir()]) == 2


@pytest.mark.slow
def test_export_and_import(there, tmp_path):
    pack = tmp_path / "a.tar.xz"
    assert "4 trials in" in there.run(
        "experiments", "export", there.place.study, "--to", pack, *where(there.place)
    )
    with tarfile.open(pack) as archive:
        assert not any(GARBAGE in archive.extractfile(each).read() for each in archive if each.isfile())
        assert sum(each.name.endswith(names.TEST_REPORT_FILE) for each in archive) == 4
    assert there.run("experiments", "import", pack, *where(there.place)).strip() == "tiny"


@pytest.mark.slow
def test_deliver(there, tmp_path):
    said = there.run(
        "experiments", "deliver", "--arm", "plain_cnn", "--study", there.place.study,
        "--to", tmp_path / "given", *where(there.place),
    )  # fmt: skip
    assert "is best on validation" in said
    assert (tmp_path / "given" / "model.tflite").exists()


@pytest.mark.slow
def test_ui(there):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "experiments", "ui", "--port", str(port), "--store", there.place.store]
    server = subprocess.Popen(command, cwd=ROOT, env=there.environment, stdout=subprocess.PIPE, text=True)
    try:
        assert any(line.endswith("#/experiments\n") for line in server.stdout)
        run = first_run(there)
        for name in (names.CONFUSION_PICTURE, names.NAMED_MISTAKES_PICTURE, names.TEST_REPORT_FILE):
            address = f"http://127.0.0.1:{port}/get-artifact?path={name}&run_uuid={run}"
            with urllib.request.urlopen(address) as answer:
                assert answer.read() == (there.artifacts / run / "artifacts" / name).read_bytes()
    finally:
        server.terminate()  # a Ctrl-C is ignored where the tests were started in the background
        server.wait(60)


# The hook is the witness of all of the above: it sees what a child of a child opens.
def test_the_hook_sees_what_is_opened_and_listed(there):
    code = (
        "import os, subprocess, sys; from pathlib import Path; old = Path(os.environ['OLD']);"
        "old.exists() and os.listdir(old);"
        "subprocess.run([sys.executable, '-c', \"import os; open(os.environ['OLD'] + '/new')\"])"
    )
    subprocess.run([sys.executable, "-c", code], env=there.environment, capture_output=True, check=True)
    seen = there.touched.read_text()
    there.touched.unlink()
    assert "open ('" in seen and ("os.listdir" in seen) == there.old.exists()
