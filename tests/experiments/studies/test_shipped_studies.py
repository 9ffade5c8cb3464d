"""Every shipped study in its reduced form, through real processes, on a folder of colour images."""

import re
import subprocess

import numpy as np
import pytest
from PIL import Image

from experiments import catalog, processes
from experiments.studies import reading, variants
from tests.support import known_costs
from tests.support.commands import run
from tests.support.places import make_place

NAMES = sorted(path.stem for path in reading.STUDIES.glob("*.yaml"))


@pytest.fixture
def photographs(tmp_path) -> str:
    """A folder of ten classes of colour noise, each of a colour of its own, 32×32 pixels."""
    generator = np.random.default_rng(0)
    for part, count in (("train", 20), ("test", 6)):
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
    if name == "precision" and not processes.computes_in_bfloat16():
        pytest.skip("this processor has no bfloat16 arithmetic")
    place = make_place(tmp_path)
    place = place._replace(study=reading.find(name))
    done = subprocess.run(place.command("--smoke", "--data", photographs), **place.surroundings())
    assert done.returncode == 0, done.stdout + done.stderr
    again = subprocess.run(place.command("--smoke", "--data", photographs), **place.surroundings())
    assert "are complete; nothing to train" in again.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_reduced_form_keeps_the_arms_and_the_grid(name):
    document = reading.load(reading.find(name))
    whole, small = (reading.parse(each, name) for each in (document, variants.reduced(document)))
    assert list(small.models) == list(whole.models)
    if whole.tune:
        assert small.tune.learning_rate == whole.tune.learning_rate[:2]
        assert small.tune.all_seeds == whole.tune.all_seeds[:1]
    assert list(small.vary) == list(whole.vary)
    for path, values in whole.vary.items():
        if path == "data.train":
            assert len(set(small.vary[path])) == len(values)
        else:
            assert small.vary[path] == values
    assert {small.recipe_of(arm).epochs for arm in small.models.values()} == {1}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """One folder for all, so that the data is prepared once a size."""
    return tmp_path_factory.mktemp("work")


@pytest.mark.parametrize("name", NAMES)
def test_the_dry_run_lists_every_trial(name, work, monkeypatch, capsys):
    known_costs.know(monkeypatch)
    monkeypatch.setattr(processes, "computes_in_bfloat16", lambda: True)
    store = f"sqlite:///{work / 'none.db'}"
    command = ["compare", name, "--data", "digits", "--dry-run", "--work", str(work), "--store", store]
    assert run(*command) == 0
    told = capsys.readouterr().out
    study = reading.parse(reading.load(reading.find(name)), name)
    rates = len(study.tune.learning_rate) * len(study.tune.all_seeds) if study.tune else 0
    lines = [line for line in told.splitlines() if re.match(r"  [0-9a-f]{16}  ", line)]
    assert len(lines) == len({line.split()[0] for line in lines})
    if not rates:
        assert len(lines) % len(study.seeds) == 0
        assert f"{len(lines)} of {len(lines)} trials to train" in told
    else:
        assert all(" · tune " in line for line in lines)
        seeds = int(re.search(r"(\d+) seeds, about", told)[1]) if study.ladder else len(study.seeds)
        without = sum(not catalog.has_rate(arm.model) for arm in study.models.values())
        later = (len(lines) // rates + without) * seeds
        assert f"{len(lines)} of them choose the learning rates first, the other {later} follow" in told
