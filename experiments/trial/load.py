"""The images of one trial: prepared data set → splits → arrays at crop size, and their digests."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import names
from experiments.data import crops, dataset, splits
from experiments.data.crops import View
from experiments.studies.specification import Trial
from experiments.trial import evaluation
from experiments.trial.learners import TrainingData


class TrialData(NamedTuple):
    """What a trial trains on and is measured on.

    test_images: uint8 (n, height, width, channels), windows at crop size, those of an image side by side;
    test_positions: int (n,), of the images in the prepared data set.
    """

    training: TrainingData
    classes: tuple[str, ...]
    slice_labels: np.ndarray
    validation_labels: np.ndarray
    test_images: np.ndarray | View
    test_labels: np.ndarray
    digests: dict[str, str]
    test_positions: np.ndarray

    def evaluate(self, predict: evaluation.Predict) -> dict[str, float]:
        """The scores of the training slice and of validation, by metric name."""
        splits_ = {
            names.TRAIN: (self.training.slice_images, self.slice_labels),
            names.VALIDATION: (self.training.validation_images, self.validation_labels),
        }
        scores: dict[str, float] = {}
        for split, (images, labels) in splits_.items():
            scores |= evaluation.score(split, crops.averaged(predict(images), len(labels)), labels)
        return scores

    def test_probabilities(self, predict: evaluation.Predict) -> np.ndarray:
        """Of each test image, float (n, classes)."""
        return crops.averaged(predict(self.test_images), len(self.test_labels))

    def test_pictures(self, positions: np.ndarray) -> np.ndarray:
        """Test images as the network sees them; of several windows of an image the middle one."""
        windows = len(self.test_images) // len(self.test_labels)
        return self.test_images[positions * windows + windows // 2]


def load(trial: Trial, work: Path) -> TrialData:
    """The data of a trial.

    Raises:
        UserError: the data set was never prepared, or is too small.
    """
    data = dataset.open_prepared(trial.data_digest, trial.partition, work)
    chosen = splits.split(
        np.asarray(data.labels),
        np.asarray(data.in_test),
        np.asarray(data.groups),
        train=trial.train,
        validation=trial.validation,
        test=trial.test,
        seed=trial.split_seed,
    )
    # The gap compares train with validation: as many training images are evaluated as there are others.
    measured = chosen.train[: len(chosen.validation)]

    def seen(positions: np.ndarray) -> np.ndarray | View:
        return View(data.images, positions, trial.crop, trial.windows).settled()

    training = TrainingData(
        images=View(data.images, chosen.train).settled(),
        labels=data.labels[chosen.train],
        classes=len(data.classes),
        crop=trial.crop,
        slice_images=seen(measured),
        validation_images=seen(chosen.validation),
        windows=trial.windows,
    )
    found = splits.digests(chosen, data.image_digests)
    return TrialData(
        training=training,
        classes=data.classes,
        slice_labels=data.labels[measured],
        validation_labels=data.labels[chosen.validation],
        test_images=seen(chosen.test),
        test_labels=data.labels[chosen.test],
        digests={
            names.DATA_DIGEST: trial.data_digest,
            names.SPLIT_DIGEST: found["split"],
            names.VALIDATION_DIGEST: found["validation"],
            names.TEST_DIGEST: found["test"],
        },
        test_positions=chosen.test,
    )
