"""What one trial is: a specification that holds all that changes its numbers, or which numbers there are.

Its id is the hash of that content; where files lie, labels and worker counts are no part of it. One field
changes which numbers there are but none of the others: with `gradient_flow` the updates are the same to the
bit, and more is measured.
"""

import hashlib
import json
import math
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from experiments import catalog, names, settings
from experiments.data.crops import Windows


class Frozen(BaseModel):
    """Immutable, strict about fields that it does not know, and written under the names that files have."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, serialize_by_alias=True)


# Bounds that no study meets; beyond them, numbers no longer fit where they are calculated with.
TUNING_SEEDS = (100, 101, 102)  # of a sweep that names none
Count = Annotated[int, Field(gt=0, le=10**9)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


Precision = Literal["float32", "bfloat16"]
ChosenBy = Literal["accuracy", "balanced_accuracy"]


class Recipe(Frozen):
    """How a network is trained; the same for every arm unless an arm names its own, visibly.

    `weight_decay` is Keras' decoupled decay (× learning rate), not the L2 term that He et al. pass
    through the momentum. `class_weight` weighs the training images' losses, and nothing that is measured.
    `precision` is that of products and activations; variables, statistics, logits and losses are float32.
    `evaluate_every`: so many epochs lie between two evaluations; the last epoch is always evaluated.
    `chosen_by` is the measure of validation by which an epoch is chosen and targets are reached.
    """

    optimizer: Literal["sgd", "adam"] = "sgd"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    learning_rate: Annotated[float, Field(gt=0)] = 0.05
    schedule: Literal["constant", "cosine", "steps"] = "cosine"
    warmup_epochs: Annotated[float, Field(ge=0, le=1e9)] = 0
    weight_decay: Annotated[float, Field(ge=0)] = 0
    batch_size: Count = 64
    epochs: Count = 12
    steps: Count | None = None
    flip: bool = False
    shift: Annotated[int, Field(ge=0, le=4096)] = 0
    jitter: Annotated[float, Field(ge=0, lt=1)] = 0
    cutout: Annotated[int, Field(ge=0, le=4096)] = 0
    threads: Annotated[int, Field(gt=0, le=1024)] = 1
    gradient_flow: bool = False
    class_weight: Literal["balanced"] | None = None
    precision: Precision = "float32"
    evaluate_every: Count = 1
    chosen_by: ChosenBy = "accuracy"

    @property
    def evaluations(self) -> int:
        """How many epochs are evaluated."""
        return math.ceil(self.epochs / self.evaluate_every)

    def steps_per_epoch(self, images: int) -> int:
        """As set, or ceil(images / batch_size): an epoch's last batch is filled up with its first images."""
        return self.steps or math.ceil(images / self.batch_size)

    @model_validator(mode="after")
    def _warmup_ends(self) -> "Recipe":
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"warmup_epochs ({self.warmup_epochs:g}) must be below epochs ({self.epochs})")
        if self.warmup_epochs and self.schedule != "cosine":
            raise ValueError(
                f"warmup_epochs: the schedule {self.schedule!r} has no warm-up, only 'cosine' has"
            )
        return self


class Trial(Frozen):
    """One training, whole: `id` is a hash of everything here and of nothing else.

    The data's pixels stand in it by digest, its own test part by partition: where files lie is no part of it.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    model: str
    arguments: dict[str, Any]
    data_digest: str
    partition: str
    image_size: int | None
    crop: int | None
    train: int
    validation: int
    test: int
    split_seed: int
    windows: Windows = Field("centre", alias="crops")
    recipe: Recipe
    seed: int
    results_version: Count = 1  # of the code that trains it; specifications from before the field are of 1

    @property
    def apart_from_seed(self) -> str:
        """The same of trials that differ in their seed alone: one traced network serves them all."""
        return self.model_copy(update={"seed": 0, "split_seed": 0}).model_dump_json()

    @property
    def id(self) -> str:
        """16 hexadecimal digits of the SHA-256 of the canonical JSON of the content.

        Settings at their default are left out, so that a new setting leaves the ids of old trials alone; a
        default that changes raises names.RESULTS_VERSION.
        """
        content = {
            **self.model_dump(mode="json", exclude_defaults=True),
            "results_version": self.results_version,
            "recipe": self.recipe.model_dump(mode="json", exclude_defaults=True),
            "arguments": catalog.departures(self.model, self.arguments),
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


class PlannedTrial(NamedTuple):
    """A trial with its arm and setting in one study; two studies may share the trial."""

    trial: Trial
    arm: str
    arm_order: int
    setting: str
    data: str
    role: str = names.RESULT_ROLE

    @property
    def run_name(self) -> str:
        """What people read in MLflow's table, such as `resnet18 · seed 3`."""
        tuned = f"tune {self.trial.recipe.learning_rate:g}" if self.role == names.TUNE_ROLE else ""
        parts = (self.arm, settings.readable(self.setting), tuned, f"seed {self.trial.seed}")
        return " · ".join(part for part in parts if part)
