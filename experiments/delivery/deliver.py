"""The model of a run in a folder to hand over: files, classes, how images are prepared, what it can do.

    python -m experiments deliver RUN --to delivered
    python -m experiments deliver --arm resnet18 --data path:photographs

The folder has the model as Keras' and scikit-learn's files and, where its classifier is a network or a
logistic regression, as one file of LiteRT (TensorFlow Lite) with a program of a page that classifies
photographs with it, without this repository and without Keras. What is delivered is measured again, from the
delivered file, on the test images of its trial: if it answers otherwise on any of them, nothing is delivered.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments import command_line, files, location, names, processes
from experiments.command_line import Command, Parser
from experiments.delivery import card
from experiments.delivery.best import best_trial
from experiments.delivery.card import Measured
from experiments.delivery.models import model_folder, whole_id
from experiments.errors import UserError
from experiments.logs import trial_folder
from experiments.planning import minutes, request
from experiments.studies.specification import Trial

if TYPE_CHECKING:
    from experiments.trial.load import EvaluatedImages

LITERT, PROGRAM = "model.tflite", "classify.py"
ALIKE = 1e-3  # of probabilities: two classes so close may change places by round-off


def add_options(parser: Parser) -> None:
    """Its arguments."""
    parser.add_argument(
        "run", nargs="?", help="a trial id, or a run id from MLflow's pages, or the beginning of either"
    )
    parser.add_argument("--arm", help="instead: of a study's arm the trial that is best on validation")
    parser.add_argument("--study", help="of that arm (default: compare, of --data path:… photographs)")
    command_line.add_data_options(parser)
    command_line.add_precision(parser)
    parser.add_argument("--minutes", type=command_line.positive, help="of a study that was fitted into them")
    parser.add_argument(
        "--to", dest="out", type=Path, help="a folder that is not there yet (default: delivered/RUN)"
    )
    parser.add_argument("--work", type=Path, default=location.WORK)
    parser.add_argument("--store", type=location.absolute, default=location.store_uri())


def main(options: argparse.Namespace) -> int:
    """Deliver a model."""
    run = _run(options)
    out = options.out or location.ROOT / "delivered" / run
    if out.exists():
        raise UserError(f"--to {out}: is there already; name a folder that is not")
    trial = _trial(run, options.work)
    with tempfile.TemporaryDirectory() as scratch:
        folder = model_folder(run, options.work, options.store, Path(scratch))
        processes.load_tensorflow()
        out.parent.mkdir(parents=True, exist_ok=True)
        with files.writing(out) as part:
            _deliver(trial, folder, part, options.work)
    command_line.say(f"{out}")
    return 0


def _run(options: argparse.Namespace) -> str:
    """The run or trial that the options name.

    Raises:
        UserError: they name none, or two.
    """
    if (options.run is None) == (options.arm is None):
        raise UserError("what is delivered is a run or an arm's best: give RUN=… or ARM=… [STUDY=…] [DATA=…]")
    if options.arm is None:
        return whole_id(options.run, options.work, options.store)
    study = request.read_study(
        options.study or request.usual_study(options.data),
        options.data,
        options.work,
        command_line.say,
        taken=command_line.data_options(options),
        precision=options.precision,
        fitted=partial(minutes.standing, work=options.work, minutes=options.minutes),
    )
    run, better = best_trial(study, options.arm, options.work)
    among = f" of those with a model here ({better} better without)" if better else ""
    command_line.say(f"{study.name}: of {options.arm} trial {run} is best on validation{among}")
    return run


def _trial(run: str, work: Path) -> Trial:
    """The trial of a run, whose data the delivered model is measured on.

    Raises:
        UserError: it is not in the work folder.
    """
    try:
        return trial_folder.specification(work / run)
    except FileNotFoundError:
        raise UserError(
            f"RUN={run}: its trial is not in {work}, and what is delivered is measured again on its test "
            "images: give the id of a trial that was trained here"
        ) from None
    except ValueError as error:
        raise UserError(f"{work / run / names.SPECIFICATION_FILE}: cannot be read ({error})") from None


def _deliver(trial: Trial, folder: Path, part: Path, work: Path) -> None:
    """Write all files into `part`, and measure what they do."""
    from experiments.delivery import conversion
    from experiments.trial import load, saved

    shutil.copytree(folder, part)
    model, test = saved.load(folder), load.load(trial, work).test
    expected = test.probabilities(model.predict)
    facts = json.loads((folder / saved.FACTS).read_text(encoding="utf-8"))
    command_line.say(f"{trial.model}, {len(model.classes)} classes: writing one file for LiteRT …")
    measured, why = None, ""
    try:
        network = conversion.whole_network(folder, len(model.classes))
    except conversion.NoLayersError as reason:
        why = f"its classifier is {reason}, which no such file can hold"
        command_line.say(f"note: no {LITERT}: {why}")
    else:
        (part / LITERT).write_bytes(conversion.to_litert(network))
        shutil.copy(Path(__file__).with_name(PROGRAM), part / PROGRAM)
        measured = _measure(part, test, expected)
        command_line.say(
            f"measured again from {LITERT}: {measured.right:.1%} of {measured.images:,} test images right, "
            f"as the run; {measured.one:.2g} ms an image alone, {measured.many:.2g} ms in a batch"
        )
    right = float(np.mean(expected.argmax(axis=1) == test.labels))
    text = card.text(trial, facts, right, len(test.labels), measured, why)
    (part / "README.md").write_text(text, encoding="utf-8")


def _measure(part: Path, test: "EvaluatedImages", expected: np.ndarray) -> Measured:
    """Run the delivered program on the test images, in a process without this repository.

    Raises:
        UserError: it cannot run, or answers otherwise.
    """
    with tempfile.TemporaryDirectory() as scratch:
        images = Path(scratch) / "test.npz"
        np.savez(images, images=test.images[:])
        command = [sys.executable, "-I", str((part / PROGRAM).absolute()), "--check", str(images)]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise UserError(f"{PROGRAM} of the delivered folder does not run: {reason}")
        answer = json.loads(done.stdout.splitlines()[-1])
        found = test.probabilities(lambda _: np.load(images.with_suffix(".npy")))
    if answer["loaded"]:
        raise UserError(f"{PROGRAM} loaded {', '.join(answer['loaded'])}: it must do without")
    ordered = np.sort(expected, axis=1)
    close = ordered[:, -1] - ordered[:, -2] < ALIKE
    others = int((~close & (found.argmax(axis=1) != expected.argmax(axis=1))).sum())
    if others:
        raise UserError(
            f"{LITERT} answers otherwise than the run on {others} of {len(found):,} test images: nothing was "
            "delivered"
        )
    right = float(np.mean(found.argmax(axis=1) == test.labels))
    return Measured(right, len(found), answer["one"], answer["many"])


DELIVER = Command(
    "The model of a run in a folder to hand over, measured again from the delivered file.",
    "deliver 3fa9 --to delivered/parts",
    add_options,
    main,
)
