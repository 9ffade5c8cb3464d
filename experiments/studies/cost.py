"""What a network costs on this machine: the request that names it, and the answer."""

import hashlib

from pydantic import BaseModel

from experiments import names, processes
from experiments.studies.specification import Recipe, Trial


class Request(BaseModel):
    """What determines the cost of an epoch; processor and GPU are in it, since seconds are.

    gpu: its name, empty where trials are to run on the processor.
    """

    model: str
    arguments: dict
    input_shape: tuple[int, int, int]
    classes: int
    recipe: Recipe
    cpu: str
    gpu: str = ""
    results_version: int = names.RESULTS_VERSION

    @property
    def key(self) -> str:
        """16 hexadecimal digits of the SHA-256 of the content."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


# Of the start of a trial, what tracing is: a network that is traced is built again, and takes one step.
TRACING = 0.8


class Cost(BaseModel):
    """One network on this machine, on one worker."""

    parameters: int
    macs: int  # of one forward pass of one image
    start_seconds: float  # process start, building, first step and first evaluation
    step_seconds: float  # one training step of a whole batch
    evaluated_image_seconds: float
    memory_mib: float  # peak
    activation_bytes: int  # of one image
    feature_seconds: float = 0  # of one image, once for all trials whose encoder is the same
    device: str = ""  # the GPU that tensorflow used, empty where it was the processor
    device_mib: float = 0  # peak of the tensors on it

    def of_windows(self, windows: int) -> "Cost":
        """The cost where an image is evaluated in so many windows."""
        return self.model_copy(update={"evaluated_image_seconds": windows * self.evaluated_image_seconds})

    @property
    def kept_seconds(self) -> float:
        """What a trial saves whose network the process before it has traced."""
        return TRACING * self.start_seconds

    def trial_seconds(self, trial: Trial) -> float:
        """The wall clock of a whole trial."""
        recipe = trial.recipe
        steps = recipe.epochs * recipe.steps_per_epoch(trial.train)
        measured = min(trial.train, trial.validation) + trial.validation
        evaluated = recipe.evaluations * measured + trial.test
        return self.start_seconds + steps * self.step_seconds + evaluated * self.evaluated_image_seconds

    def training_macs(self, trial: Trial) -> int:
        """Multiply-accumulates of all training steps."""
        recipe = trial.recipe
        images = recipe.epochs * recipe.batch_size * recipe.steps_per_epoch(trial.train)
        return names.TRAINING_MACS_PER_FORWARD * self.macs * images


def request_of(trial: Trial, image_shape: tuple[int, int, int], classes: int, gpu: str = "") -> Request:
    """The request that a trial's cost answers; gpu: the name of the one that trials run on."""
    height, width, channels = image_shape
    shape = (trial.crop or height, trial.crop or width, channels)
    # What changes the cost of no step and no evaluation.
    same = Recipe.model_fields
    recipe = trial.recipe.model_copy(
        update={"epochs": 1, "steps": None, "learning_rate": 0.01, "warmup_epochs": 0}
        | {field: same[field].default for field in ("evaluate_every", "chosen_by")}
    )
    return Request(
        model=trial.model,
        arguments=trial.arguments,
        input_shape=shape,
        classes=classes,
        recipe=recipe,
        cpu=processes.cpu(),
        gpu=gpu,
    )
