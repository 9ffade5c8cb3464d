"""A process of each kind: what it prints, how it ends, and what is done where forking fails."""

import os
import subprocess

import psutil
import pytest

from experiments.processes import Starter, isolation

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
