"""A trial's folder has one process at a time, and is free as soon as that process is gone."""

import errno
import fcntl
import os
import signal
import subprocess
import sys

import pytest

from experiments.errors import UserError
from experiments.location import ROOT
from experiments.logs import checkpoint, events, trial_folder

HOLDER = """
import sys, time
from pathlib import Path
from experiments.logs import trial_folder
with trial_folder.hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_folder_that_is_held_is_refused(tmp_path, holder, monkeypatch):
    monkeypatch.setattr(trial_folder, "HOLD_SECONDS", 0.0)
    with pytest.raises(UserError, match="another process trains this trial"), trial_folder.hold(tmp_path):
        pass


def test_a_killed_process_holds_nothing(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    held = 0
    for _ in range(2):  # it is given up at the end of the block too
        with trial_folder.hold(tmp_path):
            held += 1
    assert held == 2


# As Lustre without flock, some FUSE and old NFS mounts answer.
@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
@pytest.mark.parametrize("taken", [trial_folder.lock, trial_folder.hold])
def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch, number, taken):
    def refuse(descriptor, how):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(UserError) as told, taken(tmp_path):
        pass
    assert str(told.value).startswith(f"{tmp_path / 'lock'}: cannot be locked here ({os.strerror(number)})")
    assert "--work" in str(told.value)


def test_an_attempt_that_ended_without_a_word_gets_its_end(tmp_path):
    log = trial_folder.log(tmp_path)
    events.append(log, events.Started(tags={}))
    trial_folder.close_abandoned(tmp_path)
    trial_folder.close_abandoned(tmp_path)
    assert [type(event) for event in events.read(log)] == [events.Started, events.Killed]


def test_what_is_left_of_a_complete_trial_goes_and_of_another_stays(tmp_path):
    left = [tmp_path / name for name in (checkpoint.FILE, "tmp/half.npy")]
    for file in left:
        file.parent.mkdir(exist_ok=True)
        file.touch()
    log = trial_folder.log(tmp_path)
    events.append(log, events.Started(tags={}))
    trial_folder.tidy(tmp_path)
    assert all(file.exists() for file in left)
    events.append(log, events.Finished(epoch=1, metrics={}, diverged=False))
    trial_folder.tidy(tmp_path)
    assert not any(file.exists() for file in left)
