"""The Makefile: what is given to it is used, or refused."""

import os
import subprocess

import pytest
from places import ROOT


def make(*arguments):
    # Run by `make test`, it would take itself for a part of that.
    outside = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    return subprocess.run(["make", *arguments], cwd=ROOT, env=outside, capture_output=True, text=True)


@pytest.mark.parametrize("given", ["DAT=path:photographs", "data=digits", "STUDYY=depth"])
def test_a_variable_that_nothing_reads_is_refused(given):
    done = make("--dry-run", "compare", given)
    assert done.returncode == 2
    assert f"unknown variable {given.partition('=')[0]}; choose from: STUDY DATA" in done.stderr


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
