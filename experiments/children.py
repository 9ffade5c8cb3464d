"""Processes that end with the one that started them, however it ends.

The parent holds the child's standard input open and never writes to it; when it closes, nobody is there.
"""

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence

from experiments.location import ROOT


def run(
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    hear: Callable[[str], None] = lambda line: None,
) -> subprocess.CompletedProcess:
    """Run a child that calls `end_with_parent`, from the repository; its outputs as text.

    hear: gets each line of its stderr as it comes.
    """
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE, text=True,
            errors="replace",
        )  # fmt: skip
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
