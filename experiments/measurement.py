"""What a network costs, found out once by a child process and kept: parameters, MACs, seconds, memory.

    python -m experiments.measurement WORK/costs/<key>.json

The child builds the network of the file's request and times a few training steps and one evaluation, on
one worker's threads, so that the plan can state an ETA for this machine.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import BaseModel

from experiments import catalog, children, names, provenance, scheduler, unfinished
from experiments.errors import Parser, UserError
from experiments.specification import RESULTS_VERSION, Recipe, Trial

EPOCHS, STEPS, VALIDATION = 3, 3, 250  # of the timed training
LEAST_TRAINED = 128  # images: as many components as a study may ask for need as many


class Request(BaseModel):
    """What determines the cost of an epoch; the processor is in it, since seconds are."""

    model: str
    arguments: dict
    input_shape: tuple[int, int, int]
    classes: int
    recipe: Recipe
    cpu: str
    results_version: int = RESULTS_VERSION

    @property
    def key(self) -> str:
        """16 hexadecimal digits of the SHA-256 of the content."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class Cost(BaseModel):
    """One network on this machine, on one worker."""

    parameters: int
    macs: int  # of one forward pass of one image
    start_seconds: float  # process start, building, first step and first evaluation
    step_seconds: float  # one training step of a whole batch
    evaluated_image_seconds: float
    memory_mib: float  # peak
    activation_bytes: int | None = None  # of one image; files of before lack it

    def of_windows(self, windows: int) -> "Cost":
        """The cost where an image is evaluated in so many windows."""
        return self.model_copy(update={"evaluated_image_seconds": windows * self.evaluated_image_seconds})

    def trial_seconds(self, trial: Trial) -> float:
        """The wall clock of a whole trial."""
        recipe = trial.recipe
        steps = recipe.epochs * recipe.steps_per_epoch(trial.train)
        measured = min(trial.train, trial.validation) + trial.validation
        evaluated = recipe.epochs * measured + trial.test
        return self.start_seconds + steps * self.step_seconds + evaluated * self.evaluated_image_seconds

    def training_macs(self, trial: Trial) -> int:
        """Multiply-accumulates of all training steps."""
        recipe = trial.recipe
        images = recipe.epochs * recipe.batch_size * recipe.steps_per_epoch(trial.train)
        return names.TRAINING_MACS_PER_FORWARD * self.macs * images


def request(trial: Trial, image_shape: tuple[int, int, int], classes: int) -> Request:
    """The request that a trial's cost answers."""
    height, width, channels = image_shape
    shape = (trial.crop or height, trial.crop or width, channels)
    # Neither the length of the training nor its rates change the cost of a step.
    recipe = trial.recipe.model_copy(
        update={"epochs": 1, "steps": None, "learning_rate": 0.01, "warmup_epochs": 0}
    )
    return Request(
        model=trial.model,
        arguments=trial.arguments,
        input_shape=shape,
        classes=classes,
        recipe=recipe,
        cpu=provenance.cpu(),
    )


def are_known(requests: Iterable[Request], work: Path) -> bool:
    """Whether every request has been answered before."""
    return all(_kept(work / "costs" / f"{each.key}.json") for each in requests)


def _kept(file: Path) -> Cost | None:
    """The answer in a file, if there is one that is whole."""
    try:
        return Cost.model_validate_json(file.read_text())
    except (FileNotFoundError, ValueError):
        return None


def costs(
    requests: Iterable[Request], work: Path, workers: int, tell: Callable[[str], None]
) -> dict[str, Cost]:
    """The cost of each request by its key: kept ones at once, the others measured now, `workers` at a time.

    Raises:
        UserError: a network cannot be built from its arguments, with the reason.
    """
    folder = work / "costs"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {each.key: each for each in requests}
    missing = [each for key, each in wanted.items() if not _kept(folder / f"{key}.json")]
    if missing:
        what = "a network costs" if len(missing) == 1 else f"{len(missing)} networks cost"
        tell(f"measuring what {what} on this machine (once) …")
        with ThreadPoolExecutor(workers) as pool:
            measured = pool.map(lambda each: _measure_in_child(each, folder), missing)
            for number, done in enumerate(measured, start=1):
                tell(f"  {number} of {len(missing)}: {_told(done)}")
    return {key: Cost.model_validate_json((folder / f"{key}.json").read_text()) for key in wanted}


