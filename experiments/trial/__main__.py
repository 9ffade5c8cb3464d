"""One trial: a specification in, a stream of events out.

    python -m experiments.trial WORK/<trial id>

reads trial.json there, appends each event to events.jsonl and prints it as a line of JSON. The model
files, the training images as the network sees them and the test report are left in the folder.
"""

import json
import math
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from experiments import files, names, processes
from experiments.command_line import Parser
from experiments.logs import checkpoint, endings, events, history, trial_folder
from experiments.studies.specification import Trial
from experiments.trial import process
from experiments.trial.process import Teller

Emit = Callable[[events.Event], None]


class Options(NamedTuple):
    """What a process is told beside its trial; none of it changes a number."""

    workers: int  # that run side by side, to be noted
    checkpoint_seconds: float


def run(trial: Trial, place: Path, options: Options, emit: Emit, began: float) -> None:
    """Load, split, build, fit, evaluate; everything that is found out is emitted, each epoch once."""
    import numpy as np

    from experiments import catalog
    from experiments.trial import evaluation, load, provenance, samples, saved

    data = load.load(trial, place.parent)
    here = {**provenance.tags(trial.recipe.threads, options.workers), **data.digests}
    told = history.read(place)
    if not told.fits(here):
        trial_folder.start_over(place)
        told = history.read(place)
    emit(events.Started(tags=here, start=told.starts + 1))
    samples.save_grid(place / names.SAMPLE_GRID_FILE, data.training, trial.recipe, trial.seed)
    built = catalog.build(trial.model, data.training.input_shape, data.training.classes, trial.arguments)
    learner = catalog.learner(trial.model)(built, data.training, trial.recipe, trial.seed)
    checkpoints = checkpoint.Checkpoints(place, options.checkpoint_seconds, told.train_seconds)
    epochs = dict(told.epochs)

    def report(epoch: int, metrics: dict[str, float]) -> None:
        finite = {key: value for key, value in metrics.items() if math.isfinite(value)}
        ended = events.EpochEnded(
            epoch=epoch, metrics=finite, not_finite=tuple(sorted({*metrics} - {*finite}))
        )
        if epoch not in epochs:
            epochs[epoch] = ended
            emit(ended)
        elif here[names.GPU] == provenance.NO_GPU:  # a GPU is not exact to the bit
            told.check(ended)

    chosen = learner.fit(data.evaluate, report, checkpoints)
    probabilities = data.test_probabilities(learner.predict)
    test = evaluation.test_report(probabilities, data.test_labels, data.classes)
    files.replace(place / names.TEST_REPORT_FILE, json.dumps(test, indent=1) + "\n")
    wrong = evaluation.mistakes(probabilities, data.test_labels, data.test_positions)
    samples.save_tiles(place / names.MISTAKES_PICTURE, data.test_pictures(np.array(wrong["shown"], int)))
    files.replace(place / names.MISTAKES_FILE, json.dumps(wrong) + "\n")
    saved.save(learner, place / names.MODEL_FOLDER, data.classes, data.training.input_shape, trial)
    final = {
        **evaluation.score(names.TEST, probabilities, data.test_labels),
        names.metric(names.TEST, names.MACRO_F1): float(test[names.MACRO_F1]),
        names.CHOSEN_EPOCH: float(chosen),
        **saved.size(learner.network),
        names.CHECKPOINT_SECONDS: checkpoints.seconds,
        names.PEAK_MEMORY: provenance.peak_memory_mib(),
        names.TRIAL_SECONDS: told.seconds + time.time() - began,
    }
    finite = {key: float(value) for key, value in final.items() if math.isfinite(value)}
    diverged = any(ended.not_finite for ended in epochs.values())
    emit(events.Finished(epoch=chosen, metrics=finite, diverged=diverged))
    checkpoints.remove()


def main() -> int:
    """Run the trial of one folder; status 1 when it failed, with the reason as its last event."""
    began = time.time()
    parser = Parser(description="Run the trial of a folder WORK/<trial id>.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=1, help="trials that run side by side, to be noted")
    parser.add_argument(
        "--checkpoint-seconds", type=float, default=checkpoint.SECONDS, help="between two checkpoints"
    )
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input is closed")
    asked = parser.parse_args()
    place = asked.folder
    if asked.with_parent:
        processes.end_with_parent()
    teller = Teller(process.claim_stdout())
    threading.Thread(target=process.beat, args=(teller,), daemon=True).start()

    def emit(event: events.Event) -> None:
        teller.tell(events.append(trial_folder.log(place), event))

    with trial_folder.hold(place):
        if trial_folder.is_complete(place):
            # The process before got there after its parent was gone, and was not heard.
            teller.tell(events.read(trial_folder.log(place))[-1].model_dump_json())
            return 0
        trial = Trial.model_validate_json((place / names.SPECIFICATION_FILE).read_text(encoding="utf-8"))
        try:
            process.prepare_process(trial.recipe.threads, trial.seed)
            run(trial, place, Options(asked.workers, asked.checkpoint_seconds), emit, began)
        except Exception as error:  # the border of the process: whatever it was becomes its last event
            traceback.print_exc()
            failed = events.Failed(reason=endings.reason_of(error))
            try:
                emit(failed)
            except OSError:  # the disk is full, say: the parent still hears it
                teller.tell(failed.model_dump_json())
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
