"""Processes: children that end with us, trials of their own, who is alive, cores and environment."""

from experiments.processes.children import end_with_parent, is_gone, run_child, signature
from experiments.processes.isolation import ISOLATIONS, Isolation, Running, Starter, usual_isolation
from experiments.processes.machine import (
    MIB_PER_WORKER,
    available_cores,
    computes_in_bfloat16,
    cpu,
    default_workers,
    environment,
    load_tensorflow,
)

__all__ = [
    "ISOLATIONS",
    "MIB_PER_WORKER",
    "Isolation",
    "Running",
    "Starter",
    "available_cores",
    "computes_in_bfloat16",
    "cpu",
    "default_workers",
    "end_with_parent",
    "environment",
    "is_gone",
    "load_tensorflow",
    "run_child",
    "signature",
    "usual_isolation",
]
