"""Training throughput inside a trial against a bare `model.fit`, side by side in one run.

    python -m experiments.bench [--rounds 3] [--epochs 4]

Both train ResNet-18 of the study `compare` with its batch, threads and flags, on one worker; the rounds
alternate. With requirements-bench.txt installed, PyTorch's throughput stands beside them. The trial writes a
checkpoint after each epoch, as far as their share of the time allows: what they took is told as well.
"""

import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from experiments import attempts, events, location, names, plan, provenance, scheduler, study_file
from experiments.compare import say
from experiments.errors import Parser, UserError, exit_status
from experiments.specification import Trial

ARM = "resnet18"


def in_a_trial(trial: Trial, place: Path) -> float:
    """Training images/s of a real trial, evaluation and start-up left out by its own clock."""
    attempts.begin(place, trial)
    attempts.start_over(place)  # else a second round would have nothing to do
    _child(trial, "experiments.trial", str(place), "--checkpoint-seconds", "0")
    told = [event for event in events.read(attempts.log(place)) if isinstance(event, events.EpochEnded)]
    last = told[-1].metrics
    return last[names.IMAGES_SEEN] / last[names.TRAIN_SECONDS]


def checkpoint_share(place: Path) -> float:
    """Seconds for checkpoints of the trial that ended last, by its training seconds."""
    *_, last, finished = events.read(attempts.log(place))
    return finished.metrics[names.CHECKPOINT_SECONDS] / last.metrics[names.TRAIN_SECONDS]


def _child(trial: Trial, module: str, *arguments: str) -> str:
    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", module, *arguments]
    environment = scheduler.environment(trial.recipe.threads)
    child = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if child.returncode:
        lines = child.stderr.strip().splitlines() or ["no output"]
        raise UserError(f"{module} ended with status {child.returncode}: {lines[-1]}")
    return child.stdout


def main() -> int:
    """Print each way's median rate, and its ratio to the bare fit that ran beside it, round by round."""
    parser = Parser(description="Throughput of a trial against a bare model.fit.")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=4, help="timed epochs a round (default: %(default)s)")
    asked = parser.parse_args()
    root_work = location.WORK
    document = study_file.load(study_file.find("compare"))
    document |= {"models": {ARM: document["models"][ARM]}, "seeds": [1], "claims": []}
    document["recipe"] = {**document["recipe"], "epochs": asked.epochs}
    trial = plan.trials(study_file.parse(document, "compare"), root_work)[0].trial
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / "data").symlink_to(root_work / "data")
        place = attempts.folder(work, trial)
        ways: dict[str, Callable[[], float]] = {
            "inside a trial": lambda: in_a_trial(trial, place),
            "bare model.fit": lambda: float(_child(trial, "experiments.bench_bare", str(place))),
        }
        if importlib.util.find_spec("torch"):
            ways["PyTorch"] = lambda: float(_child(trial, "experiments.bench_torch", str(place)))
        found: dict[str, list[float]] = {way: [] for way in ways}
        shares = []
        for round_number in range(1, asked.rounds + 1):
            for way, measured in ways.items():
                found[way].append(measured())
                shares += [checkpoint_share(place)] if way == "inside a trial" else []
                say(f"round {round_number} of {asked.rounds}: {way:15} {found[way][-1]:7.1f} images/s")
    say(f"\n{ARM} {json.dumps(trial.arguments)}, batch {trial.recipe.batch_size}, {provenance.cpu()}")
    bare = found["bare model.fit"]
    for way, rates in found.items():
        ratios = [rate / other for rate, other in zip(rates, bare, strict=True)]
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        say(
            f"{way:15} {statistics.median(rates):7.1f} images/s; of the bare fit of the same round: "
            f"{statistics.median(ratios):.3f} (rounds: {each})"
        )
    told = ", ".join(f"{share:.2%}" for share in shares)
    say(f"checkpoints    {statistics.median(shares):7.2%} of the training time (rounds: {told})")
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
