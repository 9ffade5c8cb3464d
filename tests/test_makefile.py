"""The Makefile: what is given to it is passed on, or refused."""

import os
import re
import shlex
import subprocess

import pytest

from experiments import catalog
from experiments.__main__ import COMMANDS
from experiments.command_line import Parser
from experiments.location import ROOT

TEXT = (ROOT / "Makefile").read_text()
OURS = re.findall(r"\$\(ours\) ([a-z-]+)", TEXT)  # commands of `python -m experiments` that make calls


def make(*arguments):
    # Run by `make test`, it would take itself for a part of that.
    outside = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    return subprocess.run(["make", *arguments], cwd=ROOT, env=outside, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["compare", "DAT=path:photographs"], "make takes no DAT; it takes STUDY DATA "),
        (["compare", "data=digits"], "make takes no data; "),
        (["STUDYY=depth"], "make takes no STUDYY; "),
        (["compare", "DATA="], "DATA= is empty; give it a value or leave it out"),
        (["report", "DATA= "], "DATA= is empty; "),
        (["run"], "make run needs MODEL="),
        (["predict", "RUN=3fa9"], "make predict needs IMAGES="),
        (["import"], "make import needs FILE="),
    ],
)
def test_what_no_target_takes_is_refused_before_anything_runs(given, told):
    done = make("--dry-run", *given)
    assert done.returncode == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["plan", "SEED=4"], "error: plan takes no SEED; it takes "),
        (["run", "MODEL=resnet18", "STUDY=depth"], "error: run takes no STUDY; it takes BATCH_SIZE, "),
        (["run", "ARGS=--epochs 2"], "error: model is missing (in make: MODEL=…)"),
        (["report", "WORKERS=2"], "error: report takes no WORKERS; it takes STUDY DATA"),
        (["smoke", "STUDY=depth"], "error: smoke takes no STUDY; it takes DATA ON_BAD"),
        (["test", "STUDY=depth"], "error: test takes no STUDY; it takes no variable"),
        (["calibrate", "STUDY=smoke"], "error: calibrate takes no STUDY; it takes no variable"),
        (["test-faults", "STUDY=smoke"], "error: test-faults takes no STUDY; it takes SEED"),
    ],
)
def test_what_a_target_does_not_take_is_refused_in_one_line(given, told):
    done = make(*given)
    assert done.returncode == 2
    line, *_ = done.stderr.splitlines()
    assert line.startswith(told)


def test_what_is_given_reaches_the_commands_as_it_is():
    given = ['DATA=path:it\'s "my" $$HOME', "WORKERS=1", "KEEP_MODELS=none", "MLFLOW_TRACKING_URI=x"]
    done = make("--dry-run", "compare", *given, "ARGS=--hang-seconds 60")
    assert done.returncode == 0, done.stderr
    train, draw = (
        shlex.split(re.search(rf"python -m {command} (.*?)(?:;| \|\|)", done.stdout)[1])
        for command in ("experiments", "reports")
    )
    data = 'path:it\'s "my" $HOME'
    assert train == ["compare", f"DATA={data}", "KEEP_MODELS=none", "WORKERS=1", "--hang-seconds", "60"]
    assert draw == ["draw", "photographs", "--data", data]


@pytest.mark.parametrize("option", ["--smoke", "--dry-run", "--store sqlite:///other.db"])
def test_no_report_is_drawn_of_another_study_than_was_trained(option):
    assert "reports draw" not in make("--dry-run", "compare", f"ARGS={option}").stdout


def test_the_environment_names_no_study(monkeypatch):
    plain = make("--dry-run", "compare").stdout
    for name in ("STUDY", "DATA", "WORKERS", "ARGS"):
        monkeypatch.setenv(name, "path:other")
    assert make("--dry-run", "compare").stdout == plain


@pytest.mark.parametrize("name", sorted(set(OURS)))
def test_every_command_that_make_calls_is_one(name):
    assert name in COMMANDS


def test_every_variable_that_make_knows_is_taken_by_a_command():
    taken = {"ARGS", "SEED", "GPU"}  # of make itself
    for place, _ in COMMANDS.values():
        parser = Parser()
        catalog.resolve(place).add_options(parser)
        taken |= {name.upper() for name in parser.arguments}
    known = re.search(r"^KNOWN := (.*)$", TEXT, re.MULTILINE)[1].split()
    assert set(known) <= taken


def test_every_target_with_a_help_text_is_phony():
    phony = TEXT.partition(".PHONY:")[2].splitlines()[0].split()
    shown = [line.split()[0] for line in make("help").stdout.splitlines()[1:]]
    assert shown
    assert set(shown) <= set(phony)
