"""CPU and memory limits of control groups, in folders made as Linux lays them out, and of a real one."""

import contextlib
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.location import ROOT
from experiments.processes import quota


def made(
    folder: Path, *, memberships: str, mounts: list[tuple[str, str, str]], files: dict[str, str]
) -> Path:
    """A folder as /proc/self, of a process whose groups lie in `folder`."""
    process = folder / "proc"
    process.mkdir()
    (process / "cgroup").write_text(memberships)
    lines = [
        f"30 24 0:26 {root} {folder / mount} rw,nosuid - {kind} {kind} rw,{mount}\n"
        for root, mount, kind in mounts
    ]
    (process / "mountinfo").write_text("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + "".join(lines))
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content + "\n")
    return process


UNIFIED = [("/", "unified", "cgroup2")]


# A pod of half a core within a node's slice of two; the process lies a level below the quota.
def test_the_tightest_quota_above_counts_in_version_2(tmp_path):
    process = made(
        tmp_path,
        memberships="0::/slice/pod/task\n",
        mounts=UNIFIED,
        files={
            "unified/slice/cpu.max": "200000 100000",
            "unified/slice/pod/cpu.max": "50000 100000",
            "unified/slice/pod/task/cpu.max": "max 100000",
            "unified/slice/memory.max": str(8 * 2**30),
            "unified/slice/memory.current": str(7 * 2**30),
            "unified/slice/memory.stat": f"anon 5\ninactive_file {2**30}",
            "unified/slice/pod/memory.max": str(4 * 2**30),
            "unified/slice/pod/memory.current": str(2**30),
        },
    )
    assert quota.cores(process) == 0.5
    assert quota.memory_limit_mib(process) == 4096
    assert quota.free_memory_mib(process) == 2048  # of the slice: 8 − 7 + 1


def test_version_1_has_controllers_of_their_own(tmp_path):
    process = made(
        tmp_path,
        memberships="4:memory:/job\n3:cpu,cpuacct:/job/step\n1:name=systemd:/x\n",
        mounts=[("/", "memory", "cgroup"), ("/", "cpu,cpuacct", "cgroup")],
        files={
            "cpu,cpuacct/job/cpu.cfs_quota_us": "150000",
            "cpu,cpuacct/job/cpu.cfs_period_us": "100000",
            "cpu,cpuacct/job/step/cpu.cfs_quota_us": "-1",
            "cpu,cpuacct/job/step/cpu.cfs_period_us": "100000",
            "memory/job/memory.limit_in_bytes": str(2**30),
            "memory/job/memory.usage_in_bytes": str(2**29),
            "memory/memory.limit_in_bytes": "9223372036854771712",
        },
    )
    assert quota.cores(process) == 1.5
    assert quota.free_memory_mib(process) == 512


# Docker mounts the container's own group, and /proc says where that lies outside.
def test_a_container_sees_its_group_as_the_root(tmp_path):
    process = made(
        tmp_path,
        memberships="0::/docker/3fa9\n",
        mounts=[("/docker/3fa9", "unified", "cgroup2")],
        files={"unified/cpu.max": "100000 100000"},
    )
    assert quota.cores(process) == 1


def test_no_group_and_no_linux_are_no_limit(tmp_path):
    process = made(tmp_path, memberships="0::/\n", mounts=UNIFIED, files={})
    assert quota.cores(process) == quota.free_memory_mib(process) == math.inf
    assert quota.cores(tmp_path / "nowhere") == math.inf


@pytest.fixture
def real_group():
    """A control group of one core, where this user may make one."""
    parent = next(
        (each for each in (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")) if each.is_dir()), None
    )
    if parent is None:
        pytest.skip("no control groups here")
    group = parent / f"quota-test-{os.getpid()}"
    try:
        group.mkdir()
        if (group / "cpu.cfs_quota_us").exists():
            (group / "cpu.cfs_period_us").write_text("100000")
            (group / "cpu.cfs_quota_us").write_text("100000")
        else:
            (group / "cpu.max").write_text("100000 100000")
    except OSError as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        pytest.skip(f"no control group can be made here: {error}")
    yield group
    group.rmdir()


def test_a_real_group_of_one_core_gives_one_worker(real_group):
    program = "from experiments import processes; print(processes.available_cores())"

    def join():
        (real_group / "cgroup.procs").write_text(str(os.getpid()))

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, preexec_fn=join, capture_output=True, text=True
    )
    assert done.stdout == "1\n", done.stderr
