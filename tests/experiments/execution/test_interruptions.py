"""Children and parents that are killed or stopped, through real processes; what the store then holds."""

import contextlib
import os
import signal
import subprocess
import time

import mlflow
import psutil
import pytest

from experiments import names
from experiments.logs import events
from tests.support.places import ROOT, make_place


def servers(process: subprocess.Popen) -> list[psutil.Process]:
    """The processes that trials are forks of; a zombie counts as gone."""
    found = []
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [child] * ("experiments.trial.server" in child.cmdline())
    return found


def children(process: subprocess.Popen) -> list[psutil.Process]:
    """The trials that run."""
    found = []
    for server in servers(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [fork for fork in server.children() if fork.status() != psutil.STATUS_ZOMBIE]
    return found


def wait_for(condition, seconds: float = 90):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


pytestmark = pytest.mark.faults

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
    return subprocess.Popen(
        place.command(*options),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background ignore it, and so would their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def endless_epochs(place) -> list[str]:
    return [log for log in place.work.glob("*/events.jsonl") if '"epoch":5,' in log.read_text()]


def runs_of(place):
    client = mlflow.MlflowClient(place.store)
    return client.search_runs([client.get_experiment_by_name("tiny").experiment_id])


def run_of(place, arm: str = "plain_cnn"):
    [found] = [run for run in runs_of(place) if run.data.tags[names.ARM] == arm]
    return found


def steps(place, run) -> list[int]:
    history = mlflow.MlflowClient(place.store).get_metric_history(run.info.run_id, names.TRAIN_SECONDS)
    return [metric.step for metric in history]


def kill_in_training(place, process, log, but=None) -> psutil.Process:
    """Kill the child that trains the endless trial, once it has told an epoch; returns it."""
    told = len(events.read(log))
    [child] = wait_for(lambda: [each for each in children(process) if each != but])
    wait_for(lambda: isinstance(events.read(log)[-1], events.EpochEnded) and len(events.read(log)) > told)
    os.kill(child.pid, signal.SIGKILL)
    return child


def test_a_killed_child_goes_on_until_ctrl_c_which_says_how_to_go_on(endless):
    place = endless
    process = start(place, "--workers", "1", "--checkpoint-seconds", "0")
    log = wait_for(lambda: endless_epochs(place))[0]
    first = kill_in_training(place, process, log)
    ended = wait_for(lambda: [e for e in events.read(log) if isinstance(e, events.Failed)])[0]
    wait_for(
        lambda: isinstance(events.read(log)[-1], events.EpochEnded) and events.read(log)[-1].time > ended.time
    )
    [second] = [each for each in children(process) if each != first]
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert "plain_cnn · seed 1: failed: ended by signal 9 (SIGKILL); it is tried again" in output
    assert "stopped; every finished epoch is kept. The same command goes on from there" in output
    assert not second.is_running()
    run = run_of(place)
    assert (run.info.status, run.data.tags[names.FAILURE]) == ("KILLED", "interrupted")
    assert run.data.tags[names.STARTS] == "2"
    epochs = [event.epoch for event in events.read(log) if isinstance(event, events.EpochEnded)]
    assert epochs == list(range(1, len(epochs) + 1)) == steps(place, run)


def test_one_that_is_killed_twice_fails_and_the_others_go_on(endless):
    place = endless
    process = start(place, "--workers", "1", "--checkpoint-seconds", "0")
    log = wait_for(lambda: endless_epochs(place))[0]
    first = kill_in_training(place, process, log)
    kill_in_training(place, process, log, but=first)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 1, errors
    assert "[1/2] plain_cnn · seed 1: failed: ended by signal 9 (SIGKILL)\n" in output
    assert "short · seed 1: test accuracy" in output
    assert "1 of 2 trials failed; start again to try them once more" in output
    failed = run_of(place)
    assert (failed.info.status, run_of(place, "short").info.status) == ("FAILED", "FINISHED")
    assert failed.data.tags[names.FAILURE] == "ended by signal 9 (SIGKILL)"
    assert names.COMPLETE not in failed.data.tags


def test_a_server_that_is_killed_takes_its_trials_along_and_they_go_on_in_another(endless):
    place = endless
    process = start(place, "--workers", "2", "--checkpoint-seconds", "0")
    log = wait_for(lambda: endless_epochs(place))[0]
    [server], trials = servers(process), children(process)
    assert trials
    told = len(events.read(log))
    server.kill()
    _, alive = psutil.wait_procs([server, *trials], timeout=10)
    assert not [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]
    wait_for(lambda: isinstance(events.read(log)[-1], events.EpochEnded) and len(events.read(log)) > told + 2)
    [another] = servers(process)
    assert another != server
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert "plain_cnn · seed 1: failed: ended by signal 9 (SIGKILL); it is tried again" in output
    assert not another.is_running()
    epochs = [event.epoch for event in events.read(log) if isinstance(event, events.EpochEnded)]
    assert epochs == list(range(1, len(epochs) + 1)) == steps(place, run_of(place))


def test_a_child_that_hangs_is_ended_and_tried_again(endless):
    place = endless
    process = start(place, "--workers", "1", "--hang-seconds", "12")
    wait_for(lambda: endless_epochs(place))
    [child] = children(process)
    os.kill(child.pid, signal.SIGSTOP)
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, seconds=40)
    wait_for(lambda: [other for other in children(process) if other.pid != child.pid])
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert "failed: hung: no sign of life for 12 seconds; it is tried again" in output


def test_ctrl_c_ends_all_children(endless):
    place = endless
    process = start(place, "--workers", "2")
    wait_for(lambda: endless_epochs(place))
    trials = children(process)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert "stopped; every finished epoch is kept" in output
    assert not any(trial.is_running() for trial in trials)
    found = runs_of(place)
    killed = [run for run in found if run.info.status == "KILLED"]
    assert [run.data.tags[names.FAILURE] for run in killed] == ["interrupted"] * len(killed)
    assert "plain_cnn" in {run.data.tags[names.ARM] for run in killed}
    assert not [run for run in found if run.info.status == "RUNNING"]


def test_a_killed_parent_takes_its_children_along_and_the_next_start_goes_on(endless):
    place = endless
    process = start(place, "--workers", "1")
    wait_for(lambda: endless_epochs(place))
    [child] = children(process)
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, seconds=10)
    [log] = place.work.glob("*/events.jsonl")
    before = events.read(log)
    assert not any(isinstance(event, events.ENDS) for event in before)
    assert run_of(place).info.status == "RUNNING"

    again = start(place, "--workers", "1")
    wait_for(lambda: len(events.read(log)) > len(before) + 3 or again.poll() is not None)
    assert again.poll() is None, again.stderr.read()
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=60)
    told = events.read(log)
    ends = [event.reason for event in told if isinstance(event, events.Killed)]
    assert ends == ["its processes were ended from outside", "interrupted"]
    # One run has every epoch once, whether or not a parent lived to log it.
    run = run_of(place)
    assert run.info.status == "KILLED"
    epochs = [event.epoch for event in told if isinstance(event, events.EpochEnded)]
    assert len(epochs) >= 5
    assert epochs == list(range(1, len(epochs) + 1)) == steps(place, run)


def test_a_run_whose_trial_nobody_asks_for_any_more_is_closed(endless):
    place = endless
    process = start(place, "--workers", "1")
    wait_for(lambda: endless_epochs(place))
    process.kill()
    process.communicate(timeout=60)
    assert run_of(place).info.status == "RUNNING"
    lines = place.study.read_text().splitlines(keepends=True)
    place.study.write_text("".join(line for line in lines if not line.startswith("  plain_cnn:")))
    done = place.compare()
    assert done.returncode == 0, done.stderr
    left = run_of(place)
    assert left.info.status == "KILLED"
    assert left.data.tags[names.FAILURE] == "its processes were ended from outside"
    assert run_of(place, "short").info.status == "FINISHED"


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
