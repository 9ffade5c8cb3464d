"""What checkpoints cost, and what a trial loses that is killed half-way and goes on."""

import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from experiments import location, names, processes
from experiments.errors import UserError
from experiments.logs import events, trial_folder
from experiments.planning import plan
from experiments.studies import reading
from experiments.studies.specification import Trial

ARM, EPOCHS = "resnet18", 6
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Resumed:
    """One trial of ResNet-18, whole and killed once.

    checkpoint_share: of its training seconds, where one is offered after every epoch and comes as often as
    its share of the time allows; seconds: of the whole trial; lost_seconds: what the kill cost.
    """

    checkpoint_share: float
    seconds: float
    lost_seconds: float


def measure() -> Resumed:
    """Run the trial twice."""
    (location.WORK / "data").mkdir(parents=True, exist_ok=True)
    document = reading.load(reading.find("compare"))
    document |= {"models": {ARM: document["models"][ARM]}, "seeds": [1], "claims": []}
    document["recipe"] = {**document["recipe"], "epochs": EPOCHS}
    trial = plan.trials(reading.parse(document, "compare"), location.WORK)[0].trial
    with tempfile.TemporaryDirectory() as name:
        whole, killed = (_folder(Path(name, each), trial) for each in ("whole", "killed"))
        seconds = _run(trial, whole)
        *_, last, finished = events.read(trial_folder.log(whole))
        share = finished.metrics[names.CHECKPOINT_SECONDS] / last.metrics[names.TRAIN_SECONDS]
        together = _run(trial, killed, until=EPOCHS // 2) + _run(trial, killed)
    return Resumed(share, seconds, together - seconds)


def _folder(work: Path, trial: Trial) -> Path:
    work.mkdir()
    (work / "data").symlink_to(location.WORK / "data")
    folder = trial_folder.of(work, trial)
    trial_folder.begin(folder, trial)
    return folder


def _run(trial: Trial, folder: Path, until: int | None = None) -> float:
    """Seconds of wall clock; until: the epoch after which the process is killed."""
    command = [sys.executable, "-m", "experiments.trial", str(folder), "--checkpoint-seconds", "0"]
    began = time.perf_counter()
    child = subprocess.Popen(
        command,
        cwd=location.ROOT,
        env=processes.environment(trial.recipe.threads),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while until and child.poll() is None and _epochs(folder) < until:
        time.sleep(LOOK_SECONDS)
    if until:
        child.send_signal(signal.SIGKILL)
    if child.wait() and not until:
        raise UserError(f"the trial in {folder} ended with status {child.returncode}")
    return time.perf_counter() - began


def _epochs(folder: Path) -> int:
    return sum(isinstance(event, events.EpochEnded) for event in events.read(trial_folder.log(folder)))
