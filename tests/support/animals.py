"""Two classes of small pictures, written as files and prepared as a data set."""

import numpy as np
import pytest
from PIL import Image

from experiments.data import dataset
from experiments.data import prepare as preparation
from experiments.data.facts import Wanted
from experiments.errors import UserError

# Two classes of three images of 6 rows and 8 columns.
GENERATOR = np.random.default_rng(0)
CATS, DOGS = GENERATOR.integers(0, 256, (2, 3, 6, 8, 3), np.uint8)
PIXELS = {"cat": CATS, "dog": DOGS}


def write(folder, images, names=("1.png", "2.png", "3.png")):
    folder.mkdir(parents=True, exist_ok=True)
    for pixels, name in zip(images, names, strict=True):
        Image.fromarray(pixels).save(folder / name)


def prepare(folder, work, image_size=None):
    return preparation.prepare(Wanted(f"path:{folder}", image_size), work)


def opened(summary, work):
    return dataset.open_prepared(summary.digest, summary.partition, work)


def refusal(folder, work, image_size=None):
    """The message, without the folder's own path."""
    with pytest.raises(UserError) as caught:
        prepare(folder, work, image_size)
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(str(folder), "FOLDER")
