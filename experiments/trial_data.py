"""The images of one trial: prepared data set → splits → arrays at crop size, and their digests."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import datasets, evaluation, names, pipeline, splits
from experiments.learners import TrainingData
from experiments.specification import Trial


class TrialData(NamedTuple):
    """What a trial trains on and is measured on. Images uint8 (n, height, width, channels) at crop size."""

    training: TrainingData
    classes: tuple[str, ...]
    slice_labels: np.ndarray
    validation_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    digests: dict[str, str]

    def evaluate(self, predict: evaluation.Predict) -> dict[str, float]:
        """The scores of the training slice and of validation, by metric name."""
        return {
            **evaluation.score(names.TRAIN, predict(self.training.slice_images), self.slice_labels),
            **evaluation.score(
                names.VALIDATION, predict(self.training.validation_images), self.validation_labels
            ),
        }


def load(trial: Trial, work: Path) -> TrialData:
    """The data of a trial.

    Raises:
        UserError: the data set was never prepared, or is too small.
    """
    data = datasets.open_prepared(trial.data_digest, trial.partition, work)
    chosen = splits.split(
        np.asarray(data.labels),
        np.asarray(data.in_test),
        train=trial.train,
        validation=trial.validation,
        test=trial.test,
        seed=trial.split_seed,
    )
    # The gap compares train with validation: as many training images are evaluated as there are others.
    measured = chosen.train[: len(chosen.validation)]

    def cropped(positions: np.ndarray) -> np.ndarray:
        return pipeline.centre_crop(data.images[positions], trial.crop)

    training = TrainingData(
        images=data.images[chosen.train],
        labels=data.labels[chosen.train],
        classes=len(data.classes),
        crop=trial.crop,
        slice_images=cropped(measured),
        validation_images=cropped(chosen.validation),
    )
    found = splits.digests(chosen, data.image_digests)
    return TrialData(
        training=training,
        classes=data.classes,
        slice_labels=data.labels[measured],
        validation_labels=data.labels[chosen.validation],
        test_images=cropped(chosen.test),
        test_labels=data.labels[chosen.test],
        digests={
            names.DATA_DIGEST: trial.data_digest,
            names.SPLIT_DIGEST: found["split"],
            names.VALIDATION_DIGEST: found["validation"],
            names.TEST_DIGEST: found["test"],
        },
    )
