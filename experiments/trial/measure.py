"""Measures the cost of one network in a process of its own: a few timed steps and one evaluation.

    python -m experiments.trial.measure REQUEST ANSWER

reads the request from one JSON file and writes the cost to the other.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from experiments import files, names, processes
from experiments.command_line import Parser
from experiments.studies.cost import Cost, Request
from experiments.trial import provenance

EPOCHS, STEPS, VALIDATION = 5, 3, 250  # of the timed training
LEAST_TRAINED = 128  # images: as many components as a study may ask for need as many


def measure(wanted: Request, began: float, work: Path) -> Cost:
    """Train the network for some short epochs on random images, through its own learner.

    The fastest counts, for what else the machine does for a moment is no cost of the network. work: the
    folder of trials, one of whose networks may be the encoder.
    """
    import numpy as np

    from experiments.trial import build, evaluation, process, saved
    from experiments.trial.load import EvaluatedImages, TrainingData
    from experiments.trial.macs import activation_bytes

    process.prepare_process(wanted.recipe.threads)
    generator = np.random.default_rng(0)
    recipe = wanted.recipe.model_copy(update={"epochs": EPOCHS})
    train = max(STEPS * recipe.batch_size, LEAST_TRAINED)
    images = generator.integers(0, 256, (train + VALIDATION, *wanted.input_shape), np.uint8)
    # Five images a class: a classifier with inner folds needs them.
    labels = np.arange(len(images), dtype=np.int64) % min(wanted.classes, train // 5)
    data = TrainingData(
        images=images[:train],
        labels=labels[:train],
        classes=wanted.classes,
        crop=None,
        train_slice=EvaluatedImages(images[:train], labels[:train]),
        validation=EvaluatedImages(images[train:], labels[train:]),
        trials=work,
    )
    reports: list[tuple[float, float]] = []

    def report(epoch: int, metrics: dict[str, float]) -> None:
        reports.append((time.time() - began, metrics[names.TRAIN_SECONDS]))

    learner = build.learner(wanted.model, wanted.arguments, data, recipe, seed=0)
    learner.fit(data.evaluate, report)
    size = saved.size(learner.network)
    frozen = getattr(learner, "frozen", None)
    feature = evaluation.milliseconds(frozen.encode, images) / 1000 if frozen else 0.0
    # A learner without epochs reports once; its cost is then all in the start.
    steps = np.diff(reports, axis=0).reshape(-1, 2)
    epoch_seconds = min(steps[:, 1], default=0.0)
    evaluation_seconds = max(0.0, min(steps[:, 0] - steps[:, 1], default=0.0))
    # Features are kept by the store: they are neither part of a start nor of an evaluation.
    first = reports[0][0] - feature * len(images)
    return Cost(
        parameters=int(size.get(names.PARAMETERS, 0)),
        macs=int(size.get(names.MACS, 0)),
        start_seconds=max(0.0, first - epoch_seconds - evaluation_seconds),
        step_seconds=epoch_seconds / recipe.steps_per_epoch(train),
        evaluated_image_seconds=evaluation_seconds / len(images),
        memory_mib=provenance.peak_memory_mib(),
        feature_seconds=feature,
        activation_bytes=0 if learner.network is None else activation_bytes(learner.network),
        device=provenance.gpu(otherwise=""),
        device_mib=provenance.peak_gpu_mib(),
    )


def main(words: Sequence[str] | None = None) -> int:
    """Answer one request file; words: of the command line, by default those of this process."""
    began = time.time()
    parser = Parser(description="Measure the cost of one network.")
    parser.add_argument("request", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input is closed")
    arguments = parser.parse_args(words)
    if arguments.with_parent:
        processes.end_with_parent()
    # WORK/costs/<key>.json
    work = arguments.answer.absolute().parents[1]
    cost = measure(Request.model_validate_json(arguments.request.read_text()), began, work)
    files.replace(arguments.answer, cost.model_dump_json(indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
