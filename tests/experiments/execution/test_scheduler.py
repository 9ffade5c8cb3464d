"""Worker slots with a script of a few lines in place of a trial: retries, memory, silence, stops."""

import errno
import os
import subprocess
import sys

import pytest

from experiments import processes
from experiments.execution import scheduler
from experiments.location import ROOT
from experiments.logs import endings, events, trial_folder
from experiments.studies import reading
from tests.support.small_study import DIGESTS, SMALL

# Each begins with the trial's folder in `folder`, and the number of this try, from 1, in `tries`.
BEGIN = """
import pathlib, sys, time
from experiments.logs import events
folder = pathlib.Path(sys.argv[1])
seen = folder / "tries"
tries = len(seen.read_text()) + 1 if seen.exists() else 1
seen.write_text("x" * tries)
(folder / "workers").write_text(sys.argv[sys.argv.index("--workers") + 1])
def say(event):
    events.append(folder / "events.jsonl", event)
    print(event.model_dump_json(), flush=True)
"""
FULL = endings.reason_of(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
FINISH = "say(events.Finished(epoch=1, metrics={}, diverged=False))\n"


class Scripted(processes.Starter):
    """Starts a program of Python in place of each trial."""

    def __init__(self, file):
        super().__init__("process")
        self.file = file

    def start(self, program, words, threads, temporary, output, device):
        path = {"PYTHONPATH": str(ROOT), "DEVICE": str(device)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": output}
        return subprocess.Popen([sys.executable, self.file, *words], env={**os.environ, **path}, **pipes)


@pytest.fixture
def workers(tmp_path, monkeypatch):
    """Workers for the trials of a small study, each of which is this script."""

    def make(script, count=None, slots=2, devices=(), in_a_row=1, **patience):
        program = tmp_path / "trial.py"
        program.write_text(BEGIN + script)
        monkeypatch.setattr(scheduler, "LOOK_SECONDS", 0.05)
        trials = reading.parse(SMALL, "small").trials(DIGESTS)[:count]
        return scheduler.LocalWorkers(
            trials,
            tmp_path,
            slots,
            Scripted(program),
            scheduler.Patience(**patience),
            devices,
            in_a_row,
        )

    return make


def ends(heard):
    return [each for each in heard if isinstance(each.event, events.ENDS)]


def test_every_trial_ends_once_in_its_order(workers):
    running = workers("say(events.EpochEnded(epoch=1, metrics={}))\n" + FINISH, slots=1)
    heard = list(running.events())
    assert [type(each.event) for each in heard] == [events.EpochEnded, events.Finished] * 4
    assert [each.planned.arm for each in ends(heard)] == ["plain_cnn", "resnet18"] * 2


def test_a_trial_that_fails_gets_another_try_and_no_more(workers):
    heard = list(workers("sys.exit('no luck')", count=1).events())
    assert [(type(each.event), each.again) for each in heard] == [
        (events.Failed, True),
        (events.Failed, False),
    ]
    assert "no luck" in heard[0].event.reason


DEVICE = "import os; (folder / 'device').write_text(os.environ['DEVICE'])\n"


# Four trials on two cards, of which the first carries one and the second two.
def test_each_slot_has_its_gpu_and_gives_it_back(workers, tmp_path):
    running = workers(DEVICE + "time.sleep(0.3)\n" + FINISH, slots=3, devices=("0", "1", "1"))
    heard = list(running.events())
    assert len(ends(heard)) == 4
    found = [(tmp_path / each.planned.trial.id / "device").read_text() for each in ends(heard)]
    assert sorted(found[:3]) == ["0", "1", "1"]
    assert found[3] in ("0", "1")


def test_a_failed_try_gives_its_gpu_back(workers, tmp_path):
    heard = list(workers(DEVICE + "sys.exit('no luck')", count=1, slots=1, devices=("GPU-7",)).events())
    assert len(ends(heard)) == 2
    assert (tmp_path / heard[0].planned.trial.id / "device").read_text() == "GPU-7"


def test_without_devices_a_trial_sees_what_this_process_does(workers, tmp_path):
    heard = list(workers(DEVICE + FINISH, count=1).events())
    assert (tmp_path / heard[0].planned.trial.id / "device").read_text() == "None"


def test_a_second_try_may_succeed(workers):
    heard = list(workers("if tries == 1: sys.exit(3)\n" + FINISH, count=1).events())
    assert [(type(each.event), each.again) for each in heard] == [
        (events.Failed, True),
        (events.Finished, False),
    ]


def test_where_memory_runs_out_one_trial_fewer_runs_side_by_side(workers, tmp_path):
    script = f"if tries == 1: say(events.Failed(reason={endings.OUT_OF_MEMORY!r})); sys.exit(1)\n" + FINISH
    running = workers(script, count=1, slots=3)
    planned = ends(running.events())[-1].planned
    assert (trial_folder.of(tmp_path, planned.trial) / "workers").read_text() == "2"


def test_a_full_disk_stops_all(workers):
    running = workers(f"say(events.Failed(reason={FULL!r}))", slots=1)
    heard = list(running.events())
    assert [(type(each.event), each.again) for each in heard] == [(events.Failed, False)]
    assert running.interrupted
    assert running.no_space


def test_a_silent_trial_is_ended(workers, tmp_path):
    heard = list(workers("time.sleep(600)", count=1, tries=1, silence_seconds=0.2).events())
    assert [type(each.event) for each in heard] == [events.Failed]
    assert heard[0].event.reason.startswith("hung")
    log = trial_folder.log(trial_folder.of(tmp_path, heard[0].planned.trial))
    assert [type(each) for each in events.read(log)] == [events.Failed]


def test_a_stop_ends_what_runs_and_starts_nothing_more(workers):
    running = workers("say(events.EpochEnded(epoch=1, metrics={}))\ntime.sleep(600)", slots=1)
    heard = []
    for each in running.events():
        heard.append(each)
        running.interrupt()
    assert [type(each.event) for each in heard] == [events.EpochEnded, events.Killed]


def test_an_event_that_was_written_but_not_printed_counts(workers):
    script = "events.append(folder / 'events.jsonl', events.Finished(epoch=1, metrics={}, diverged=False))"
    heard = list(workers(script, count=1).events())
    assert [type(each.event) for each in heard] == [events.Finished]


# The trials of a process one after the other; `number` is the place of each in its row, from 1.
ROW = """
folders = [pathlib.Path(word) for word in sys.argv[1:] if pathlib.Path(word).is_dir()]
for number, folder in enumerate(folders, 1):
    (folder / "row").write_text(f"{number} of {len(folders)}")
"""


def rows_of(heard, folder):
    return [(folder / each.planned.trial.id / "row").read_text() for each in ends(heard)]


def test_seeds_of_an_arm_follow_each_other_in_one_process(workers, tmp_path):
    heard = list(workers(ROW + "    " + FINISH, slots=1, in_a_row=2).events())
    assert [(each.planned.arm, each.planned.trial.seed) for each in ends(heard)] == [
        ("plain_cnn", 1),
        ("plain_cnn", 2),
        ("resnet18", 1),
        ("resnet18", 2),
    ]
    assert rows_of(heard, tmp_path) == ["1 of 2", "2 of 2"] * 2
    assert all(isinstance(each.event, events.Finished) for each in ends(heard))


def told(heard):
    return [(each.planned.arm, each.planned.trial.seed, type(each.event), each.again) for each in ends(heard)]


def test_a_follower_that_fails_is_tried_again_and_alone(workers, tmp_path):
    script = ROW + "    if number == 2: sys.exit('no luck')\n    " + FINISH
    heard = list(workers(script, slots=1, in_a_row=2).events())
    assert told(heard)[:3] == [
        ("plain_cnn", 1, events.Finished, False),
        ("plain_cnn", 2, events.Failed, True),
        ("plain_cnn", 2, events.Finished, False),
    ]
    assert len(ends(heard)) == 6


def test_what_is_left_of_a_row_waits_again(workers, tmp_path):
    script = ROW + "    if len(folders) == 2: sys.exit('no luck')\n    " + FINISH
    heard = list(workers(script, slots=1, in_a_row=2).events())
    assert told(heard)[:3] == [
        ("plain_cnn", 1, events.Failed, True),
        ("plain_cnn", 1, events.Finished, False),
        ("plain_cnn", 2, events.Finished, False),
    ]
    finished = [each.planned.trial.id for each in ends(heard) if isinstance(each.event, events.Finished)]
    assert len(finished) == len(set(finished)) == 4


def test_a_stop_in_a_row_ends_the_trial_that_runs_and_begins_no_other(workers, tmp_path):
    script = ROW + "    if number == 2: time.sleep(60)\n    " + FINISH
    running = workers(script, slots=1, in_a_row=2)
    heard = []
    for each in running.events():
        heard.append(each)
        if isinstance(each.event, events.Finished):
            running.interrupt()
    assert [type(each.event) for each in ends(heard)] == [events.Finished, events.Killed]
    assert [each.planned.trial.seed for each in ends(heard)] == [1, 2]
