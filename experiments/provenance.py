"""What a trial ran on, as tags: versions, processor, threads. Provenance, not identity."""

import os
import platform
from importlib import metadata
from pathlib import Path

from experiments import names

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn")


def tags(threads: int) -> dict[str, str]:
    """The tags of this process; tensorflow must have been imported."""
    versions = [f"{package} {metadata.version(package)}" for package in PACKAGES]
    return {
        names.VERSIONS: ", ".join([f"python {platform.python_version()}", *versions]),
        names.CPU: cpu(),
        names.GPU: gpu(),
        names.THREADS: str(threads),
        names.ONEDNN: os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
    }


def cpu() -> str:
    """The processor's model name and the number of cores this process may use."""
    model = platform.processor() or platform.machine()
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        lines = (line.partition(":") for line in listing.read_text().splitlines())
        model = next((value.strip() for key, _, value in lines if key.strip() == "model name"), model)
    return f"{model}, {available_cores()} cores"


def available_cores() -> int:
    """The cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def gpu() -> str:
    """The names of the GPUs that tensorflow sees, or "none"."""
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(device) for device in found]
    return ", ".join(detail.get("device_name", "unknown GPU") for detail in details) or "none"
