"""Why a process ended is said truly: its own error, a signal, the kernel's want of memory, a full disk."""

import resource
import subprocess
import sys

import pytest

from experiments.errors import UserError
from experiments.logs import endings


class ResourceExhaustedError(Exception):
    """As tensorflow names it."""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UserError("data: too few"), "data: too few"),
        (ValueError("two\n  lines"), "ValueError: two lines"),
        (MemoryError(), "out of memory: MemoryError: "),
        (
            ResourceExhaustedError("OOM when allocating"),
            "out of memory: ResourceExhaustedError: OOM when allo",
        ),
        (ValueError("x" * 1000), "ValueError: " + "x" * 488),
    ],
)
def test_an_error_in_one_line(error, reason):
    assert endings.reason_of(error).startswith(reason)
    assert len(endings.reason_of(error)) <= endings.LONGEST


@pytest.fixture
def counters(tmp_path):
    """A kernel that has ended three processes so far, as control groups of both versions tell it."""
    first, second = tmp_path / "memory.events", tmp_path / "memory.oom_control"
    first.write_text("low 0\nhigh 0\nmax 17\noom 2\noom_kill 2\noom_group_kill 0\n")
    second.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    return (first, second, tmp_path / "no such file")


def test_the_kernel_s_count(counters):
    assert endings.memory_kills(counters) == 3


@pytest.mark.parametrize(
    ("status", "before", "reason"),
    [
        (-9, 2, "out of memory: ended by the kernel (SIGKILL)"),
        (-9, 3, "ended by signal 9 (SIGKILL)"),
        (-15, 2, "ended by signal 15 (SIGTERM)"),
        (-11, 3, "ended by signal 11 (SIGSEGV)"),
        (3, 3, "ended with status 3 (the last line)"),
    ],
)
def test_a_process_without_a_word(status, before, reason, counters, tmp_path):
    (tmp_path / "output").write_text("first\nthe last line\n")
    assert endings.reason(status, tmp_path / "output", before, counters) == reason


def test_a_real_process_that_gets_no_memory(tmp_path):
    program = "from experiments.logs import endings\ntry: bytearray(10**11)\nexcept MemoryError as error: "
    program += "print(endings.reason_of(error))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)),
    )
    assert done.stdout == "out of memory: MemoryError: \n"


def test_a_full_disk_is_known_by_its_number():
    assert endings.is_no_space(endings.reason_of(OSError(28, "No space left on device")))
    assert endings.is_no_space("ended with status 1 (OSError: [Errno 27] File too large)")
    assert endings.is_no_space("SafetensorError: I/O error: No space left on device (os error 28)")
    assert not endings.is_no_space(endings.reason_of(OSError(2, "No such file or directory")))


def test_the_counters_are_those_of_this_kernel():
    assert endings.memory_kills() >= 0
