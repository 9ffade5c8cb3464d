"""One trial: a specification in, a stream of events out.

    python -m experiments.trial WORK/<trial id> [WORK/<trial id> …]

reads trial.json there, appends each event to events.jsonl and prints it as a line of JSON. The model
files, a picture of training images as the network sees them, the structure of the network, the test report,
the mistakes and the class probabilities stay in the folder. Further folders are of trials that differ in
their seed alone: they follow one after the other, each like the first, but for the tracing of their network,
which is kept.
"""

import json
import math
import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from experiments import files, names, processes
from experiments.command_line import Parser
from experiments.logs import checkpoint, endings, events, history, trial_folder
from experiments.studies.specification import Trial
from experiments.trial import process
from experiments.trial.process import Teller

if TYPE_CHECKING:
    from experiments.trial.learners import Learner

Emit = Callable[[events.Event], None]


@dataclass(frozen=True)
class Options:
    """The options of a trial's process; none of them changes a number."""

    workers: int  # that run side by side, for the tags
    checkpoint_seconds: float


def run(
    trial: Trial, folder: Path, options: Options, emit: Emit, began: float, before_it: "Learner | None" = None
) -> "Learner":
    """Load, split, build, fit, evaluate; every result is emitted, each epoch once.

    began: Unix seconds; before_it: the learner of a trial that differs in its seed alone. Returns its own.
    """
    import numpy as np

    from experiments.trial import build, evaluation, learners, load, provenance, samples, saved
    from experiments.trial.anatomy import structure

    data = load.load(trial, folder.parent)
    tags = {**provenance.tags(trial.recipe.threads, options.workers), **data.digests}
    before = history.read(folder)
    if not before.fits(tags):
        trial_folder.start_over(folder)
        before = history.read(folder)
    emit(events.Started(tags=tags, start=before.starts + 1))
    stream = learners.recipe_batches(data.training, trial.recipe, trial.seed)
    samples.save_grid(folder / names.SAMPLE_GRID_FILE, (np.asarray(images) for images, _ in stream))
    wanted = (trial.model, trial.arguments, data.training, trial.recipe, trial.seed)
    learner = build.another(before_it, *wanted) if before_it else build.learner(*wanted)
    parts = structure.Parts(learner.network, learner.classifier)
    structure.leave(
        folder / names.NETWORK_FILE, trial.model, trial.arguments, parts, data.training.input_shape
    )
    checkpoints = checkpoint.Checkpoints(folder, options.checkpoint_seconds)
    epochs = dict(before.epochs)

    def report(epoch: int, metrics: dict[str, float]) -> None:
        finite = _finite(metrics)
        not_finite = tuple(sorted({*metrics} - {*finite}))
        ended = events.EpochEnded(epoch=epoch, metrics=finite, not_finite=not_finite)
        if epoch not in epochs:
            epochs[epoch] = ended
            emit(ended)
        elif tags[names.GPU] == provenance.NO_GPU:  # a GPU is not exact to the bit
            before.check(ended)

    chosen = learner.fit(data.training.evaluate, report, checkpoints, before.train_seconds)
    answers = {split: images.probabilities(learner.predict) for split, images in data.evaluated.items()}
    probabilities = answers[names.TEST]
    test_report = evaluation.test_report(probabilities, data.test.labels, data.class_names)
    files.replace(folder / names.TEST_REPORT_FILE, json.dumps(test_report, indent=1) + "\n")
    mistakes = evaluation.mistakes(probabilities, data.test.labels, data.positions[names.TEST])
    pictures = data.test.pictures(np.array(mistakes["shown"], int))
    samples.save_tiles(folder / names.MISTAKES_PICTURE, pictures)
    files.replace(folder / names.MISTAKES_FILE, json.dumps(mistakes) + "\n")
    labels = {split: images.labels for split, images in data.evaluated.items()}
    kept = evaluation.kept_answers(answers, labels, data.positions)
    files.replace(folder / names.PROBABILITIES_FILE, kept)
    saved.save(
        learner,
        folder / names.MODEL_FOLDER,
        data.class_names,
        data.training.input_shape,
        trial,
        data.grey_range,
    )
    final = {
        **evaluation.score(names.TEST, probabilities, data.test.labels),
        names.metric(names.TEST, names.MACRO_F1): float(test_report[names.MACRO_F1]),
        names.CHOSEN_EPOCH: float(chosen),
        **saved.size(learner.network),
        names.PREDICTION_MS: evaluation.milliseconds(learner.predict_anew, data.test.images),
        names.MODEL_MIB: saved.mib(folder / names.MODEL_FOLDER),
        names.CHECKPOINT_SECONDS: checkpoints.seconds,
        names.PEAK_MEMORY: provenance.peak_memory_mib(),
        names.TRIAL_SECONDS: before.seconds + time.time() - began,
    }
    diverged = any(ended.not_finite for ended in epochs.values())
    emit(events.Finished(epoch=chosen, metrics=_finite(final), diverged=diverged))
    checkpoints.remove()
    return learner


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def main(words: Sequence[str] | None = None) -> int:
    """Run the trials of the folders, until one fails: status 1, with the reason as its last event.

    words: of the command line; by default those of this process.
    """
    began = time.time()
    parser = Parser(
        description="Run the trials of folders WORK/<trial id>, which differ in their seed alone."
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="folder")
    parser.add_argument("--workers", type=int, default=1, help="trials that run side by side, for the tags")
    parser.add_argument(
        "--checkpoint-seconds", type=float, default=checkpoint.SECONDS, help="between two checkpoints"
    )
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input is closed")
    arguments = parser.parse_args(words)
    options = Options(arguments.workers, arguments.checkpoint_seconds)
    if arguments.with_parent:
        processes.end_with_parent()
    teller = Teller(process.claim_stdout())
    threading.Thread(target=process.beat, args=(teller,), daemon=True).start()

    learner, traced_for = None, ""
    for number, folder in enumerate(arguments.folders):
        if number:
            began = time.time()
            take_over(folder)
        with trial_folder.hold(folder):
            if trial_folder.is_complete(folder):
                # The process before completed it after its parent was gone.
                teller.tell(events.read(trial_folder.log(folder))[-1].model_dump_json())
                continue
            content = (folder / names.SPECIFICATION_FILE).read_text(encoding="utf-8")
            trial = Trial.model_validate_json(content)
            before_it = learner if trial.apart_from_seed == traced_for else None
            learner = _run(trial, folder, options, teller, began, before_it)
            traced_for = trial.apart_from_seed
            if learner is None:
                return 1
    return 0


def _run(
    trial: Trial,
    folder: Path,
    options: Options,
    teller: Teller,
    began: float,
    before_it: "Learner | None",
) -> "Learner | None":
    """The learner of a trial that was trained; None where it failed, which its last event tells."""

    def emit(event: events.Event) -> None:
        teller.tell(events.append(trial_folder.log(folder), event))

    try:
        process.prepare_process(trial.recipe.threads)
        return run(trial, folder, options, emit, began, before_it)
    except Exception as error:  # whatever it was becomes the last event of the process
        traceback.print_exc()
        failed = events.Failed(reason=endings.reason_of(error))
        try:
            emit(failed)
        except OSError:  # the disk is full, say: the parent gets it all the same
            teller.tell(failed.model_dump_json())
        return None


def take_over(folder: Path) -> None:
    """Let this process, which was started for another trial, print and keep temporary files with this one."""
    os.environ["TMPDIR"] = str(trial_folder.make_temporary(folder).absolute())
    tempfile.tempdir = None
    sys.stderr.flush()
    with (folder / trial_folder.OUTPUT).open("wb") as output:
        os.dup2(output.fileno(), 2)


if __name__ == "__main__":
    sys.exit(main())
