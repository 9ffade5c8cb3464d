"""A trained model on disk: it takes raw uint8 images at crop size and gives probabilities.

from experiments import models
model = models.load(Path("work/<trial id>/model"))
probabilities = model.predict(images)
"""

import json
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import skops.io

from experiments import catalog, costs, names
from experiments.errors import UserError
from experiments.evaluation import Predict
from experiments.features import class_probabilities
from experiments.learners import EVALUATION_BATCH, Learner
from experiments.specification import Trial

# The types beyond skops' own that our classifiers are made of; anything else in a file is refused.
TRUSTED_TYPES = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
)


class Model(NamedTuple):
    """`predict` maps uint8 (n, height, width, channels) to probabilities (n, len(classes))."""

    predict: Predict
    classes: tuple[str, ...]
    image_size: int | None
    crop: int | None


def save(learner: Learner, folder: Path, classes: tuple[str, ...], trial: Trial) -> None:
    """Write the model files, and beside them the class names and the size of the images as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    learner.save(folder)
    facts = {"model": trial.model, "classes": classes, "image_size": trial.image_size, "crop": trial.crop}
    (folder / "model.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> Model:
    """Read what `save` wrote, in Keras' safe mode and with skops' trusted types.

    Raises:
        UserError: the folder holds no model.
    """
    if not (folder / "model.json").exists():
        raise UserError(f"{folder}: no model here (model.json is missing)")
    facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    catalog.import_layers(facts["model"])
    whole, encoder = folder / "model.keras", folder / "encoder.keras"
    network = keras.saving.load_model(whole if whole.exists() else encoder, compile=False, safe_mode=True)

    def outputs(images: np.ndarray) -> np.ndarray:
        return network.predict(images, batch_size=EVALUATION_BATCH, verbose=0)

    predict: Predict = outputs
    if not whole.exists():
        classifier = skops.io.load(folder / "classifier.skops", trusted=list(TRUSTED_TYPES))
        classes = len(facts["classes"])
        predict = lambda images: class_probabilities(classifier, outputs(images), classes)  # noqa: E731
    return Model(predict, tuple(facts["classes"]), facts["image_size"], facts["crop"])


def size(network: keras.Model) -> dict[str, float]:
    """Trainable parameters, and multiply-accumulates of one forward pass, by metric name."""
    parameters = sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
    return {names.PARAMETERS: float(parameters), names.MACS: float(costs.macs(network))}
