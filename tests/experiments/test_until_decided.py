"""UNTIL=decided through real processes: the looks are those of the plan, however often it is killed."""

import json
import os
import signal
import subprocess
import time

import pytest

from experiments import names
from experiments.location import ROOT
from experiments.store import client
from tests.support import commands, known_costs
from tests.support.places import Place

# Two classifiers that differ clearly, and the same one twice: one claim is decided, the other never.
STUDY = """
name: until
question: Do pixels beat three principal components?
data: {source: digits, image_size: 8, train: 100, validation: 60, test: 200}
models:
  raw_pixels:
  pca: {arguments: {components: 3}}
seeds: [1, 2, 3, 4, 5, 6]
targets: [0.5]
recipe: {epochs: 1}
claims:
  - raw_pixels has higher test accuracy than pca
  - raw_pixels has higher test accuracy than pca by 0.9
"""


def place(folder) -> Place:
    folder.mkdir()
    study = folder / "until.yaml"
    study.write_text(STUDY)
    return Place(study, folder / "work", f"sqlite:///{folder / 'mlflow.db'}")


def judged(there: Place) -> list[dict]:
    done = commands.process("judge", "until", "--store", there.store, package="reports")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["claims"]


def looks(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith("look ")]


@pytest.mark.slow
def test_a_study_that_is_killed_takes_the_same_looks_and_ends_the_same(tmp_path):
    options = ("--until", "decided", "--seeds", "10")
    undisturbed, killed = place(tmp_path / "undisturbed"), place(tmp_path / "killed")
    done = undisturbed.compare(*options)
    assert done.returncode == 0, done.stderr
    assert looks(done.stdout)[-1].startswith("look ")
    for seconds in (20, 45):
        process = subprocess.Popen(
            killed.command(*options),
            cwd=ROOT,
            env=os.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    again = killed.compare(*options)
    assert again.returncode == 0, again.stderr
    assert looks(again.stdout) == looks(done.stdout)
    assert judged(killed) == judged(undisturbed)
    # All seeds are there by now: every look is told as it was taken.
    assert looks(killed.compare(*options).stdout) == looks(done.stdout)
    plans = [
        json.loads(client.stored(each.store, "until").tags[names.PLAN]) for each in (killed, undisturbed)
    ]
    assert plans[0]["schedule"] == plans[1]["schedule"]
    assert plans[0]["schedule"]["looks"] == [6, 8, 10]


def test_what_until_cannot_do_is_one_line(tmp_path, capsys):
    there = place(tmp_path / "study")
    where = ("--work", there.work, "--store", there.store)
    for options, told in (
        (("--until", "decided", "--seeds", "5"), "SEEDS=5: the first look is at 6 seeds"),
        (("--minutes", "5"), "MINUTES belongs to studies with a ladder"),
        (("--until", "decided", "--smoke"), "drop UNTIL"),
    ):
        assert commands.run("compare", there.study, *where, *options) == 2
        assert told in capsys.readouterr().err.splitlines()[-1]
    there.study.write_text(STUDY.replace("targets", "splits: one\ntargets"))
    assert commands.run("compare", there.study, *where, "--until", "decided") == 2
    assert "one split for all seeds" in capsys.readouterr().err.splitlines()[-1]


def test_a_plan_says_after_how_many_seeds_it_looks(tmp_path, capsys, monkeypatch):
    known_costs.know(monkeypatch)
    there = place(tmp_path / "study")
    options = ("--until", "decided", "--seeds", "8", "--work", there.work, "--store", there.store)
    assert commands.run("plan", there.study, *options) == 0
    told = capsys.readouterr().out
    assert "looks after 6, 8 seeds" in told
    assert "12 of 12 trials to train" in told
