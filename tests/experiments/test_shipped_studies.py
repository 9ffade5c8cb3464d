"""Every shipped study in its reduced form, through real processes, on a folder of colour images."""

import subprocess

import numpy as np
import pytest
from PIL import Image
from places import make_place

from experiments import requested, study_file

NAMES = sorted(path.stem for path in study_file.STUDIES.glob("*.yaml"))


@pytest.fixture
def photographs(tmp_path) -> str:
    """A folder of ten classes of colour noise, each of a colour of its own, 32×32 pixels."""
    generator = np.random.default_rng(0)
    for part, count in (("train", 12), ("test", 6)):
        for label in range(10):
            folder = tmp_path / "photographs" / part / f"class{label}"
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = generator.integers(0, 100, (32, 32, 3)) + 15 * label
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
    return f"path:{tmp_path / 'photographs'}"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_reduced_form_runs(name, tmp_path, photographs):
    place = make_place(tmp_path)
    place = place._replace(study=study_file.find(name))
    done = subprocess.run(place.command("--smoke", "--data", photographs), **place.surroundings())
    assert done.returncode == 0, done.stdout + done.stderr
    again = subprocess.run(place.command("--smoke", "--data", photographs), **place.surroundings())
    assert "are complete; nothing to train" in again.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_reduced_form_keeps_the_arms_and_the_grid(name):
    document = study_file.load(study_file.find(name))
    whole, small = (study_file.parse(each, name) for each in (document, requested.reduced(document)))
    assert list(small.models) == list(whole.models)
    assert (small.vary, small.tune) == (whole.vary, whole.tune)
    assert {small.recipe_of(arm).epochs for arm in small.models.values()} == {1}
