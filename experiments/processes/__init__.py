"""Processes: children that end with us, trials of their own, who is alive, cores and environment."""

from experiments.processes.children import end_with_parent, is_gone, run_child, signature
from experiments.processes.isolation import ISOLATIONS, Isolation, Running, Starter, usual_isolation
from experiments.processes.machine import (
    BFLOAT16_FLAGS,
    MIB_PER_WORKER,
    available_cores,
    computes_in_bfloat16,
    cpu,
    cpu_flags,
    default_workers,
    environment,
    free_memory_mib,
    load_tensorflow,
)

__all__ = [
    "BFLOAT16_FLAGS",
    "ISOLATIONS",
    "MIB_PER_WORKER",
    "Isolation",
    "Running",
    "Starter",
    "available_cores",
    "computes_in_bfloat16",
    "cpu",
    "cpu_flags",
    "default_workers",
    "end_with_parent",
    "environment",
    "free_memory_mib",
    "is_gone",
    "load_tensorflow",
    "run_child",
    "signature",
    "usual_isolation",
]
