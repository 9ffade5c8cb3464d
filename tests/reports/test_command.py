"""The command as people run it."""

import subprocess
import sys
from pathlib import Path

import pytest

from experiments import names
from experiments.location import ROOT
from reports import command, drawing
from reports.__main__ import COMMANDS, main
from reports.store import reading
from tests.support.commands import answer, process


def report(*arguments):
    return answer("draw", *arguments, package="reports")


def refused(done):
    """The one line on stderr."""
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.slow
def test_draws_once_then_only_what_changed(writable, tmp_path, capsys, monkeypatch):
    some = ("convergence", "learning_rates")  # all of them: `test_golden_report`
    monkeypatch.setattr(drawing, "FIGURES", {name: drawing.FIGURES[name] for name in some})
    arguments = ("small", "--store", writable.uri, "--out", tmp_path / "figures")
    assert main(["draw", *map(str, arguments)]) == 0
    first = capsys.readouterr().out
    assert "| residual |" in first
    assert "2 attempts did not complete" in first
    folder = tmp_path / "figures" / "small"
    drawn = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert sorted(path.name for path in drawn) == [
        ".drawn_from.json",
        *(f"{name}.{kind}" for name in some for kind in ("pdf", "png", "svg")),
        "report.html",
        "results.csv",
        "results.md",
        "times.csv",
    ]

    assert main(["draw", *map(str, arguments)]) == 0
    second = capsys.readouterr().out
    assert "unchanged, nothing drawn" in second
    assert "| residual |" in second
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == drawn

    run = writable.client.search_runs(
        [writable.client.get_experiment_by_name("small").experiment_id],
        f"tags.`{names.ARM}` = 'features' and tags.`{names.SEED}` = '2'",
    )[0]
    writable.client.delete_run(run.info.run_id)
    assert main(["draw", *map(str, arguments)]) == 0
    third = capsys.readouterr().out
    assert "Note: features trains by another recipe: optimizer adam (others sgd)" in third
    assert "features: 2 of 3 seeds are complete (not yet: 2)" in third
    assert all(path.stat().st_mtime_ns > drawn[path] for path in folder.iterdir())


def test_one_figure_alone(ready, tmp_path):
    done = report("grid", "--store", ready.uri, "--out", tmp_path, "--figures", "time_to_target")
    assert done.returncode == 0, done.stderr
    assert {Path(line).parent for line in done.stdout.splitlines()} == {tmp_path / "grid"}
    assert len(done.stdout.splitlines()) == 6  # two settings, each as PNG, SVG and PDF


def test_a_figure_that_the_study_has_nothing_for(ready, tmp_path):
    line = refused(report("small", "--store", ready.uri, "--out", tmp_path, "--figures", "gradient_flow"))
    assert "'small' has nothing for gradient_flow" in line
    assert "gradient_flow: true" in report("--help").stdout


def test_unfair_trials_are_refused(writable, tmp_path):
    run = writable.client.search_runs(
        [writable.client.get_experiment_by_name("small").experiment_id], f"tags.`{names.ARM}` = 'residual'"
    )[0]
    writable.client.set_tag(run.info.run_id, names.SPLIT_DIGEST, "other")
    line = refused(report("small", "--store", writable.uri, "--out", tmp_path / "figures"))
    assert "split digests differ" in line
    assert "run `make compare STUDY=FILE.yaml` again" in line
    assert not (tmp_path / "figures").exists()


def test_nothing_complete_yet(ready, tmp_path):
    line = refused(report("empty", "--store", ready.uri, "--out", tmp_path))
    assert "no trial of 'empty' is complete yet" in line
    assert "run `make compare STUDY=FILE.yaml` for it, or wait" in line


