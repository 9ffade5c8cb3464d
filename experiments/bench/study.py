"""A whole small study, in both precisions, against the script that it replaces; and where its time goes.

The study is `compare` with few seeds. Its life is read from the event logs of its trials, of which each event
has its time: that needs no clock inside, and works for the logs of any version.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ruamel.yaml import YAML

from experiments import location, names, processes
from experiments.errors import UserError
from experiments.logs import events, trial_folder
from experiments.planning import plan
from experiments.studies import reading, variants
from experiments.studies.specification import Precision, Trial

FEW_SEEDS = (1, 2)


@dataclass(frozen=True)
class Life:
    """Seconds of a trial, from its log.

    start: from its process to its data (imports, reading, the split); compile: building and tracing, of the
    training step and of the evaluation; training, by its own clock; evaluation; end: what it leaves behind.
    """

    start: float
    compile: float
    training: float
    evaluation: float
    end: float

    @property
    def to_first_step(self) -> float:
        """Start and compile."""
        return self.start + self.compile


def life(folder: Path) -> Life:
    """Of a complete trial that was trained without a stop, in more than one epoch."""
    logged = events.read(trial_folder.log(folder))
    started = next(event for event in logged if isinstance(event, events.Started))
    epochs = [event for event in logged if isinstance(event, events.EpochEnded)]
    finished = logged[-1]
    trained = [event.metrics[names.TRAIN_SECONDS] for event in epochs]
    between = [
        after.time - before.time - (trained[index + 1] - trained[index])
        for index, (before, after) in enumerate(pairwise(epochs))
    ]
    # Of the first epoch, what is no training and no evaluation as it takes later is compiling.
    usual = sorted(between)[len(between) // 2] if between else 0.0
    total = finished.metrics[names.TRIAL_SECONDS]
    return Life(
        start=max(0.0, total - (finished.time - started.time)),
        compile=max(0.0, epochs[0].time - started.time - trained[0] - usual),
        training=trained[-1],
        evaluation=usual + sum(between),
        end=finished.time - epochs[-1].time,
    )


class Study:
    """`compare` with few seeds in a folder of its own, on data that is prepared already."""

    def __init__(self, folder: Path, precision: Precision, seeds: Sequence[int] = FEW_SEEDS) -> None:
        self._folder = folder
        document = reading.load(reading.find("compare"))
        document |= {"seeds": list(seeds), "claims": []}
        if precision != "float32":
            document = variants.in_precision(document, precision)
        self.name = document["name"] = f"timed-{precision}"
        self._file = folder / f"{self.name}.yaml"
        folder.mkdir(parents=True)
        YAML().dump(document, self._file)
        (location.WORK / "data").mkdir(parents=True, exist_ok=True)
        self._work, self._store = folder / "work", f"{location.SQLITE}{folder / 'mlflow.db'}"
        self._work.mkdir()
        (self._work / "data").symlink_to(location.WORK / "data")
        self._costs = location.WORK / "costs"
        self._costs.mkdir(parents=True, exist_ok=True)
        (self._work / "costs").symlink_to(self._costs)

    def eta(self) -> float:
        """Estimated seconds; prepares the data and the costs of networks, where they are unknown."""
        self._run("plan")
        study = reading.parse(reading.load(self._file), self._file)
        return plan.make(study, plan.Options(self._work, self._store, dry=True), lambda _: None).eta_seconds

    def train(self) -> float:
        """Seconds of wall clock of the command."""
        began = time.perf_counter()
        self._run("compare")
        return time.perf_counter() - began

    def draw(self) -> float:
        """Seconds of its report."""
        command = [sys.executable, "-m", "reports", "draw", self.name, "--store", self._store]
        began = time.perf_counter()
        subprocess.run(
            [*command, "--out", str(self._folder / "figures")],
            cwd=location.ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - began

    def lives(self) -> dict[str, list[Life]]:
        """Of each trial, by model."""
        found: dict[str, list[Life]] = {}
        for file in sorted(self._work.glob(f"*/{names.SPECIFICATION_FILE}")):
            trial = Trial.model_validate_json(file.read_text())
            found.setdefault(trial.model, []).append(life(file.parent))
        return found

    def _run(self, command: str) -> str:
        where = ["--work", str(self._work), "--store", self._store]
        done = subprocess.run(
            [sys.executable, "-m", "experiments", command, str(self._file), *where],
            cwd=location.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UserError((done.stderr.strip().splitlines() or [f"{command} failed"])[-1])
        return done.stdout


def naive_seconds(seeds: Sequence[int] = FEW_SEEDS, environment: Mapping[str, str] | None = None) -> float:
    """Seconds of wall clock of the script."""
    command = [sys.executable, "-m", "experiments.bench.naive", *map(str, seeds)]
    began = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=location.ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError((done.stderr.strip().splitlines() or ["the naive script failed"])[-1])
    return time.perf_counter() - began


def per_worker(lives: Mapping[str, Sequence[Life]]) -> float:
    """Training seconds of a study, of each of its workers."""
    training = sum(each.training for found in lives.values() for each in found)
    return training / processes.default_workers(1)
