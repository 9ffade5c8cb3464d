"""What a trial ran on, as tags: versions, processor, threads. Provenance, not identity."""

import os
import platform
import resource
import sys
from collections.abc import Mapping
from importlib import metadata

from experiments import location, names, processes

TRAINING_CODE = ("experiments", "resnet", "baselines", "requirements.txt")
NO_GPU = "none"
UNTOLD = ("TF_CPP_", "TF_ENABLE_ONEDNN_OPTS", "TF_FORCE_GPU_ALLOW_GROWTH", "ONEDNN_VERBOSE", "DNNL_VERBOSE")
PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn")


def tags(threads: int, workers: int) -> dict[str, str]:
    """The tags of this process, one of `workers` side by side; tensorflow must have been imported."""
    return {
        names.VERSIONS: versions(),
        names.CPU: processes.cpu(),
        names.GPU: gpu(),
        names.THREADS: str(threads),
        names.WORKERS: str(workers),
        names.ONEDNN: os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        **({names.FLAGS: found} if (found := flags(os.environ)) else {}),
        **commit_tags(),
    }


def versions() -> str:
    """Of Python and of what calculates: `python 3.11.2, tensorflow 2.21.0, …`."""
    found = [f"{package} {metadata.version(package)}" for package in PACKAGES]
    return ", ".join([f"python {platform.python_version()}", *found])


def flags(environment: Mapping[str, str]) -> str:
    """The variables that may change what tensorflow or XLA compute: `TF_XLA_FLAGS=… XLA_FLAGS=…`, sorted.

    Those that libraries set themselves, that only say what is printed, or that have a tag of their own are
    left out.
    """
    return " ".join(
        f"{name}={value}"
        for name, value in sorted(environment.items())
        if name.startswith(("TF_", "XLA_", "ONEDNN_", "DNNL_")) and not name.startswith(UNTOLD) and value
    )


def commit_tags() -> dict[str, str]:
    """The commit, and whether the code that trains differs from it; nothing outside a checkout."""
    try:
        import git
    except ImportError:  # GitPython says so where there is no git
        return {}
    try:
        repository = git.Repo(location.ROOT)
        return {
            names.GIT_COMMIT: repository.head.commit.hexsha,
            names.GIT_DIRTY: str(bool(repository.git.status("--porcelain", "--", *TRAINING_CODE))).lower(),
        }
    except (git.GitError, ValueError, OSError):  # no checkout, or that of somebody else
        return {}


def peak_memory_mib() -> float:
    """The largest resident size of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)  # macOS counts bytes, Linux KiB


def peak_gpu_mib() -> float:
    """The largest size of this process's tensors on its GPU so far, in MiB; 0 without one."""
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        return 0.0
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20


def gpu(otherwise: str = NO_GPU) -> str:
    """The names of the GPUs that tensorflow sees; `otherwise` where it sees none."""
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(device) for device in found]
    return ", ".join(detail.get("device_name", "unknown GPU") for detail in details) or otherwise
