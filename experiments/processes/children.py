"""Children that end with us, and which process is alive."""

import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence

import psutil

from experiments.location import ROOT


def run_child(
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    hear: Callable[[str], None] = lambda line: None,
) -> subprocess.CompletedProcess:
    """Run a child that calls `end_with_parent`, from the repository; its outputs as text.

    hear: gets each line of its stderr as it comes.
    """
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        lines = []
        try:
            for line in child.stderr:
                lines.append(line)
                hear(line.rstrip("\n"))
            status = child.wait()
        finally:
            child.kill()  # Ctrl-C, say; one that has ended is let be
        out.seek(0)
        return subprocess.CompletedProcess(command, status, out.read(), "".join(lines))


def end_with_parent() -> None:
    """End this process at once when its standard input closes."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    while os.read(0, 4096):  # sys.stdin has a lock that must be free when the interpreter ends
        pass
    os._exit(1)


def signature() -> str:
    """What identifies this process among all others: host, number, and when it began."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.2f}"


def is_gone(owner: str) -> bool:
    """True if a process of this host has ended; those of other hosts are taken to be running."""
    host, _, rest = owner.partition(" ")
    number, _, began = rest.partition(" ")
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        process = psutil.Process(int(number))
        return f"{process.create_time():.2f}" != began or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
