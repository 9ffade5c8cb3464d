"""Training throughput inside a trial against a bare `model.fit`, side by side in one run.

    python -m experiments bench [--rounds 3] [--epochs 4]

Both train ResNet-18 of the study `compare` with its batch, threads and flags, on one worker; the rounds
alternate. With requirements-bench.txt installed, PyTorch's throughput stands beside them. The trial writes a
checkpoint after each epoch, as far as their share of the time allows; their time is printed too.
"""

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from experiments import location, names, processes
from experiments.command_line import Command, Parser, say
from experiments.errors import UserError
from experiments.logs import events, trial_folder
from experiments.planning import plan
from experiments.studies import reading
from experiments.studies.specification import Trial

ARM = "resnet18"


def in_a_trial(trial: Trial, folder: Path) -> float:
    """Training images/s of a real trial, evaluation and start-up left out by its own clock."""
    trial_folder.begin(folder, trial)
    trial_folder.start_over(folder)  # else a second round would have nothing to do
    _child(trial, "experiments.trial", str(folder), "--checkpoint-seconds", "0")
    logged = events.read(trial_folder.log(folder))
    last = [event for event in logged if isinstance(event, events.EpochEnded)][-1].metrics
    return last[names.IMAGES_SEEN] / last[names.TRAIN_SECONDS]


def checkpoint_share(folder: Path) -> float:
    """Seconds for checkpoints of a complete trial, by its training seconds."""
    *_, last, finished = events.read(trial_folder.log(folder))
    return finished.metrics[names.CHECKPOINT_SECONDS] / last.metrics[names.TRAIN_SECONDS]


def _child(trial: Trial, module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    environment = processes.environment(trial.recipe.threads)
    child = subprocess.run(command, cwd=location.ROOT, env=environment, capture_output=True, text=True)
    if child.returncode:
        lines = child.stderr.strip().splitlines() or ["no output"]
        raise UserError(f"{module} ended with status {child.returncode}: {lines[-1]}")
    return child.stdout


def add_options(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=4, help="timed epochs a round (default: %(default)s)")


def main(options: argparse.Namespace) -> int:
    """Print each way's median rate, and its ratio to the bare fit that ran beside it, round by round."""
    work_here = location.WORK
    document = reading.load(reading.find("compare"))
    document |= {"models": {ARM: document["models"][ARM]}, "seeds": [1], "claims": []}
    document["recipe"] = {**document["recipe"], "epochs": options.epochs}
    trial = plan.trials(reading.parse(document, "compare"), work_here)[0].trial
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "data").symlink_to(work_here / "data")
        folder = trial_folder.of(work, trial)
        ways: dict[str, Callable[[], float]] = {
            "inside a trial": lambda: in_a_trial(trial, folder),
            "bare model.fit": lambda: float(_child(trial, "experiments.bench.bare", str(folder))),
        }
        if importlib.util.find_spec("torch"):
            ways["PyTorch"] = lambda: float(_child(trial, "experiments.bench.pytorch", str(folder)))
        found: dict[str, list[float]] = {way: [] for way in ways}
        shares = []
        for round_number in range(1, options.rounds + 1):
            for way, measured in ways.items():
                found[way].append(measured())
                if way == "inside a trial":
                    shares.append(checkpoint_share(folder))
                say(f"round {round_number} of {options.rounds}: {way:15} {found[way][-1]:7.1f} images/s")
    say(f"\n{ARM} {json.dumps(trial.arguments)}, batch {trial.recipe.batch_size}, {processes.cpu()}")
    bare = found["bare model.fit"]
    for way, rates in found.items():
        ratios = [rate / other for rate, other in zip(rates, bare, strict=True)]
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        say(
            f"{way:15} {statistics.median(rates):7.1f} images/s; of the bare fit of the same round: "
            f"{statistics.median(ratios):.3f} (rounds: {each})"
        )
    each = ", ".join(f"{share:.2%}" for share in shares)
    say(f"checkpoints    {statistics.median(shares):7.2%} of the training time (rounds: {each})")
    return 0


THROUGHPUT = Command(
    "Training throughput inside a trial against a bare model.fit, side by side in one run.",
    "bench --rounds 3 --epochs 4",
    add_options,
    main,
)
