"""The store is locked, its server stopped, its disk full: training goes on, and the store ends as ever."""

import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.disturbed import epochs_told, start
from tests.support.places import ROOT, Place
from tests.support.undisturbed import content, differences

pytestmark = pytest.mark.faults


def wait_for(condition, process: subprocess.Popen, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "the study ended too early"
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def assert_undisturbed(place: Place, wanted, figures) -> None:
    compare(content(place.store), wanted, figures)


def compare(found, wanted, figures) -> None:
    differ = differences(found, wanted)
    figures["rows"] += found.rows
    figures["differences"] += len(differ)
    assert differ == []


def test_a_locked_database(undisturbed, place, tmp_path, chance, figures):
    with (tmp_path / "log").open("w+") as log:
        process = start(place, log)
        wait_for(lambda: epochs_told(place) > chance.randint(1, 30), process)
        with closing(sqlite3.connect(place.store.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 30000")
            other.execute("BEGIN EXCLUSIVE")
            before = epochs_told(place)
            time.sleep(chance.uniform(25, 40))
            # Training does not wait for the store.
            assert epochs_told(place) > before
            other.execute("ROLLBACK")
        assert process.wait(600) == 0
        log.seek(0)
        told = log.read()
    assert "training goes on, and the store is brought up to date later" in told
    assert "database is locked" in told
    assert_undisturbed(place, undisturbed[1], figures)


MAKING = (
    "import sys; from experiments.store import tracking; "
    "tracking.Projection(sys.argv[1], 'tiny'); print('made')"
)


def test_kills_while_the_store_is_made(tmp_path, chance, figures):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", MAKING, uri], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        time.sleep(chance.uniform(1.5, 5))
        if process.poll() is None:
            process.kill()
            figures["kills"] += 1
        process.wait()
    done = subprocess.run(
        [sys.executable, "-c", MAKING, uri], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "made\n"
    assert [file.name for file in tmp_path.iterdir()] == ["mlflow.db"]


@contextmanager
def server(folder: Path, port: int):
    """A tracking server on a database and artifacts of its own."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "mlartifacts")]
    with (folder / "server.log").open("a") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        )
    try:
        deadline = time.monotonic() + 90
        while True:
            assert time.monotonic() < deadline, (folder / "server.log").read_text()
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_tracking_server_that_is_stopped_and_started_again(undisturbed, place, tmp_path, chance, figures):
    port = free_port()
    remote = place._replace(store=f"http://127.0.0.1:{port}")
    folder = tmp_path / "server"
    folder.mkdir()
    with (tmp_path / "log").open("w+") as log:
        with server(folder, port):
            process = start(remote, log)
            wait_for(lambda: epochs_told(place) > chance.randint(1, 30), process)
        before = epochs_told(place)
        time.sleep(chance.uniform(10, 30))
        assert epochs_told(place) > before
        with server(folder, port):
            status = process.wait(900)
            if status:  # the study ended before the store was there again: the next start brings the rest
                status = start(remote, log).wait(300)
            assert status == 0
        log.seek(0)
        assert "training goes on, and the store is brought up to date later" in log.read()
    compare(content(f"sqlite:///{folder}/mlflow.db", folder / "mlartifacts"), undisturbed[1], figures)


def limit_files(size: int):
    """What a child of the test does first: no file may grow beyond so many bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_limit_of_file_size(undisturbed, place, tmp_path, chance, figures):
    # The largest model takes more, so that its trial meets the limit when it is saved.
    with (tmp_path / "log").open("w+") as log:
        limited = start(place, log, limit_files(chance.randint(8_000, 60_000)))
        assert limited.wait(600) in {1, 2}
        log.seek(0)
        told = log.read()
        assert "Traceback" not in told
        assert start(place, log).wait(600) == 0
    assert_undisturbed(place, undisturbed[1], figures)


def can_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(folder: Path, size: str):
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False)
    if done.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(not can_mount(), reason="only root mounts a small file system")
def test_a_full_disk(undisturbed, place, tmp_path, chance, figures):
    disk = tmp_path / "disk"
    with small_disk(disk, "400m"), (tmp_path / "log").open("w+") as log:
        shutil.copytree(place.work, disk / "work")
        small = place._replace(work=disk / "work")
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file:
            process = start(small, log)
            wait_for(lambda: epochs_told(small) > chance.randint(1, 30), process)
            with suppress(OSError):
                while True:
                    file.write(b"0" * 4096)
        assert process.wait(300) == 1
        log.seek(0)
        told = log.read()
        assert "make room, then the same command goes on" in told
        assert "Traceback" not in told
        filler.unlink()
        assert start(small, log).wait(600) == 0
        assert_undisturbed(small, undisturbed[1], figures)
