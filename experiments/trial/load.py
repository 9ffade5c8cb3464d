"""The images of one trial: prepared data set → splits → arrays at crop size, and their digests."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments import names
from experiments.data import crops, dataset, splits
from experiments.data.crops import View, Windows
from experiments.studies.specification import Trial
from experiments.trial import evaluation


@dataclass(frozen=True)
class EvaluatedImages:
    """The images of a split as evaluation sees them.

    images: uint8 (n × windows, height, width, channels), at crop size, the windows of an image side by side;
    labels: int (n,), one an image.
    """

    images: np.ndarray | View
    labels: np.ndarray

    def probabilities(self, predict: evaluation.Predict) -> np.ndarray:
        """The mean over the windows of each image, float (n, classes)."""
        return crops.averaged(predict(self.images), len(self.labels))

    def scores(self, split: str, predict: evaluation.Predict, chosen_by: str) -> dict[str, float]:
        """Accuracy, loss and what epochs are chosen by, by metric name; split: its name."""
        probabilities = self.probabilities(predict)
        found = evaluation.score(split, probabilities, self.labels)
        if chosen_by == names.BALANCED:
            found |= evaluation.balanced_accuracy(split, probabilities, self.labels)
        return found

    def pictures(self, indices: np.ndarray) -> np.ndarray:
        """Images as the network sees them; of several windows of an image the middle one."""
        windows = len(self.images) // len(self.labels)
        return self.images[indices * windows + windows // 2]


@dataclass(frozen=True)
class TrainingData:
    """The training subset in training order, and what each epoch is evaluated on.

    images: uint8 (n, height, width, channels), whole; labels: int64 (n,); classes: their number; train_slice:
    the training images that are evaluated; validation: for the choice of an epoch only, by the measure
    `chosen_by`; features: the folder where those of encoders that stay are kept; trials: that of all trials,
    whose networks may be encoders.
    """

    images: np.ndarray | View
    labels: np.ndarray
    classes: int
    crop: int | None
    train_slice: EvaluatedImages
    validation: EvaluatedImages
    windows: Windows = "centre"
    chosen_by: str = names.ACCURACY
    features: Path | None = None
    trials: Path | None = None

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels at crop size."""
        return self.validation.images.shape[1:]

    def evaluated_windows(self) -> tuple[np.ndarray | View, np.ndarray]:
        """All training images as evaluation sees them, and the label of each window."""
        view = View(self.images, crop=self.crop, windows=self.windows)
        return view.settled(), np.repeat(self.labels, len(view) // len(self.labels))

    def evaluate(self, predict: evaluation.Predict) -> dict[str, float]:
        """The scores of the training slice and of validation, by metric name."""
        return {
            **self.train_slice.scores(names.TRAIN, predict, self.chosen_by),
            **self.validation.scores(names.VALIDATION, predict, self.chosen_by),
        }


@dataclass(frozen=True)
class TrialData:
    """What a trial trains on and is tested on.

    positions: int (n,), of the images of validation and test in the prepared data set, by split; digests: by
    tag, and how many images there are to draw from.
    """

    training: TrainingData
    class_names: tuple[str, ...]
    grey_range: tuple[int, int] | None
    test: EvaluatedImages
    positions: dict[str, np.ndarray]
    digests: dict[str, str]

    @property
    def evaluated(self) -> dict[str, EvaluatedImages]:
        """The images that the chosen network answers on, by split."""
        return {names.VALIDATION: self.training.validation, names.TEST: self.test}


def _grouped(groups: np.ndarray) -> int:
    """How many images stay together with others."""
    sizes = np.bincount(groups)
    return int(sizes[sizes > 1].sum())


def load(trial: Trial, work: Path) -> TrialData:
    """The data of a trial.

    Raises:
        UserError: the data set was never prepared, or is too small.
    """
    data = dataset.open_prepared(trial.data_digest, trial.partition, work)
    chosen = data.split(
        train=trial.train, validation=trial.validation, test=trial.test, seed=trial.split_seed
    )

    def evaluated(positions: np.ndarray) -> EvaluatedImages:
        view = View(data.images, positions, trial.crop, trial.windows)
        return EvaluatedImages(view.settled(), data.labels[positions])

    training = TrainingData(
        images=View(data.images, chosen.train).settled(),
        labels=data.labels[chosen.train],
        classes=len(data.classes),
        crop=trial.crop,
        windows=trial.windows,
        # The gap compares train with validation: the slice has as many images as validation.
        train_slice=evaluated(chosen.train[: len(chosen.validation)]),
        validation=evaluated(chosen.validation),
        chosen_by=trial.recipe.chosen_by,
        features=work / "features",
        trials=work,
    )
    found = splits.digests(chosen, data.image_digests)
    return TrialData(
        training=training,
        class_names=data.classes,
        grey_range=data.grey_range,
        test=evaluated(chosen.test),
        positions={names.VALIDATION: chosen.validation, names.TEST: chosen.test},
        digests={
            names.DATA_DIGEST: trial.data_digest,
            names.SPLIT_DIGEST: found["split"],
            names.VALIDATION_DIGEST: found["validation"],
            names.TEST_DIGEST: found["test"],
            names.CLASSES: str(len(data.classes)),
            names.POOL: str(len(data.labels)),
            names.OWN_TEST: str(int(np.asarray(data.in_test).sum())),
            names.OWN_VALIDATION: str(int(np.asarray(data.in_validation).sum())),
            names.GROUPED: str(_grouped(data.groups)),
        },
    )
