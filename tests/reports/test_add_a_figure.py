"""docs/add-a-figure.md, followed to the letter in a copy of the repository."""

import os
import subprocess
import sys

import pytest

from tests.support.pages import copy_of, follow


@pytest.mark.slow
def test_the_page_leads_to_a_figure_with_its_sentence(ready, tmp_path):
    copy = copy_of(tmp_path / "repository", "experiments", "reports")
    assert follow("add-a-figure.md", copy) == ["reports/plots/validation_loss.py", "reports/drawing.py"]
    where = ["--store", ready.uri, "--out", str(tmp_path / "figures")]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    command = [sys.executable, "-m", "reports", "draw", "small", *where]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "figures" / "small"
    assert (folder / "validation_loss.png").stat().st_size > 10_000
    page = (folder / "report.html").read_text()
    assert "Validation loss" in page
    assert "The lowest losses: " in page
