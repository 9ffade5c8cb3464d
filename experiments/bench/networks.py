"""The five networks whose training is timed, each at one shape and batch, with as many steps a round."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from experiments import catalog
from experiments.studies.specification import Precision, Recipe
from experiments.trial.load import EvaluatedImages, TrainingData

CLASSES, EVALUATED = 10, 20


@dataclass(frozen=True)
class Timed:
    """One network; steps: of a round, about two seconds on one core of 2026."""

    name: str
    model: str
    shape: tuple[int, int, int]
    batch: int
    steps: int
    arguments: dict[str, Any] = field(default_factory=dict)

    def recipe(self, precision: Precision, rounds: int) -> Recipe:
        """One epoch to warm up, then one a round."""
        return Recipe(
            batch_size=self.batch,
            steps=self.steps,
            epochs=1 + rounds,
            learning_rate=0.01,
            schedule="constant",
            weight_decay=0.001,
            precision=precision,
        )

    @property
    def complete_arguments(self) -> dict[str, Any]:
        """All arguments of the network."""
        return catalog.complete_arguments(self.model, self.arguments)

    def data(self) -> TrainingData:
        """Noise as training images: what they show does not change the time of a step."""
        generator = np.random.default_rng(0)
        count = max(self.batch * self.steps, EVALUATED)
        images = generator.integers(0, 256, (count, *self.shape), np.uint8)
        labels = np.arange(count, dtype=np.int64) % CLASSES
        few = EvaluatedImages(images[:EVALUATED], labels[:EVALUATED])
        return TrainingData(images, labels, CLASSES, crop=None, train_slice=few, validation=few)


SMALL_STEM = {"stem": "small"}
NETWORKS = {
    each.name: each
    for each in (
        Timed("plain CNN", "plain_cnn", (28, 28, 1), 32, 120),
        Timed("ResNet-18 w16", "resnet18", (28, 28, 1), 32, 24, {**SMALL_STEM, "width": 16}),
        Timed("ResNet-20", "resnet20", (32, 32, 3), 128, 5),
        Timed("ResNet-18 w64", "resnet18", (32, 32, 3), 64, 2, SMALL_STEM),
        Timed("ResNet-50", "resnet50", (64, 64, 3), 64, 2),
    )
}
