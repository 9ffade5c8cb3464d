"""Children and parents that are killed or stopped, through real processes; what the store then holds."""

import contextlib
import os
import signal
import subprocess
import time

import mlflow
import psutil
import pytest
from places import ROOT, make_place

from experiments import events, names


def children(process: subprocess.Popen, module: str = "experiments.trial") -> list[psutil.Process]:
    found = []
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # a zombie counts as gone
            found += [child] * (module in child.cmdline())
    return found


def wait_for(condition, seconds: float = 90):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


# A trial that has no end, and a short one.
ENDLESS = """
name: tiny
question: Does it end well?
data: {source: digits, image_size: 16, train: 120, validation: 60, test: 100}
models:
  plain_cnn: {arguments: {filters: [4, 8], kernels: [3, 3], dense: 16}, recipe: {epochs: 100000}}
  short: {model: plain_cnn, arguments: {filters: [4, 8], kernels: [3, 3], dense: 16}}
seeds: [1]
targets: [0.2, 0.99]
recipe: {batch_size: 20, epochs: 2, learning_rate: 0.1}
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A work folder with the study's data and costs."""
    place = make_place(tmp_path_factory.mktemp("prepared"), ENDLESS)
    done = place.compare("--dry-run")
    assert done.returncode == 0, done.stderr
    return place.work


@pytest.fixture
def endless(prepared, tmp_path):
    return make_place(tmp_path, ENDLESS, prepared)


def start(place, *options: str) -> subprocess.Popen:
    process = subprocess.Popen(
        place.command(*options), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    return process


def endless_epochs(place) -> list[str]:
    return [log for log in place.work.glob("*/events.jsonl") if '"epoch":5,' in log.read_text()]


def test_a_killed_child_is_told_and_the_others_go_on(endless):
    place = endless
    process = start(place, "--workers", "1")
    log = wait_for(lambda: endless_epochs(place))[0]
    [child] = wait_for(lambda: children(process))
    os.kill(child.pid, signal.SIGKILL)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 1, errors
    assert "plain_cnn · seed 1: failed: ended by signal 9 (SIGKILL)" in output
    assert "short · seed 1: test accuracy" in output
    assert "1 of 2 trials failed; start again to retry them" in output
    client = mlflow.MlflowClient(place.store)
    found = client.search_runs([client.get_experiment_by_name("tiny").experiment_id])
    status = {run.data.tags[names.ARM]: run.info.status for run in found}
    assert status == {"plain_cnn": "FAILED", "short": "FINISHED"}
    failed = next(run for run in found if run.info.status == "FAILED")
    assert failed.data.tags[names.FAILURE] == "ended by signal 9 (SIGKILL)"
    assert names.COMPLETE not in failed.data.tags
    assert isinstance(events.read(log)[-1], events.Failed)


def test_ctrl_c_ends_the_children_and_says_how_to_go_on(endless):
    place = endless
    process = start(place, "--workers", "2")
    wait_for(lambda: endless_epochs(place))
    trials = children(process)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert "stopped; complete trials are kept. The same command goes on with the others" in output
    assert not any(trial.is_running() for trial in trials)
    client = mlflow.MlflowClient(place.store)
    found = client.search_runs([client.get_experiment_by_name("tiny").experiment_id])
    killed = [run for run in found if run.info.status == "KILLED"]
    assert [run.data.tags[names.FAILURE] for run in killed] == ["interrupted"] * len(killed)
    assert "plain_cnn" in {run.data.tags[names.ARM] for run in killed}
    assert not [run for run in found if run.info.status == "RUNNING"]


def test_a_killed_parent_takes_its_children_along_and_the_next_start_closes_their_runs(endless):
    place = endless
    process = start(place, "--workers", "1")
    wait_for(lambda: endless_epochs(place))
    [child] = children(process)
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, seconds=10)
    [log] = place.work.glob("*/events.jsonl")
    told = events.read(log)
    assert not any(isinstance(event, events.ENDS) for event in told)

    again = start(place, "--workers", "1")
    wait_for(
        lambda: (
            (endless_epochs(place) and (log.parent / "events.1.jsonl").exists()) or again.poll() is not None
        )
    )
    assert again.poll() is None, again.stderr.read()
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=60)
    client = mlflow.MlflowClient(place.store)
    found = client.search_runs([client.get_experiment_by_name("tiny").experiment_id])
    endless = {run.data.tags[names.FAILURE]: run for run in found if run.data.tags[names.ARM] == "plain_cnn"}
    assert set(endless) == {"its processes were ended from outside", "interrupted"}
    assert {run.info.status for run in endless.values()} == {"KILLED"}
    # Every epoch of the first attempt is in the store, whether or not its parent lived to log it.
    first = endless["its processes were ended from outside"].info.run_id
    steps = [metric.step for metric in client.get_metric_history(first, names.TRAIN_SECONDS)]
    assert steps == [event.epoch for event in told if isinstance(event, events.EpochEnded)]


def test_a_second_parent_is_told_who_is_at_work(endless):
    place = endless
    first = start(place, "--workers", "1")
    try:
        wait_for(lambda: children(first))
        second = place.compare()
        assert second.returncode == 2
        assert f"process {first.pid} is training there" in second.stderr
        assert place.compare("--dry-run").returncode == 0
        # A network whose cost is not known yet is not measured beside the training.
        (place.study.parent / "other").mkdir()
        other = place._replace(study=place.study.parent / "other" / place.study.name)
        other.study.write_text(place.study.read_text().replace("dense: 16", "dense: 17"))
        assert other.study.read_text() != place.study.read_text()
        for options in ((), ("--dry-run",)):
            third = other.compare(*options)
            assert third.returncode == 2
            assert f"process {first.pid} is training there" in third.stderr
            assert "measuring" not in third.stdout
    finally:
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)
