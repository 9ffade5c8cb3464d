"""Children and parents are killed at random moments; the study then ends as one that was left alone."""

import contextlib
import random
import signal
import subprocess
import time

import psutil
import pytest
from conftest import FAULTY
from places import ROOT, Place, make_place
from undisturbed import content, differences

pytestmark = pytest.mark.faults
KILLS = 60


def start(place: Place, log) -> subprocess.Popen:
    command = place.command("--workers", "2", "--checkpoint-seconds", "0")
    return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)


def children(process: subprocess.Popen) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def disturb(process: subprocess.Popen, chance: random.Random) -> int:
    """Do harm until the parent is gone; the number of processes that were killed."""
    killed = 0
    while process.poll() is None:
        time.sleep(chance.uniform(0.3, 9))
        there = children(process)
        match chance.choices(["child", "parent", "both", "stop"], [6, 3, 1, 1])[0]:
            case "child" if there:
                victim = chance.choice(there)
                with contextlib.suppress(psutil.NoSuchProcess):
                    victim.kill()
                    killed += 1
            case "parent":
                process.kill()
                killed += 1
            case "both":
                for victim in [*there, process]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        victim.kill()
                        killed += 1
            case "stop":
                process.send_signal(chance.choice([signal.SIGINT, signal.SIGTERM]))
                killed += 1
                process.wait(60)
    process.wait()
    wait_until_gone(there)
    return killed


def wait_until_gone(processes: list[psutil.Process], seconds: float = 10) -> None:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    alive = [
        process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]
    assert not alive, "a child outlived its parent"


def test_kills_at_random_moments(undisturbed, tmp_path, chance, figures):
    reference, wanted = undisturbed
    killed = 0
    study = 0
    while killed < KILLS:
        study += 1
        (tmp_path / str(study)).mkdir()
        place = make_place(tmp_path / str(study), FAULTY, reference.work)
        with (tmp_path / f"{study}.log").open("w") as log:
            for _ in range(chance.randint(6, 14)):
                figures["starts"] += 1
                killed += disturb(start(place, log), chance)
            while start(place, log).wait() != 0:
                pass
        found = content(place.store)
        assert differences(found, wanted) == []
        figures["rows"] += found.rows
        assert_tidy(place)
    figures["kills"] += killed


def assert_tidy(place: Place) -> None:
    """No checkpoint, no half-written file and no folder of temporary files is left."""
    left = [*place.work.rglob("*.part*"), *place.work.rglob("checkpoint*"), *place.work.rglob("tmp")]
    assert left == []
