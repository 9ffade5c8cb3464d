"""A figure file tells what it was drawn from."""

import pytest
from matplotlib.figure import Figure

from reports import figure_files
from reports.store.record import read_record


@pytest.fixture(scope="module")
def saved(ready, tmp_path_factory):
    record = read_record(ready.uri, "crop")
    return record, figure_files.save(Figure(), tmp_path_factory.mktemp("figures"), "empty", record)


def test_every_kind_of_file_tells_its_runs(saved):
    record, paths = saved
    origin = figure_files.origin(record)
    assert origin["study"] == "crop"
    assert origin["runs"] == sorted(record.runs["run_id"])
    assert origin["splits"] == ["100", "1000"]  # as the study was written
    assert [path.suffix for path in paths] == [".png", ".svg", ".pdf"]
    png, svg, pdf = paths
    assert figure_files.read(png) == figure_files.read(svg) == origin
    assert b"/Subject (drawn from " in pdf.read_bytes()


def test_a_figure_of_somebody_else_does_not_say(saved, tmp_path):
    for suffix in ("png", "svg"):
        Figure().savefig(tmp_path / f"other.{suffix}")
        assert figure_files.read(tmp_path / f"other.{suffix}") is None
        (tmp_path / f"broken.{suffix}").write_bytes(b"no figure")
        assert figure_files.read(tmp_path / f"broken.{suffix}") is None
    assert figure_files.read(tmp_path / "missing.png") is None
