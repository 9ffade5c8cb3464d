"""Why a trial's process ended: its own error, a signal, the kernel's want of memory, a full disk."""

import errno
import signal
from pathlib import Path

from experiments.errors import UserError

OUT_OF_MEMORY = "out of memory"
LONGEST = 500  # characters of a reason
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def reason_of(error: Exception) -> str:
    """An exception in one line."""
    text = " ".join(str(error).split())
    if isinstance(error, UserError):
        return text[:LONGEST]
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"{OUT_OF_MEMORY}: {type(error).__name__}: {text}"[:LONGEST]
    return f"{type(error).__name__}: {text}"[:LONGEST]


def reason(status: int, output: Path, kills_before: int, counters: tuple[Path, ...] | None = None) -> str:
    """Why a process ended that left no event of its end.

    Args:
        status: of the process, the negative signal where one ended it.
        output: the file of what it printed.
        kills_before: `memory_kills` when it began.
        counters: the files in which the kernel counts; by default those for this process.
    """
    if status == -signal.SIGKILL and memory_kills(counters) > kills_before:
        return f"{OUT_OF_MEMORY}: ended by the kernel (SIGKILL)"
    if status < 0:
        return f"ended by signal {-status} ({signal.Signals(-status).name})"
    lines = output.read_text(errors="replace").strip().splitlines()
    return f"ended with status {status}" + (f" ({lines[-1][:200]})" if lines else "")


def is_no_space(reason: str) -> bool:
    """True if the reason is a full disk, an exhausted quota or a limit of file size."""
    # As Python words it, and as the Rust of safetensors does.
    return any(f"[Errno {number}]" in reason or f"(os error {number})" in reason for number in FULL)


def memory_kills(files: tuple[Path, ...] | None = None) -> int:
    """The number of processes that the kernel ended here for want of memory, as far as it counts them."""
    total = 0
    for file in counters() if files is None else files:
        try:
            lines = file.read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
    return total


def counters() -> tuple[Path, ...]:
    """The file in which the kernel counts for this process's control group; without one, for the machine."""
    groups = Path("/sys/fs/cgroup")
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return ()
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found += [groups / path.lstrip("/") / "memory.events", groups / "memory.events"]
        elif controllers == "memory":
            v1 = groups / "memory"
            found += [v1 / path.lstrip("/") / "memory.oom_control", v1 / "memory.oom_control"]
    return (next((file for file in found if file.exists()), Path("/proc/vmstat")),)
