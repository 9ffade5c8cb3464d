"""What this machine has for training, one training step measured on each device, and what to do.

python -m experiments doctor
"""

import argparse
import math
import os
import platform
import shutil
import tempfile
from importlib import metadata
from pathlib import Path

import psutil

from experiments import location, processes
from experiments.command_line import Command, Parser, say
from experiments.doctor import cuda
from experiments.errors import UserError
from experiments.logs import trial_folder
from experiments.planning import costs
from experiments.processes import quota
from experiments.studies.cost import Request
from experiments.studies.specification import Recipe

NETWORK = {"model": "resnet18", "arguments": {"stem": "small", "width": 16}}
BATCH = 32
PACKAGES = ("tensorflow", "keras", "mlflow", "scikit-learn")
LEAST_GIB = 2.0  # free on the disk: data, models and checkpoints of a study
GIB = 2**30


def add_options(parser: Parser) -> None:
    """Add the options of this command."""
    parser.add_argument("--work", type=Path, default=location.WORK, help="event logs and prepared data")


def main(options: argparse.Namespace) -> int:
    """Print a line a fact; status 1 where something is to be done."""
    advice: list[str] = []
    _tell("system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}")
    _tell("packages", ", ".join(f"{each} {metadata.version(each)}" for each in PACKAGES))
    _tell("processor", f"{processes.cpu()}; {_arithmetic()}")
    _tell("cores", _cores())
    _tell("memory", _memory(advice))
    _tell("disk", _disk(options.work, advice))
    state = cuda.examine()
    advice += state.advice
    for line in state.lines:
        _tell("GPU", line)
    for device in ["", *(card.device for card in state.cards)]:
        _tell("step", _steps(device, advice))
    workers = processes.default_workers(1)
    _tell("trials", f"{workers} side by side, unless WORKERS= says otherwise")
    for line in advice or ["nothing; `make plan` tells what a study would take here"]:
        _tell("to do", line)
    return 1 if advice else 0


def _tell(name: str, text: str) -> None:
    say(f"{name:<10} {text}")


def _arithmetic() -> str:
    """Which arithmetic the processor has, as far as it changes the speed of training."""
    flags = processes.cpu_flags()
    known = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_vnni": "AVX512_VNNI", "asimd": "NEON"}
    found = [word for flag, word in known.items() if flag in flags]
    bfloat16 = sorted(flag.upper() for flag in processes.BFLOAT16_FLAGS & flags)
    words = f"bfloat16 by {', '.join(bfloat16)}" if bfloat16 else "no bfloat16: PRECISION=bfloat16 is refused"
    return f"{', '.join(found) or 'no vector units known'}; {words}"


def _cores() -> str:
    """How many cores trials may use, and what leaves others unused."""
    usable, all_there = processes.available_cores(), os.cpu_count() or 1
    allowed = quota.cores()
    reasons = []
    if math.isfinite(allowed):
        reasons.append(f"a quota of {allowed:g}")
    if hasattr(os, "sched_getaffinity") and (affinity := len(os.sched_getaffinity(0))) < all_there:
        reasons.append(f"an affinity of {affinity}")
    return f"{usable} of {all_there}" + (f" ({', '.join(reasons)})" if reasons else "")


def _memory(advice: list[str]) -> str:
    free, whole = processes.free_memory_mib(), psutil.virtual_memory().total / 2**20
    limit = quota.memory_limit_mib()
    if free < processes.MIB_PER_WORKER:
        advice.append(f"free memory: a trial takes about {processes.MIB_PER_WORKER / 1024:.1f} GiB")
    limited = f", of a limit of {limit / 1024:.1f} GiB" if limit < whole else ""
    return f"{free / 1024:.1f} GiB free{limited} ({whole / 1024:.1f} GiB in the machine)"


def _disk(work: Path, advice: list[str]) -> str:
    """Room, and whether locks hold there."""
    try:
        with trial_folder.lock(work):
            locks = "files can be locked"
    except UserError as error:
        locks = str(error)
        if "cannot be locked" in locks:
            advice.append("choose a folder on another file system with --work")
    free = shutil.disk_usage(work).free / GIB
    if free < LEAST_GIB:
        advice.append(f"make room in {work}: studies take some hundred MiB, data sets more")
    return f"{free:.1f} GiB free in {work}; {locks}"


def _steps(device: str, advice: list[str]) -> str:
    """One training step of ResNet-18 on a GPU, or on the processor, in each precision that it has."""
    precisions = ["float32"]
    if device or processes.computes_in_bfloat16():
        precisions.append("bfloat16")
    where = f"GPU {device}" if device else "processor"
    found = []
    for precision in precisions:
        recipe = Recipe(batch_size=BATCH, epochs=1, precision=precision)
        request = Request(
            **NETWORK, input_shape=(28, 28, 1), classes=10, recipe=recipe, cpu=processes.cpu(), gpu=device
        )
        with tempfile.TemporaryDirectory() as folder:
            try:
                measured = costs.measured([request], Path(folder), 1, lambda _: None, device=device)
            except UserError as error:
                advice.append(str(error))
                return f"{where}: none could be measured"
        cost = measured[request.key]
        if device and not cost.device:
            return f"{where}: tensorflow computed on the processor instead"
        rate = BATCH / cost.step_seconds
        found.append(f"{precision} {1000 * cost.step_seconds:.0f} ms ({rate:,.0f} images/s)")
    return f"{where}: ResNet-18 (width 16), batch {BATCH} of 28×28, one thread: {', '.join(found)}"


DOCTOR = Command(
    "What this machine has for training (processor, cores, memory, disk, GPUs and their libraries), one "
    "training step\nmeasured on each device, and what to do.",
    "doctor",
    add_options,
    main,
    "exit status: 0 nothing is to be done; 1 something is; 2 an argument cannot be used",
)
