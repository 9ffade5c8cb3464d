"""docs/add-a-network.md, followed to the letter in a copy of the repository."""

import re
import shutil
import subprocess
import sys

from tests.support.places import ROOT

PAGE = ROOT / "docs" / "add-a-network.md"
BLOCK = re.compile(r"^```\w+ (?P<info>[^\n]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def follow_the_page(copy) -> None:
    for block in BLOCK.finditer(PAGE.read_text()):
        info, text = block["info"], block["text"]
        if created := re.fullmatch(r"file=(\S+)", info):
            (copy / created[1]).write_text(text)
            continue
        anchor, place = re.match(r'after="([^"]+)" in=(\S+)', info).groups()
        file = copy / place
        assert file.read_text().count(anchor + "\n") == 1
        added = f"{text}{anchor}\n" if info.endswith(" before") else f"{anchor}\n{text}"
        file.write_text(file.read_text().replace(anchor + "\n", added))


def test_the_page_leads_to_a_trained_network(tmp_path):
    copy = tmp_path / "repository"
    for package in ("resnet", "baselines", "experiments"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    follow_the_page(copy)
    study = re.search(r"^make compare STUDY=(my\.yaml)$", PAGE.read_text(), re.MULTILINE)[1]
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "experiments",
            "compare",
            study,
            "--store",
            store,
            "--work",
            tmp_path / "work",
        ],
        cwd=copy,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"mlp · seed 1: test accuracy 0\.\d+ at epoch \d", done.stdout)
    drawn = subprocess.run(
        [sys.executable, "-m", "experiments", "diagrams", "mlp", "--out", tmp_path / "pictures"],
        cwd=copy,
        capture_output=True,
        text=True,
    )
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "pictures" / "mlp.png").stat().st_size > 10_000