def _told(measured: Request) -> str:
    """A network as people tell it from its neighbours: `resnet18 stem=small width=8`."""
    own = catalog.departures(measured.model, measured.arguments)
    return " ".join([measured.model, *(f"{name}={value}" for name, value in own.items())])


def _measure_in_child(wanted: Request, folder: Path) -> Request:
    answer = folder / f"{wanted.key}.json"
    asked = unfinished.beside(folder / f"{wanted.key}.request")
    asked.write_text(wanted.model_dump_json())
    command = [sys.executable, "-m", "experiments.measurement", str(asked), str(answer), "--with-parent"]
    child = children.run(command, scheduler.environment(wanted.recipe.threads))
    asked.unlink()
    if child.returncode:
        lines = child.stderr.strip().splitlines() or [f"ended with status {child.returncode}"]
        height, width, _ = wanted.input_shape
        raise UserError(
            f"model {wanted.model} with {wanted.arguments} cannot be built for {width}×{height} pixels (by "
            f"data.image_size and data.crop): {lines[-1]}"
        )
    return wanted


def measure(wanted: Request, began: float) -> Cost:
    """Train the network for three short epochs on random images, through its own learner."""
    import numpy as np

    from experiments import evaluation, learners, models, trial
    from experiments.costs import activation_bytes

    trial.prepare_process(wanted.recipe.threads, seed=0)
    generator = np.random.default_rng(0)
    recipe = wanted.recipe.model_copy(update={"epochs": EPOCHS})
    train = max(STEPS * recipe.batch_size, LEAST_TRAINED)
    images = generator.integers(0, 256, (train + VALIDATION, *wanted.input_shape), np.uint8)
    # Five images a class: a classifier with inner folds needs them.
    labels = np.arange(len(images), dtype=np.int64) % min(wanted.classes, train // 5)
    data = learners.TrainingData(
        images[:train], labels[:train], wanted.classes, None, images[:train], images[train:]
    )

    def evaluate(predict: evaluation.Predict) -> dict[str, float]:
        return {
            **evaluation.score(names.TRAIN, predict(data.slice_images), labels[:train]),
            **evaluation.score(names.VALIDATION, predict(data.validation_images), labels[train:]),
        }

    reports: list[tuple[float, float]] = []

    def report(epoch: int, metrics: dict[str, float]) -> None:
        reports.append((time.time() - began, metrics[names.TRAIN_SECONDS]))

    built = catalog.build(wanted.model, wanted.input_shape, wanted.classes, wanted.arguments)
    learner = catalog.learner(wanted.model)(built, data, recipe, 0)
    learner.fit(evaluate, report)
    size = models.size(learner.network)
    # A learner without epochs reports once; its cost is then all in the start.
    (first, trained_first), (second, trained_second) = reports[:2] if reports[1:] else reports * 2
    epoch_seconds = trained_second - trained_first
    evaluation_seconds = max(0.0, second - first - epoch_seconds)
    return Cost(
        parameters=int(size.get(names.PARAMETERS, 0)),
        macs=int(size.get(names.MACS, 0)),
        start_seconds=max(0.0, first - epoch_seconds - evaluation_seconds),
        step_seconds=epoch_seconds / recipe.steps_per_epoch(train),
        evaluated_image_seconds=evaluation_seconds / len(images),
        memory_mib=provenance.peak_memory_mib(),
        activation_bytes=0 if learner.network is None else activation_bytes(learner.network),
    )


def main() -> int:
    """Answer one request file."""
    began = time.time()
    parser = Parser(description="Measure the cost of one network.")
    parser.add_argument("request", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--with-parent", action="store_true", help="end when the standard input is closed")
    arguments = parser.parse_args()
    if arguments.with_parent:
        children.end_with_parent()
    cost = measure(Request.model_validate_json(arguments.request.read_text()), began)
    made = unfinished.beside(arguments.answer)
    made.write_text(json.dumps(cost.model_dump(), indent=1))
    unfinished.publish(made, arguments.answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
