"""How long a report of many trials takes, and how much memory: `make bench-report`.

    PYTHONPATH=. python tests/reports/large.py [--trials 250 500 1000] [--settings 1]

Makes stores with that many trials of 50 epochs and 8 metrics each, in four arms, and draws their reports in
processes of their own.
"""

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import numpy as np

from experiments import names
from experiments.location import ROOT
from tests.support.synthetic import Store, once, state, tags

EPOCHS, ARMS = 50, ("plain_cnn", "features", "resnet18", "resnet34")
CLAIMS = (
    "resnet18 reaches 0.75 in fewer epochs than plain_cnn",
    "resnet18 has higher test accuracy than plain_cnn",
    "gap(resnet34) > gap(plain_cnn)",
)


def write(path: Path, trials: int, settings: int) -> str:
    """A store with a study `large`; returns its URI. trials: a multiple of 4 × settings."""
    writer = Store(path)
    study = writer.study("large", targets=(0.6, 0.75, 0.9))
    generator = np.random.default_rng(trials)
    if settings == 1:
        state(writer, study, CLAIMS, ARMS)
    for setting in range(settings):
        named = {names.SETTING: f"recipe.batch_size={2**setting}"} if settings > 1 else {}
        for order, arm in enumerate(ARMS):
            for seed in range(trials // len(ARMS) // settings):
                points = curve(generator, 0.70 + 0.05 * order)
                writer.run(study, tags(arm, order, seed, **named), points + once(points[-8][1], EPOCHS))
    return writer.uri


def curve(generator: np.random.Generator, level: float) -> list[tuple[str, float, int]]:
    """Eight metrics of each epoch, of an accuracy that rises to about `level`."""
    end = level + 0.1 * generator.random()
    points = []
    for epoch in range(1, EPOCHS + 1):
        accuracy = end * (1 - np.exp(-epoch / 8)) + 0.01 * generator.standard_normal()
        points += [
            (names.metric(names.VALIDATION, names.ACCURACY), accuracy, epoch),
            (names.metric(names.VALIDATION, names.LOSS), 1 - accuracy, epoch),
            (names.metric(names.TRAIN, names.ACCURACY), min(1.0, 1.2 * accuracy), epoch),
            (names.metric(names.TRAIN, names.LOSS), 1 - min(1.0, 1.2 * accuracy), epoch),
            (names.TRAIN_SECONDS, 2.0 * epoch, epoch),
            (names.IMAGES_SEEN, 1000 * epoch, epoch),
            (names.LEARNING_RATE, 0.1, epoch),
            (f"{names.GRADIENT_NORM}/stem", 1.0, epoch),
        ]
    return points


def main() -> None:
    """Write, draw, print a line a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="+", default=[250, 500, 1000])
    parser.add_argument("--settings", type=int, default=1)
    asked = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    for trials in asked.trials:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{trials} trials: writing the store …", file=sys.stderr)
            uri = write(Path(folder) / "mlflow.db", trials, asked.settings)
            command = [sys.executable, "-m", "reports", "draw", "large", "--store", uri, "--out", folder]
            started = time.monotonic()
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            seconds = time.monotonic() - started
            page = Path(folder) / "large" / "report.html"
            # The largest child so far: sizes rise, so it is this one.
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
            print(
                f"{trials} trials: {seconds:.1f} s, {memory:.2f} GiB, page {page.stat().st_size / 1e6:.2f} MB"
            )


if __name__ == "__main__":
    main()
