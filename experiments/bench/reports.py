"""How long a report of many trials takes, and how much memory.

    python -m experiments bench-reports [--trials 250 500 1000] [--settings 1]

makes a store for each number of trials, of 50 epochs and 8 metrics each, in four arms, and draws its report
in a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import location, names, processes
from experiments.command_line import Command, Parser, positive, say
from experiments.errors import UserError
from experiments.store import client
from experiments.studies.claims import read_claim

STUDY, TARGETS = "large", (0.6, 0.75, 0.9)
EPOCHS, ARMS = 50, ("plain_cnn", "features", "resnet18", "resnet34")
CLAIMS = (
    "resnet18 reaches 0.75 in fewer epochs than plain_cnn",
    "resnet18 has higher test accuracy than plain_cnn",
    "gap(resnet34) > gap(plain_cnn)",
)
BEGAN = 1_760_000_000_000  # of the first trial, milliseconds since 1970
APART = 60_000  # milliseconds from one trial to the next
SAME = {
    names.ROLE: names.RESULT_ROLE,
    names.DIVERGED: "false",
    names.DATA: "drawn",
    names.DATA_DIGEST: "data",
    names.SPLIT_DIGEST: "split",
    names.VALIDATION_DIGEST: "validation",
    names.TEST_DIGEST: "test",
    names.CPU: "none",
    names.ONEDNN: "1",
    names.VERSIONS: "none",
    names.WORKERS: "1",
    names.GIT_COMMIT: "0" * 40,
    names.GIT_DIRTY: "false",
    names.COMPLETE: "true",
}
PARAMS = {
    names.PARAM_TRAIN_SIZE: "1000",
    "data.source": "drawn",
    "data.validation": "200",
    "data.test": "1000",
    "recipe.optimizer": "sgd",
    "recipe.learning_rate": "0.1",
    "recipe.epochs": str(EPOCHS),
}


def write(uri: str, trials: int, settings: int) -> None:
    """Write a store with one study; a study of one setting has claims.

    trials: a multiple of arms × settings.
    """
    store = client.opened(uri)
    experiment = store.create_experiment(STUDY)
    experiment_tags = {names.QUESTION: "How long does a report take?", names.TARGETS: json.dumps(TARGETS)}
    if settings == 1:
        claims = [read_claim(sentence, ARMS, {}, TARGETS) for sentence in CLAIMS]
        experiment_tags[names.CLAIMS] = json.dumps([claim.digest for claim in claims])
        for claim in claims:
            content = json.loads(claim.model_dump_json()) | {"registered": BEGAN}
            experiment_tags[names.CLAIM + claim.digest] = json.dumps(content)
    for key, value in experiment_tags.items():
        store.set_experiment_tag(experiment, key, value)
    generator = np.random.default_rng(trials)
    began = BEGAN
    for tags, level in _trials(trials // len(ARMS) // settings, settings):
        began += APART
        run = store.create_run(experiment, start_time=began).info.run_id
        client.log_batch(store, run, points(generator, level), PARAMS, SAME | tags, began)
        store.set_terminated(run, end_time=began + APART // 2)


def _trials(seeds: int, settings: int) -> Iterator[tuple[dict[str, str], float]]:
    """The tags of each trial, and the accuracy that it reaches about."""
    for index in range(settings):
        setting = f"recipe.batch_size={2**index}" if settings > 1 else ""
        for order, arm in enumerate(ARMS):
            for seed in range(seeds):
                tags = {
                    names.TRIAL: f"{arm}-{seed}-{setting}",
                    names.ARM: arm,
                    names.ARM_ORDER: str(order),
                    names.SETTING: setting,
                    names.SEED: str(seed),
                }
                yield tags, 0.70 + 0.05 * order


def points(generator: np.random.Generator, level: float) -> list[tuple[str, float, int]]:
    """Eight metrics of each epoch, of an accuracy that rises to about `level`, and those of the test."""
    end = level + 0.1 * generator.random()
    found: list[tuple[str, float, int]] = []
    for epoch in range(1, EPOCHS + 1):
        accuracy = float(end * (1 - np.exp(-epoch / 8)) + 0.01 * generator.standard_normal())
        trained = min(1.0, 1.2 * accuracy)
        found += [
            (names.metric(names.VALIDATION, names.ACCURACY), accuracy, epoch),
            (names.metric(names.VALIDATION, names.LOSS), 1 - accuracy, epoch),
            (names.metric(names.TRAIN, names.ACCURACY), trained, epoch),
            (names.metric(names.TRAIN, names.LOSS), 1 - trained, epoch),
            (names.TRAIN_SECONDS, 2.0 * epoch, epoch),
            (names.IMAGES_SEEN, 1000.0 * epoch, epoch),
            (names.LEARNING_RATE, 0.1, epoch),
            (f"{names.GRADIENT_NORM}/stem", 1.0, epoch),
        ]
    return [
        *found,
        (names.metric(names.TEST, names.ACCURACY), accuracy, EPOCHS),
        (names.metric(names.TEST, names.LOSS), 1 - accuracy, EPOCHS),
        (names.metric(names.TEST, names.MACRO_F1), accuracy - 0.01, EPOCHS),
        (names.CHOSEN_EPOCH, float(EPOCHS), EPOCHS),
        (names.PARAMETERS, 1000.0, EPOCHS),
        (names.MACS, 50_000.0, EPOCHS),
    ]


class Measured(NamedTuple):
    """One report: its seconds, its memory at its peak, and the size of its page."""

    seconds: float
    memory_gib: float
    page_mb: float


def measure(trials: int, settings: int = 1) -> Measured:
    """Write a store of so many trials and draw its report."""
    with tempfile.TemporaryDirectory() as folder:
        uri = f"{location.SQLITE}{Path(folder, 'mlflow.db')}"
        write(uri, trials, settings)
        command = [sys.executable, "-m", "reports", "draw", STUDY, "--store", uri, "--out", folder]
        began = time.monotonic()
        with subprocess.Popen(command, cwd=location.ROOT, stdout=subprocess.DEVNULL) as child:
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        if child.returncode:
            raise UserError(f"the report of {trials} trials ended with status {child.returncode}")
        page = Path(folder, STUDY, "report.html").stat().st_size / 1e6
        return Measured(seconds, usage.ru_maxrss / 2**20, page)


def add_options(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--trials", type=positive, nargs="+", default=[250, 500, 1000], help="default: 250 500 1000"
    )
    parser.add_argument("--settings", type=positive, default=1, help="default: %(default)s")


def main(options: argparse.Namespace) -> int:
    """Write a store of each size, draw its report, and print what that took."""
    say(processes.cpu())
    for trials in options.trials:
        say(f"{trials} trials: writing the store …")
        seconds, memory, page = measure(trials, options.settings)
        say(f"{trials} trials: {seconds:.1f} s, {memory:.2f} GiB, page {page:.2f} MB")
    return 0


REPORTS = Command(
    "How long a report of many trials takes, and how much memory.",
    "bench-reports --trials 250 500",
    add_options,
    main,
)
