"""Children and parents are killed at random moments; the study then ends as one that was left alone."""

import contextlib
import random
import signal
import subprocess
import time

import psutil
import pytest

from tests.support.disturbed import FAULTY, epochs_told, start
from tests.support.places import Place, make_place
from tests.support.undisturbed import content, differences

pytestmark = pytest.mark.faults
KILLS = 60


def children(process: subprocess.Popen) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def wait_for_epochs(place: Place, process: subprocess.Popen, seconds: float = 30) -> None:
    """Until trials are in training, so that not every harm befalls a process that is still starting."""
    before, deadline = epochs_told(place), time.monotonic() + seconds
    while epochs_told(place) < before + 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)


def kill(victim: psutil.Process) -> int:
    """1 if it was alive, and now is not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        if victim.status() != psutil.STATUS_ZOMBIE:
            victim.kill()
            return 1
    return 0


def disturb(process: subprocess.Popen, place: Place, chance: random.Random, figures: dict[str, int]) -> None:
    """Do harm until the parent is gone."""
    there: list[psutil.Process] = []
    while process.poll() is None:
        if chance.random() < 0.6:
            wait_for_epochs(place, process)
        time.sleep(chance.uniform(0.1, 4))
        there = children(process)
        parent = psutil.Process(process.pid) if process.poll() is None else None
        match chance.choices(["child", "parent", "both", "stop"], [6, 3, 1, 1])[0]:
            case "child" if there:
                figures["kills"] += kill(chance.choice(there))
            case "parent" if parent:
                figures["kills"] += kill(parent)
            case "both" if parent:
                figures["kills"] += sum(kill(victim) for victim in [*there, parent])
            case "stop":
                process.send_signal(chance.choice([signal.SIGINT, signal.SIGTERM]))
                figures["stops"] += 1
                process.wait(60)
    process.wait()
    wait_until_gone(there)


def wait_until_gone(processes: list[psutil.Process], seconds: float = 10) -> None:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    alive = [
        process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]
    assert not alive, "a child outlived its parent"


def test_kills_at_random_moments(undisturbed, tmp_path, chance, figures):
    reference, wanted = undisturbed
    study = 0
    while figures["kills"] < KILLS:
        study += 1
        (tmp_path / str(study)).mkdir()
        # The first also prepares its data and measures its networks under fire, and makes its store.
        place = make_place(tmp_path / str(study), FAULTY, reference.work if study > 1 else None)
        with (tmp_path / f"{study}.log").open("w") as log:
            for _ in range(chance.randint(6, 14)):
                figures["starts"] += 1
                disturb(start(place, log), place, chance, figures)
            # A trial that failed in one start is tried again in the next.
            assert 0 in (start(place, log).wait(900) for _ in range(3)), log.name
        found = content(place.store)
        differ = differences(found, wanted)
        figures["rows"] += found.rows
        figures["differences"] += len(differ)
        logs = [log.read_text() for log in place.work.glob("*/events.jsonl")]
        figures["resumes"] += sum(log.count('"event":"started"') - 1 for log in logs)
        assert differ == []
        assert_tidy(place)


def assert_tidy(place: Place) -> None:
    """No checkpoint, no half-written file and no folder of temporary files is left."""
    patterns = ("*.part", "*.unfinished-*", "checkpoint*", "tmp")
    left = [file for pattern in patterns for file in place.work.parent.rglob(pattern)]
    assert left == []
