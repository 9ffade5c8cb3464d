"""A trained model on disk: it takes raw uint8 images at crop size and gives probabilities.

from experiments.trial import saved
model = saved.load(Path("work/<trial id>/model"))
probabilities = model.predict(images)
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import skops.io
from pydantic import BaseModel, ConfigDict, Field
from skops.io.exceptions import UntrustedTypesFoundException

from experiments import catalog, files, names
from experiments.data.crops import Windows
from experiments.errors import UserError
from experiments.studies.specification import Trial
from experiments.trial import macs, pipeline, process
from experiments.trial.evaluation import Predict
from experiments.trial.features import class_probabilities, finite, flattened
from experiments.trial.learners import Learner

# The types beyond skops' own that our classifiers are made of; anything else in a file is refused.
TRUSTED_TYPES = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.tree._tree.Tree",
)


FACTS, NETWORK, ENCODER, CLASSIFIER = "model.json", "model.keras", "encoder.keras", "classifier.skops"


class Facts(BaseModel):
    """What stands beside a model's files: the trial's name for it, its classes, the size of its images."""

    model_config = ConfigDict(frozen=True)

    model: str
    classes: tuple[str, ...]
    input_shape: tuple[int, int, int]  # height, width, channels
    image_size: int | None
    crop: int | None
    windows: Windows = Field(alias="crops")
    grey_range: tuple[int, int] | None = None  # levels of 16-bit grey that became 0 and 255


@dataclass(frozen=True)
class Model:
    """A trained model.

    network: its name in the catalog; `predict` maps uint8 (n, height, width, channels) at crop size to
    probabilities (n, len(classes)).
    """

    network: str
    predict: Predict
    classes: tuple[str, ...]
    input_shape: tuple[int, int, int]  # height, width, channels
    image_size: int | None
    crop: int | None
    windows: Windows
    grey_range: tuple[int, int] | None = None


def save(
    learner: Learner,
    folder: Path,
    classes: tuple[str, ...],
    input_shape: tuple[int, int, int],
    trial: Trial,
    grey_range: tuple[int, int] | None = None,
) -> None:
    """Write the model files, and beside them the class names and the size of the images as JSON.

    A machine that loses its power afterwards has the whole folder, or none.
    """
    facts = Facts(
        model=trial.model,
        classes=classes,
        input_shape=input_shape,
        image_size=trial.image_size,
        crop=trial.crop,
        crops=trial.windows,
        grey_range=grey_range,
    )
    with files.writing(folder) as part:
        part.mkdir(parents=True)
        learner.save(part)
        (part / FACTS).write_text(facts.model_dump_json(indent=1, by_alias=True) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)


def load(folder: Path) -> Model:
    """Read what `save` wrote, in Keras' safe mode and with skops' trusted types.

    Raises:
        UserError: the folder holds no model, or not one of this program.
    """
    if not (folder / FACTS).exists():
        raise UserError(f"{folder}: no model here ({FACTS} is missing)")
    try:
        return _load(folder)
    except (KeyError, ValueError, TypeError, OSError, UntrustedTypesFoundException) as error:
        message = " ".join(str(error).split())[:300]
        raise UserError(f"{folder}: not a model of this program ({message})") from None


def facts(folder: Path) -> Facts:
    """What stands beside the files of a model. Raises OSError or ValueError where it cannot be read."""
    return Facts.model_validate_json((folder / FACTS).read_text(encoding="utf-8"))


def _load(folder: Path) -> Model:
    known = facts(folder)
    process.settle_keras()
    catalog.import_layers(known.model)
    return Model(
        network=known.model,
        predict=_predict(folder, len(known.classes)),
        classes=known.classes,
        input_shape=known.input_shape,
        image_size=known.image_size,
        crop=known.crop,
        windows=known.windows,
        grey_range=known.grey_range,
    )


def _predict(folder: Path, classes: int) -> Predict:
    if not (folder / CLASSIFIER).exists():
        return _outputs(folder / NETWORK)
    classifier = skops.io.load(folder / CLASSIFIER, trusted=list(TRUSTED_TYPES))
    encoder = folder / ENCODER
    features = _outputs(encoder) if encoder.exists() else flattened
    return lambda images: class_probabilities(classifier, finite(features(images)), classes)


def _outputs(file: Path) -> Predict:
    """The outputs of the network in a keras file."""
    network = keras.saving.load_model(file, compile=False, safe_mode=True)
    return pipeline.Outputs(network)


def mib(folder: Path) -> float:
    """What the files of a model take on the disk."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


def size(network: keras.Model | None) -> dict[str, float]:
    """Trainable parameters, and multiply-accumulates of one forward pass, by metric name; empty without
    a network."""
    if network is None:
        return {}
    parameters = sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
    return {names.PARAMETERS: float(parameters), names.MACS: float(macs.of_network(network))}