def test_mistakes_are_answered_in_one_line(ready, tmp_path):
    nowhere = f"sqlite:///{tmp_path}/none.db"
    alone = process("draw", "small", "--store", nowhere, package="reports")
    assert "run `make compare STUDY=FILE.yaml` first" in refused(alone)
    assert "run `make compare STUDY=FILE.yaml` first" in refused(report("small", "--store", nowhere))
    assert "run `make compare` first" in refused(report("compare", "--store", nowhere))
    assert "holds: crop, empty, grid, small, width" in refused(report("smal", "--store", ready.uri)).replace(
        "it holds", "holds"
    )
    line = refused(report("small", "--data", "digits", "--store", ready.uri))
    assert "study 'small' was not run on data 'digits': no 'small-digits' in" in line
    assert "run `make compare STUDY=FILE.yaml DATA=digits` first" in line
    assert "STUDY --data digits" in refused(report("--data", "digits", "--store", ready.uri))
    assert "which study?" in refused(report("--store", ready.uri))


@pytest.mark.parametrize(
    ("study", "data", "told"),
    [
        (None, None, "`make compare`"),
        ("compare", None, "`make compare`"),
        ("compare", "digits", "`make compare DATA=digits`"),
        ("history", None, "`make compare STUDY=history`"),
        ("my studies/one.yaml", "path:images", "`make compare STUDY='my studies/one.yaml' DATA=path:images`"),
    ],
)
def test_the_command_that_trains_names_what_was_asked_for(study, data, told, capsys):
    assert command.refuse(f"nothing here: run {reading.TRAIN} first", study, data) == 2
    assert capsys.readouterr().err == f"reports: nothing here: run {told} first\n"


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_help_teaches(name):
    done = answer(*filter(None, [name]), "--help", package="reports")
    assert done.returncode == 0
    assert f"usage: python -m reports {name or ''}" in done.stdout
    assert f"  python -m reports {name or 'draw'}" in done.stdout


# What a process has loaded after importing these; each in a process of its own.
def loaded(modules, among):
    code = f"import sys, {', '.join(modules)}; print(*sorted({among!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_unchanged_is_answered_without_pandas_and_matplotlib():
    assert loaded(["reports.__main__", "reports.draw"], {"pandas", "matplotlib", "mlflow", "pydantic"}) == []


def test_a_relative_store_is_the_same_file_from_everywhere(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    monkeypatch.chdir(tmp_path)
    assert reading.default_uri() == f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example:5000")
    assert reading.default_uri() == "http://tracking.example:5000"


# A file where the folder of figures should be: whoever tests may have all rights.
def test_figures_that_cannot_be_written_end_in_one_line(ready, tmp_path, capsys):
    (tmp_path / "figures").write_text("")
    out = str(tmp_path / "figures")
    assert main(["draw", "grid", "--store", ready.uri, "--out", out, "--figures", "time_to_target"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {out}")


# Studies of photographs are named by their minutes: the usual ones, the only ones, or those asked for.
@pytest.mark.parametrize(
    ("there", "minutes", "found"),
    [
        (["photographs-a-30min", "photographs-a-5min"], None, "photographs-a-30min"),
        (["photographs-a-30min", "photographs-a-5min"], "5", "photographs-a-5min"),
        (["photographs-a-5min"], None, "photographs-a-5min"),
        (["photographs-a-5min", "photographs-a-7min"], None, None),
        (["photographs-a-5min"], "30", None),
        (["photographs-ab-5min"], None, None),
    ],
)
def test_a_study_that_was_fitted_into_minutes_is_found(there, minutes, found):
    assert command._of_minutes("photographs-a", minutes, there) == found


@pytest.mark.parametrize(
    ("study", "data", "told"),
    [
        ("compare", None, ""),
        ("photographs", "path:a b", " DATA='path:a b'"),
        ("compare", "path:a", " STUDY=compare DATA=path:a"),
        ("photographs", None, " STUDY=photographs"),
    ],
)
def test_make_is_told_what_is_not_its_default(study, data, told):
    assert command.options(study, data) == told
