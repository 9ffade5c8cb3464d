"""docs/add-a-network.md, followed to the letter in a copy of the repository."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.support.pages import copy_of, follow
from tests.support.places import ROOT

PAGE = (ROOT / "docs" / "add-a-network.md").read_text()


@pytest.mark.slow
def test_the_page_leads_to_a_network_that_is_trained_drawn_and_measured(tmp_path):
    copy = copy_of(tmp_path / "repository", "resnet", "baselines", "experiments")
    assert follow("add-a-network.md", copy) == ["baselines/mlp.py", "experiments/catalog.py", "my.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(copy)}

    def start(*arguments):
        command = [sys.executable, "-m", *map(str, arguments)]
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=copy, env=environment, **piped)

    study = re.search(r"^make compare STUDY=(my\.yaml)$", PAGE, re.MULTILINE)[1]
    store, work = f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "work"
    drawing = re.search(r"^python -m (experiments diagrams .*)$", PAGE, re.MULTILINE)[1].split()
    running = [start("experiments", "compare", study, "--store", store, "--work", work), start(*drawing)]
    ended = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0], "\n".join(error for _, error in ended)
    assert re.search(r"mlp · seed 1: test accuracy 0\.\d+ at epoch \d", ended[0][0])
    assert {file.name for file in (copy / "pictures").iterdir()} == {"mlp.json", "mlp.png", "mlp.svg"}
    # What the plan measured, as `python -m experiments cost` does: 8·8·32 + 32 + 32·10 + 10 parameters.
    [cost] = (json.loads(file.read_text()) for file in (work / "costs").glob("*.json"))
    assert cost["parameters"] == 2_410
    assert cost["macs"] == 8 * 8 * 32 + 32 * 10
