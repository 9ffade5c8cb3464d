"""report-check: what is older than its runs, of other runs, changed by hand or missing is named."""

import shutil

import pytest

from reports import check, drawing, figure_files, files
from reports.store import reading
from reports.store.record import read_record
from tests.support.commands import answer
from tests.support.synthetic import curve, once, tags

SOME = ("convergence", "overfitting", "time_to_target")  # a check is the same of each figure


@pytest.fixture(scope="module")
def once_drawn(ready, tmp_path_factory):
    """The folder of the small study, drawn."""
    folder = tmp_path_factory.mktemp("drawn") / "small"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "FIGURES", {name: drawing.FIGURES[name] for name in SOME})
        drawing.draw_all(ready.uri, "small", folder)
    return folder


@pytest.fixture
def drawn(once_drawn, writable, tmp_path):
    """The folder of the small study, drawn; and its store; copies, to be written to."""
    return shutil.copytree(once_drawn, tmp_path / "small"), writable


def found(folder, writer):
    record = drawing.read_fair(writer.uri, "small").record
    return list(check.problems(folder, record, reading.fingerprint(writer.uri, "small")))


def test_what_was_just_drawn_passes(drawn):
    assert found(*drawn) == []


def test_a_run_that_came_later_makes_everything_older(drawn):
    folder, writer = drawn
    experiment = writer.client.get_experiment_by_name("small").experiment_id
    writer.run(experiment, tags("cnn", 0, 7), curve([0.3, 0.5, 0.6]) + once(0.6, 3))
    lines = found(folder, writer)
    assert {line.split(":")[0] for line in lines} == {
        path.name for path in folder.iterdir() if path.name[0] != "."
    }
    assert all("is older than the runs in the store" in line for line in lines)


def test_a_run_that_is_gone(drawn):
    folder, writer = drawn
    record = read_record(writer.uri, "small")
    writer.client.delete_run(record.runs["run_id"].iloc[0])
    assert "convergence.png: is of 1 runs that are no results of the study (any more)" in found(
        folder, writer
    )


def test_a_table_changed_by_hand_and_a_missing_figure(drawn):
    folder, writer = drawn
    table = folder / "results.csv"
    table.write_text(table.read_text().replace("0.6", "0.9"))
    (folder / "overfitting.svg").unlink()
    assert sorted(found(folder, writer)) == [
        "overfitting.svg: is missing",
        "results.csv: was changed after it was drawn",
    ]


def test_a_figure_of_another_study_or_without_metadata(drawn):
    folder, writer = drawn
    record = read_record(writer.uri, "grid")
    other = drawing.draw(record, folder / "other", ["settings"])
    shutil.copy(other[0].files[0], folder / "extra.png")
    from PIL import Image

    Image.new("L", (2, 2)).save(folder / "bare.png")
    assert found(folder, writer) == [
        "bare.png: does not tell which runs it was drawn from",
        "extra.png: is of the study grid",
    ]


def test_a_figure_that_tells_other_digests(drawn):
    folder, writer = drawn
    record = drawing.read_fair(writer.uri, "small").record
    record.runs.loc[0, "data_digest"] = "d2"
    figure = drawing.FIGURES["convergence"].figure(record)
    figure_files.save(figure, folder, "mixed", record)
    paths = [path for path in folder.iterdir() if path.stem == "mixed"]
    files.stamp_alone(folder, paths)
    assert [line for line in found(folder, writer) if line.startswith("mixed.")] == [
        f"mixed.{kind}: tells other data than its runs" for kind in ("pdf", "png", "svg")
    ]
    assert len(found(folder, writer)) == 3


def test_a_pdf_of_elsewhere_or_changed_by_hand(drawn):
    folder, writer = drawn
    record = drawing.read_fair(writer.uri, "small").record
    alone = figure_files.save(drawing.FIGURES["convergence"].figure(record), folder, "alone", record)
    assert found(folder, writer) == ["alone.pdf: was not drawn here"]
    files.stamp_alone(folder, alone)
    assert found(folder, writer) == []
    shutil.copy(folder / "overfitting.pdf", folder / "alone.pdf")
    assert found(folder, writer) == ["alone.pdf: was changed after it was drawn"]
    for path in alone:
        path.unlink()
    assert found(folder, writer) == []  # nobody needs it


def test_the_command(drawn, tmp_path):
    folder, writer = drawn
    arguments = ("small", "--store", writer.uri, "--out", tmp_path)
    passed = answer("check", *arguments, package="reports")
    assert passed.returncode == 0, passed.stderr
    assert "are of the 9 runs in the store" in passed.stdout
    (folder / "results.md").write_text("better")
    failed = answer("check", *arguments, package="reports")
    assert failed.returncode == 1
    assert failed.stderr.splitlines() == ["reports: results.md: was changed after it was drawn"]
    assert "make report STUDY=small" in failed.stdout


def test_nothing_drawn(ready, tmp_path):
    done = answer("check", "small", "--store", ready.uri, "--out", tmp_path, package="reports")
    assert done.returncode == 2
    assert "nothing was drawn here" in done.stderr
