"""The stamp beside drawn files: what makes "unchanged" false."""

import shutil

from experiments.location import ROOT
from reports import files


# The first file of a figure, a template, a library: each decides what is drawn.
def test_an_edited_file_in_a_sub_folder_is_a_change(tmp_path, monkeypatch):
    folder = tmp_path / "reports"
    shutil.copytree(ROOT / "reports", folder, ignore=shutil.ignore_patterns("__pycache__", "figures"))
    before = files.sources(folder)
    assert before == files.sources()
    for name in ("plots/convergence.py", "page/templates/report.js"):
        edited = folder / name
        edited.write_text(edited.read_text() + "\n")
        assert files.sources(folder) != before
        before = files.sources(folder)
    (folder / "figures" / "small").mkdir(parents=True)
    (folder / "figures" / "small" / "report.html").write_text("drawn")
    assert files.sources(folder) == before
    monkeypatch.setattr(files, "LIBRARIES", ("numpy", "pandas"))
    assert files.sources(folder) != before


def test_other_sources_make_unchanged_false(tmp_path, monkeypatch):
    path = files.write(tmp_path / "a.png", b"picture")
    files.stamp(tmp_path, "fingerprint", [path], [("text", "# small")])
    assert files.drawn(tmp_path, "fingerprint") == [path]
    assert files.drawn(tmp_path, "another") == []
    monkeypatch.setattr(files, "sources", lambda: "edited")
    assert files.drawn(tmp_path, "fingerprint") == []
