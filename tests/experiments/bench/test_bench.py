"""The bench: ratios of a round, a trial's life from its log, the page, children that take turns."""

import subprocess
import sys
from importlib import util

import pytest

from experiments import catalog, names
from experiments.bench import page, standing, study
from experiments.bench.networks import CLASSES, NETWORKS
from experiments.errors import UserError
from experiments.location import ROOT
from experiments.logs import events, trial_folder


def test_a_ratio_is_the_median_of_rounds_with_the_least_and_the_most():
    assert page.ratio([1.2, 1.0, 1.1]) == "1.10 (1.00–1.20)"
    assert page.ratio([2.0]) == "2.00"
    assert page.ratio([]) == "–"


# Started 2 s after its process. Ten seconds to the end of the first epoch: 3 trained, 1 evaluated,
# 6 compiled. Then 3 s of training and 1 of evaluation an epoch, and half a second at the end.
def test_where_the_time_of_a_trial_went(tmp_path):
    log = trial_folder.log(tmp_path)
    events.append(log, events.Started(time=102.0, tags={}))
    for number, at in ((1, 112.0), (2, 116.0), (3, 120.0)):
        metrics = {names.TRAIN_SECONDS: 3.0 * number}
        events.append(log, events.EpochEnded(time=at, epoch=number, metrics=metrics))
    final = {names.TRIAL_SECONDS: 20.5}
    events.append(log, events.Finished(time=120.5, epoch=3, metrics=final, diverged=False))
    found = study.life(tmp_path)
    assert (found.start, found.compile, found.training, found.evaluation, found.end) == (
        2.0,
        6.0,
        9.0,
        3.0,
        0.5,
    )
    assert found.to_first_step == 8.0
    assert study.per_worker({"a": [found, found]}) * study.processes.default_workers(1) == 18.0


def part(value: str) -> page.Part:
    return page.Part("Title", "How.", ["Way", "Ratio"], [["ours", value]], {"ours": 1.0}, ["A note."])


def test_a_part_replaces_its_own_and_leaves_the_others(tmp_path):
    file = tmp_path / "performance.md"
    file.write_text(
        "# P\n\n<!-- one -->\nold\n<!-- end of one -->\n\n<!-- two -->\nkept\n<!-- end of two -->\n"
    )
    about = {"machine": "m", "versions": "v", "date": "2026-11-27", "results_version": 2, "rounds": 3}
    page.write(file, {"one": part("1.25")}, about)
    page.write(file, {"one": part("1.50")}, about)
    text = file.read_text()
    assert "| ours |  1.50 |" in text
    assert "1.25" not in text and "old" not in text
    assert "kept" in text
    assert "on m, v, 2026-11-27, results version 2" in text
    with pytest.raises(ValueError, match="no marks of three"):
        page.write(file, {"three": part("1")}, about)


CHILD = """
from experiments.bench import standing
rates = iter([0.0, 5.0, 7.0])
standing.rounds_of(lambda: next(rates))
"""


@pytest.fixture
def child(tmp_path, monkeypatch):
    """A module that answers rounds without training."""

    def make(text):
        (tmp_path / "a_child.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
        return standing.Standing("a_child")

    return make


def test_a_child_waits_for_its_turns(child):
    with child(CHILD) as way:
        way.ready()
        assert [way.rate(), way.rate()] == [5.0, 7.0]


def test_a_child_that_ends_is_told(child):
    with child("import sys; sys.exit('no such library')") as way, pytest.raises(UserError) as told:
        way.ready()
    assert str(told.value) == "a_child ended with status 1: no such library"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_fits_its_shape(name):
    timed = NETWORKS[name]
    data = timed.data()
    assert data.images.shape == (max(timed.batch * timed.steps, 20), *timed.shape)
    assert timed.recipe("float32", 3).steps_per_epoch(len(data.images)) == timed.steps


@pytest.mark.slow
@pytest.mark.skipif(util.find_spec("torch") is None, reason="needs requirements-bench.txt")
@pytest.mark.parametrize("name", NETWORKS)
def test_pytorchs_networks_have_as_many_parameters(name):
    timed = NETWORKS[name]
    ours = catalog.build(timed.model, timed.shape, CLASSES, timed.complete_arguments)
    command = [sys.executable, "-m", "experiments.bench.pytorch", name, "float32", "parameters"]
    theirs = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert int(theirs) == sum(weight.numpy().size for weight in ours.trainable_weights)
