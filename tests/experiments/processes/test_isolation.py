"""A process of each kind: what it prints, how it ends, and what is done where forking fails."""

import os
import subprocess

import psutil
import pytest

from experiments.processes import Starter, isolation
from tests.support import undisturbed
from tests.support.places import make_place

PROGRAM = "experiments.trial.measure"


@pytest.fixture(scope="module", params=isolation.ISOLATIONS)
def starter(request):
    with Starter(request.param) as found:
        yield found


def ended(starter, words, folder):
    """The status, the output and the errors of a process."""
    with (folder / "told").open("w+b") as told:
        process = starter.start(PROGRAM, words, 1, folder, told)
        output = process.stdout.read().decode()
        status = process.wait(60)
        told.seek(0)
        return status, output, told.read().decode()


def test_a_process_prints_and_ends(starter, tmp_path):
    status, output, errors = ended(starter, ["--help"], tmp_path)
    assert (status, errors) == (0, "")
    assert output.startswith("usage: ")


def test_a_process_that_fails_says_so(starter, tmp_path):
    status, output, errors = ended(starter, ["--unknown"], tmp_path)
    assert (status, output) == (2, "")
    assert "REQUEST" in errors.upper()
    status, _, errors = ended(starter, [tmp_path / "none.json", tmp_path / "answer.json"], tmp_path)
    assert status == 1
    assert "FileNotFoundError" in errors


def test_a_process_can_be_killed_and_is_gone(starter, tmp_path):
    os.mkfifo(tmp_path / "request")  # reading it waits for a writer
    with (tmp_path / "told").open("w+b") as told:
        process = starter.start(PROGRAM, [tmp_path / "request", tmp_path / "answer"], 1, tmp_path, told)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.1)
    process.kill()
    assert process.wait(10) == -9
    assert not psutil.pid_exists(process.pid)


@pytest.mark.slow
def test_a_process_ends_with_its_starter(tmp_path):
    os.mkfifo(tmp_path / "request")
    with Starter("fork") as starter, (tmp_path / "told").open("w+b") as told:
        process = starter.start(PROGRAM, [tmp_path / "request", tmp_path / "answer"], 1, tmp_path, told)
        [there] = [psutil.Process(process.pid)]
    _, alive = psutil.wait_procs([there], timeout=10)
    assert not alive


def test_where_forking_fails_the_process_is_a_fresh_one(tmp_path, monkeypatch):
    monkeypatch.setattr(isolation, "SERVER", "experiments.no_such_module")
    with Starter("fork") as starter:
        status, output, _ = ended(starter, ["--help"], tmp_path)
    assert status == 0
    assert output.startswith("usage: ")


# Dropout, moving statistics, a forest's draws and Adam's moments: whatever could be left behind by a fork.
STUDY = """
name: tiny
question: Does a fork compute what a fresh process does?
data: {source: digits, image_size: 16, train: 120, validation: 60, test: 100}
models:
  resnet18: {arguments: {stem: small, width: 8}}
  dropout:
    model: vgg11
    arguments: {stem: small, width: 8, dense: 32}
    recipe: {optimizer: adam, learning_rate: 0.002}
  forest:
    model: autoencoder_features
    arguments: {filters: [4], code: 8, classifier: random_forest}
    recipe: {optimizer: adam, learning_rate: 0.01}
seeds: [1]
targets: [0.2]
recipe: {batch_size: 20, epochs: 3, learning_rate: 0.05, flip: true, shift: 1}
"""


@pytest.mark.slow
def test_a_fork_computes_what_a_fresh_process_does_whatever_runs_beside_it(tmp_path):
    found = []
    for name, options in (
        ("fork", ("--workers", "2")),
        ("process", ("--workers", "1")),
    ):
        (tmp_path / name).mkdir()
        place = make_place(tmp_path / name, STUDY)
        done = place.compare("--isolation", name, *options)
        assert done.returncode == 0, done.stderr
        found.append(undisturbed.content(place.store))
    assert found[0].rows > 50
    assert undisturbed.differences(*found) == []
