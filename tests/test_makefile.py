"""The Makefile: what is given to it is used, or refused."""

import os
import re
import subprocess

import pytest

from tests.support.places import ROOT


def make(*arguments):
    # Run by `make test`, it would take itself for a part of that.
    outside = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    return subprocess.run(["make", *arguments], cwd=ROOT, env=outside, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            ["compare", "DAT=path:photographs"],
            "make compare takes no DAT; it takes DATA KEEP_MODELS NEAR_DUPLICATES",
        ),
        (["compare", "data=digits"], "make compare takes no data; "),
        (["compare", "SEED=4"], "make compare takes no SEED; "),
        (
            ["run", "MODEL=resnet18", "SEED=3"],
            "make run takes no SEED; it takes ARGS DATA MODEL NEAR_DUPLICATES",
        ),
        (["plan", "ARGS=--epochs 1"], "make plan takes no ARGS; "),
        (["STUDYY=depth"], "make help takes no STUDYY; it takes no variable"),
        (["compare", "DATA="], "DATA= is empty; give it a value or leave it out"),
    ],
)
def test_a_variable_that_would_be_ignored_is_refused(given, told):
    done = make("--dry-run", *given)
    assert done.returncode == 2
    assert told in done.stderr


def test_variables_of_each_of_several_targets_are_taken():
    done = make("--dry-run", "compare", "ui", "STUDY=depth", "PORT=5001")
    assert done.returncode == 0, done.stderr


def test_every_variable_that_a_recipe_reads_is_taken_by_its_target():
    text = (ROOT / "Makefile").read_text()
    options = {"data_option": "DATA", "bad_option": "ON_BAD", "workers_option": "WORKERS"}
    taken = dict(re.findall(r"^takes-([a-z-]+) := (.*)$", text, re.MULTILINE))
    for target, recipe in re.findall(r"^([a-z-]+):[^=\n]*##.*\n((?:\t.*\n)+)", text, re.MULTILINE):
        read = {options.get(name, name) for name in re.findall(r"\$\((?:if \$\()?([A-Za-z_]+)\)", recipe)}
        read &= {
            "STUDY",
            "DATA",
            "ON_BAD",
            "WORKERS",
            "MODEL",
            "RUN",
            "IMAGES",
            "OUT",
            "FILE",
            "ARGS",
            "PORT",
            "SEED",
        }
        allowed = (
            taken.get(target, "").replace("$(TRAINING)", "STUDY DATA ON_BAD WORKERS KEEP_MODELS").split()
        )
        assert read <= set(allowed), target


def test_what_it_knows_is_passed_on(tmp_path):
    given = [
        "STUDY=depth",
        "DATA=digits",
        "WORKERS=1",
        "ON_BAD=skip",
        "KEEP_MODELS=none",
        "MLFLOW_TRACKING_URI=x",
    ]
    done = make("--dry-run", "compare", *given)
    assert done.returncode == 0, done.stderr
    options = '"depth" --data "digits" --on-bad skip --workers 1 --keep-models none'
    assert f"experiments.compare {options}" in " ".join(done.stdout.split())
    assert 'reports "depth" --data "digits"' in done.stdout


def test_every_target_with_a_help_text_is_phony():
    text = (ROOT / "Makefile").read_text()
    phony = text.partition(".PHONY:")[2].splitlines()[0].split()
    shown = [line.split()[0] for line in make("help").stdout.splitlines()[1:]]
    assert shown
    assert set(shown) <= set(phony)
