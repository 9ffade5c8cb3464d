"""docs/add-a-data-source.md, followed to the letter in a copy of the repository."""

import os
import re
import subprocess
import sys

import pytest

from tests.support.pages import copy_of, follow
from tests.support.places import ROOT

PAGE = (ROOT / "docs" / "add-a-data-source.md").read_text()


@pytest.mark.slow
def test_the_page_leads_to_data_that_is_shown_and_trained_on(tmp_path):
    copy = copy_of(tmp_path / "repository", "resnet", "baselines", "experiments")
    touched = follow("add-a-data-source.md", copy)
    assert touched == ["experiments/data/stripes.py", "experiments/data/facts.py", "my.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    work = tmp_path / "work"

    def start(*words):
        command = [sys.executable, "-m", "experiments", *map(str, words), "--work", work]
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=copy, env=environment, **piped)

    commands = re.findall(r"^make (\w+) STUDY=(my\.yaml)$", PAGE, re.MULTILINE)
    assert [name for name, _ in commands] == ["inspect", "compare"]
    store = ["--store", f"sqlite:///{tmp_path / 'mlflow.db'}"]
    running = [start(*words, *(store if words[0] == "compare" else [])) for words in commands]
    ended = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0], "\n".join(error for _, error in ended)
    inspected, compared = (output for output, _ in ended)
    assert "stripes: 2,000 images of 4 classes, 16×16 grey" in inspected
    assert "200 train, 100 validation, 200 test" in inspected
    assert float(re.search(r"plain_cnn · seed 1: test accuracy (0\.\d+|1)", compared)[1]) > 0.3
