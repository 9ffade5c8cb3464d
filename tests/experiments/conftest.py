"""What several files of tests look at: a real study, run once, and folders of pictures."""

import shutil
import subprocess

import pytest
from PIL import Image

from tests.support.animals import PIXELS, write
from tests.support.places import Place, make_place, tiny
from tests.support.tiles import NAMES, tiles


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> tuple[Place, subprocess.CompletedProcess]:
    """The tiny study after its first run, and what that run said."""
    place = make_place(tmp_path_factory.mktemp("finished"), tiny("autoencoder_features", "plain_cnn"))
    return place, place.compare()


@pytest.fixture
def animals(tmp_path):
    """A folder cat/ and dog/ of three PNG files each."""
    folder = tmp_path / "animals"
    for name, images in PIXELS.items():
        write(folder / name, images)
    return folder


@pytest.fixture
def photographs(tmp_path):
    """Two classes of thirty; one picture stands in both, and one more does so in a brighter copy."""
    folder = tmp_path / "photographs"
    write(folder / "leaf", tiles(0), NAMES)
    write(folder / "wall", tiles(60), NAMES)
    shutil.copy(folder / "leaf" / "3.png", folder / "wall" / "again.png")
    Image.fromarray(tiles(26, 1)[0]).point(lambda value: min(255, value + 12)).save(
        folder / "wall" / "bright.png"
    )
    return folder
