"""One trial: a specification in, a stream of events out.

    python -m experiments.trial WORK/<trial id>

reads trial.json there, appends each event to events.jsonl and prints it as a line of JSON. The model
files, the training images as the network sees them and the test report are left in the folder.
"""

import argparse
import json
import math
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from experiments import attempts, events, names
from experiments.errors import UserError
from experiments.specification import Trial

Emit = Callable[[events.Event], None]


def run(trial: Trial, place: Path, workers: int, emit: Emit, began: float) -> None:
    """Load, split, build, fit, evaluate; everything that is found out is emitted."""
    from experiments import catalog, evaluation, models, provenance, samples, trial_data

    data = trial_data.load(trial, place.parent)
    emit(events.Started(tags={**provenance.tags(trial.recipe.threads, workers), **data.digests}))
    samples.save_grid(place / names.SAMPLE_GRID_FILE, data.training, trial.recipe, trial.seed)
    built = catalog.build(trial.model, data.training.input_shape, data.training.classes, trial.arguments)
    learner = catalog.learner(trial.model)(built, data.training, trial.recipe, trial.seed)
    diverged = False

    def report(epoch: int, metrics: dict[str, float]) -> None:
        nonlocal diverged
        finite = {key: value for key, value in metrics.items() if math.isfinite(value)}
        diverged = diverged or len(finite) < len(metrics)
        emit(events.EpochEnded(epoch=epoch, metrics=finite))

    chosen = learner.fit(data.evaluate, report)
    probabilities = learner.predict(data.test_images)
    test = evaluation.test_report(probabilities, data.test_labels, data.classes)
    (place / names.TEST_REPORT_FILE).write_text(json.dumps(test, indent=1) + "\n", encoding="utf-8")
    models.save(learner, place / names.MODEL_FOLDER, data.classes, data.training.input_shape, trial)
    final = {
        **evaluation.score(names.TEST, probabilities, data.test_labels),
        names.metric(names.TEST, names.MACRO_F1): float(test[names.MACRO_F1]),
        names.CHOSEN_EPOCH: float(chosen),
        **models.size(learner.network),
        names.PEAK_MEMORY: provenance.peak_memory_mib(),
        names.TRIAL_SECONDS: time.time() - began,
    }
    finite = {key: float(value) for key, value in final.items() if math.isfinite(value)}
    emit(events.Finished(epoch=chosen, metrics=finite, diverged=diverged))


def prepare_process(threads: int, seed: int) -> None:
    """Threads and seeds of this process, before anything of tensorflow runs.

    The thread counts are part of the recipe: they change round-off.
    """
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)
    keras.utils.set_random_seed(seed)


def main() -> int:
    """Run the trial of one folder; status 1 when it failed, with the reason as its last event."""
    began = time.time()
    parser = argparse.ArgumentParser(description="Run the trial of a folder WORK/<trial id>.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=1, help="trials that run side by side, to be noted")
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input is closed")
    asked = parser.parse_args()
    place = asked.folder
    if asked.with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    told = _claim_stdout()
    trial = Trial.model_validate_json((place / "trial.json").read_text(encoding="utf-8"))

    def emit(event: events.Event) -> None:
        line = events.append(attempts.log(place), event)
        try:
            print(line, file=told, flush=True)
        except BrokenPipeError:
            os._exit(1)  # nobody listens any more: the log alone has it

    try:
        prepare_process(trial.recipe.threads, trial.seed)
        run(trial, place, asked.workers, emit, began)
    except Exception as error:  # the border of the process: whatever it was becomes the trial's last event
        traceback.print_exc()
        reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        emit(events.Failed(reason=" ".join(reason.split())[:500]))
        return 1
    return 0


def _end_with_parent() -> None:
    """Wait for the end of the standard input, which the parent holds open as long as it lives."""
    sys.stdin.buffer.read()
    os._exit(1)


def _claim_stdout():  # noqa: ANN202 - a text file
    """A file on the real stdout, while everything else that is printed goes to stderr."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return told


if __name__ == "__main__":
    sys.exit(main())
