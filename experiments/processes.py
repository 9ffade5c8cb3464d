"""Processes: children that end with us, who is still alive, the cores and the environment of a trial."""

import os
import platform
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

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


def cpu() -> str:
    """The processor's model name and the number of cores this process may use."""
    model = platform.processor() or platform.machine()
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        lines = (line.partition(":") for line in listing.read_text().splitlines())
        model = next((value.strip() for key, _, value in lines if key.strip() == "model name"), model)
    return f"{model}, {available_cores()} cores"


def available_cores() -> int:
    """The cores that this process may use, by its affinity and the quota of its container."""
    import joblib  # a fifth of a second

    return joblib.cpu_count()


MIB_PER_WORKER = 1500  # a trial that is not yet measured; tensorflow alone takes about 600


def default_workers(threads: int, mib: float = MIB_PER_WORKER) -> int:
    """One trial per `threads` cores, as far as the free memory carries them; at least one."""
    by_cores = available_cores() // threads
    by_memory = int(psutil.virtual_memory().available / 2**20 // mib)
    return max(1, min(by_cores, by_memory))


def environment(threads: int, temporary: Path | None = None) -> dict[str, str]:
    """The environment of a trial's process.

    oneDNN is on, which tensorflow leaves off on a CPU without AVX512-VNNI; every thread pool has the
    recipe's size. `temporary`: a folder for what libraries leave behind where a process is killed.
    """
    fixed = {
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "KERAS_BACKEND": "tensorflow",
        "PYTHONHASHSEED": "0",
    }
    defaults = {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    folder = {"TMPDIR": str(temporary.absolute())} if temporary else {}
    return {**defaults, **os.environ, **fixed, **folder}


def load_tensorflow() -> None:
    """Import tensorflow and let it look for GPUs, without its messages; if it fails, they are shown."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as heard:
        os.dup2(heard.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        except BaseException:
            heard.seek(0)
            os.write(kept, heard.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
