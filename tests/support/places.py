"""A place of its own for a study: its file, its work folder, its store, and the real command on them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import yaml

from experiments.location import ROOT
from experiments.planning import plan, request
from experiments.studies.specification import PlannedTrial

TINY = """
name: tiny
question: Does it run?
data: {source: digits, image_size: 16, train: 120, validation: 60, test: 100}
models:
  plain_cnn:
    arguments: {filters: [4, 8], kernels: [3, 3], dense: 16}
  autoencoder_features:
    arguments: {filters: [4], code: 8}
    recipe: {optimizer: adam, learning_rate: 0.01}
  resnet20:
seeds: [1, 2]
targets: [0.2, 0.99]
recipe: {batch_size: 20, epochs: 2, learning_rate: 0.1}
"""


def tiny(*arms: str, seeds: tuple[int, ...] = (1, 2)) -> str:
    """The tiny study with these arms and seeds alone, and a claim about the first two."""
    document = yaml.safe_load(TINY)
    document["models"] = {arm: document["models"][arm] for arm in arms}
    document["claims"] = [f"{arms[1]} has higher test accuracy than {arms[0]}"] if len(arms) > 1 else []
    return yaml.safe_dump({**document, "seeds": [*seeds]}, sort_keys=False)


class Place(NamedTuple):
    """Where one study runs: its file, its work folder and its store."""

    study: Path
    work: Path
    store: str

    def compare(self, *options: str, **environment: str) -> subprocess.CompletedProcess:
        """`python -m experiments compare` on this study, here."""
        return subprocess.run(self.command(*options), **self.surroundings(**environment))

    def command(self, *options: str) -> list[str]:
        module = [sys.executable, "-m", "experiments", "compare", str(self.study)]
        return [*module, "--work", str(self.work), "--store", self.store, *options]

    def surroundings(self, **environment: str) -> dict:
        return {"cwd": ROOT, "env": os.environ | environment, "capture_output": True, "text": True}


def make_place(folder: Path, text: str = TINY, prepared: Path | None = None) -> Place:
    """A place of its own in a folder; `prepared` is a work folder whose data and costs it starts with."""
    study = folder / "tiny.yaml"
    study.write_text(text)
    for part in ("data", "costs") if prepared else ():
        shutil.copytree(prepared / part, folder / "work" / part)
    return Place(study, folder / "work", f"sqlite:///{folder / 'mlflow.db'}")


def planned_trials(place: Place) -> list[PlannedTrial]:
    """Every trial of the study there."""
    study = request.read_study(str(place.study), None, place.work, print)
    return plan.trials(study, place.work)
