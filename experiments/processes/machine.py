"""The machine that a trial runs on: processor, cores, free memory, and the environment of its process."""

import math
import os
import platform
import sys
import tempfile
from pathlib import Path

import psutil

from experiments.processes import gpus, quota


def cpu() -> str:
    """The processor's model name and the number of cores this process may use."""
    model = platform.processor() or platform.machine()
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        lines = (line.partition(":") for line in listing.read_text().splitlines())
        model = next((value.strip() for key, _, value in lines if key.strip() == "model name"), model)
    cores = available_cores()
    return f"{model}, {cores} {'core' if cores == 1 else 'cores'}"


BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # as /proc/cpuinfo calls them; the last on ARM


def computes_in_bfloat16() -> bool:
    """Whether this machine has bfloat16 arithmetic: AVX512_BF16, AMX, or a GPU of NVIDIA's."""
    if Path("/dev/nvidia0").exists():
        return True
    return bool(BFLOAT16_FLAGS & cpu_flags())


def cpu_flags() -> set[str]:
    """What the processor can do, as /proc/cpuinfo calls it; empty where that is not there."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    return set(
        next((line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))), [])
    )


def available_cores() -> int:
    """The cores that this process may use, by its affinity and the quotas above it; at least one."""
    import joblib  # a fifth of a second

    quota_cores = quota.cores()  # joblib knows that of a container's outermost group alone
    return max(
        1, min(joblib.cpu_count(), math.ceil(quota_cores) if math.isfinite(quota_cores) else sys.maxsize)
    )


def free_memory_mib() -> float:
    """What trials may take: of the machine, and of the limits above this process."""
    return min(psutil.virtual_memory().available / 2**20, quota.free_memory_mib())


KERAS_LIMITS = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED")
MIB_PER_WORKER = 1500  # a trial that is not yet measured; tensorflow alone takes about 600


def default_workers(threads: int, mib: float = MIB_PER_WORKER) -> int:
    """One trial per `threads` cores, as far as the free memory carries them; at least one."""
    by_cores = available_cores() // threads
    by_memory = int(free_memory_mib() // mib)
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
    # KERAS_MAX_EPOCHS and the like cut a training short without a word.
    kept = {name: value for name, value in os.environ.items() if name not in KERAS_LIMITS}
    return {**defaults, **kept, **fixed, **folder}


def load_tensorflow() -> None:
    """Import tensorflow and let it look for GPUs, without its messages; if it fails, they are shown.

    A GPU that it cannot use gets a line of ours.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as heard:
        os.dup2(heard.fileno(), 2)
        try:
            import tensorflow as tf

            unused = not tf.config.list_physical_devices("GPU") and gpus.cards()
        except BaseException:
            heard.seek(0)
            os.write(kept, heard.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    if unused:
        print("note: tensorflow cannot use the GPU; `make doctor` says what is missing", file=sys.stderr)
