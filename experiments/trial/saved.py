"""A trained model on disk: it takes raw uint8 images at crop size and gives probabilities.

from experiments import models
model = models.load(Path("work/<trial id>/model"))
probabilities = model.predict(images)
"""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from experiments import catalog, files, names
from experiments.data.crops import Windows
from experiments.errors import UserError
from experiments.studies.specification import Trial
from experiments.trial import macs, pipeline
from experiments.trial.evaluation import Predict
from experiments.trial.features import class_probabilities, flattened
from experiments.trial.learners import Learner

# The types beyond skops' own that our classifiers are made of; anything else in a file is refused.
TRUSTED_TYPES = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.tree._tree.Tree",
)


class Model(NamedTuple):
    """A trained model.

    network: its name; `predict` maps uint8 (n, height, width, channels) at crop size to probabilities
    (n, len(classes)).
    """

    network: str
    predict: Predict
    classes: tuple[str, ...]
    input_shape: tuple[int, int, int]  # height, width, channels
    image_size: int | None
    crop: int | None
    windows: Windows


def save(
    learner: Learner,
    folder: Path,
    classes: tuple[str, ...],
    input_shape: tuple[int, int, int],
    trial: Trial,
) -> None:
    """Write the model files, and beside them the class names and the size of the images as JSON.

    A machine without power afterwards has the whole folder, or none.
    """
    made = files.beside(folder)
    made.mkdir(parents=True)
    learner.save(made)
    facts = {
        "model": trial.model,
        "classes": classes,
        "input_shape": input_shape,
        "image_size": trial.image_size,
        "crop": trial.crop,
        "crops": trial.windows,
    }
    (made / "model.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    files.publish(made, folder)


def load(folder: Path) -> Model:
    """Read what `save` wrote, in Keras' safe mode and with skops' trusted types.

    Raises:
        UserError: the folder holds no model, or not one of this program.
    """
    if not (folder / "model.json").exists():
        raise UserError(f"{folder}: no model here (model.json is missing)")
    try:
        return _load(folder)
    except (KeyError, ValueError, TypeError, OSError, UntrustedTypesFoundException) as error:
        told = " ".join(str(error).split())[:300]
        raise UserError(f"{folder}: not a model of this program ({told})") from None


def _load(folder: Path) -> Model:
    facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    catalog.import_layers(facts["model"])
    if (folder / "classifier.skops").exists():
        classifier = skops.io.load(folder / "classifier.skops", trusted=list(TRUSTED_TYPES))
        features = _outputs(folder / "encoder.keras") if (folder / "encoder.keras").exists() else flattened
        classes = len(facts["classes"])
        predict: Predict = lambda images: class_probabilities(classifier, features(images), classes)  # noqa: E731
    else:
        predict = _outputs(folder / "model.keras")
    return Model(
        facts["model"],
        predict,
        tuple(facts["classes"]),
        tuple(facts["input_shape"]),
        facts["image_size"],
        facts["crop"],
        facts.get("crops", "centre"),  # models of before have no grid
    )


def _outputs(file: Path) -> Predict:
    """What a keras file gives for images."""
    network = keras.saving.load_model(file, compile=False, safe_mode=True)
    return lambda images: pipeline.outputs(network, images)


def size(network: keras.Model | None) -> dict[str, float]:
    """Trainable parameters, and multiply-accumulates of one forward pass, by metric name; none of nothing."""
    if network is None:
        return {}
    parameters = sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
    return {names.PARAMETERS: float(parameters), names.MACS: float(macs.of_network(network))}
