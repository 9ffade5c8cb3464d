"""What several files of tests look at: a real study, run once, and a folder of pictures."""

import subprocess

import pytest

from tests.support.animals import PIXELS, write
from tests.support.places import Place, make_place, tiny


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> tuple[Place, subprocess.CompletedProcess]:
    """The tiny study after its first run, and what that run said."""
    place = make_place(tmp_path_factory.mktemp("finished"), tiny("autoencoder_features", "resnet20"))
    return place, place.compare()


@pytest.fixture
def animals(tmp_path):
    """A folder cat/ and dog/ of three PNG files each."""
    folder = tmp_path / "animals"
    for name, images in PIXELS.items():
        write(folder / name, images)
    return folder
