"""docs/add-a-network.md, followed to the letter in a copy of the repository."""

import os
import re
import shlex
import subprocess
import sys

from tests.support.pages import copy_of, follow
from tests.support.places import ROOT

PAGE = (ROOT / "docs" / "add-a-network.md").read_text()


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
    drawing, cost = (shlex.split(line) for line in re.findall(r"^python -m (.*)$", PAGE, re.MULTILINE))
    running = [
        start("experiments", "compare", study, "--store", store, "--work", work),
        start(*drawing),
        start(*cost, "--out", tmp_path / "costs", "--work", work),
    ]
    ended = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], "\n".join(error for _, error in ended)
    assert re.search(r"mlp · seed 1: test accuracy 0\.\d+ at epoch \d", ended[0][0])
    assert {file.name for file in (copy / "pictures").iterdir()} == {"mlp.png", "mlp.svg"}
    # 28·28·64 + 64 + 64·10 + 10
    assert "| mlp | 50,890 |" in (tmp_path / "costs" / "costs.md").read_text()
