"""CUDA as tensorflow needs it: the card on the bus, its driver, and each library, missing or broken."""

import contextlib
import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments import processes
from experiments.processes import gpus
from experiments.processes.gpus import Card

DRIVER = "libcuda.so.1"
# What tensorflow 2.21, built for CUDA 12, loads where there is a driver; pip's packages bring all of them.
LIBRARIES = (
    "libcudart.so.12",
    "libcublas.so.12",
    "libcublasLt.so.12",
    "libcudnn.so.9",
    "libcufft.so.11",
    "libcusolver.so.11",
    "libcusparse.so.12",
    "libnvJitLink.so.12",
)
VENDOR, DISPLAYS = "0x10de", "0x03"  # of NVIDIA, and the class of its cards on the PCI bus
BUS = Path("/sys/bus/pci/devices")
LOAD = """import ctypes, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        ctypes.CDLL(name)
        found[name] = ""
    except OSError as error:
        found[name] = str(error)
print(json.dumps(found))"""


@dataclass(frozen=True)
class State:
    """What there is of CUDA, and what is to be done; both in lines.

    cards: those that this process may use.
    """

    cards: tuple[Card, ...]
    lines: tuple[str, ...]
    advice: tuple[str, ...]


def examine() -> State:
    """Look at the bus, the driver, the libraries and what tensorflow makes of them."""
    cards = tuple(gpus.cards())
    libraries = load([DRIVER, *LIBRARIES])
    broken = {name: reason for name, reason in libraries.items() if reason and not is_missing(reason)}
    advice = [f"{name} is broken ({_where(reason)}): {_mend(name)}" for name, reason in broken.items()]
    visible = os.environ.get(gpus.VISIBLE)
    if not gpus.are_there():
        lines = ["none"]
        if on_the_bus():
            lines = ["a card of NVIDIA's, without a driver that works"]
            advice.append("install NVIDIA's driver (Debian: nvidia-driver), then restart")
        if visible not in (None, "", "-1"):
            lines.append(f"{gpus.VISIBLE}={visible} names a card that is not there")
            advice.append(f"unset {gpus.VISIBLE}")
        return State((), (*lines, *_broken(broken)), tuple(advice))
    if not cards:
        return _unusable(visible, libraries, broken, advice)
    lines = [
        f"{card.device}: {card.name}, {card.memory_mib / 1024:.0f} GiB, driver {card.driver}"
        for card in cards
    ]
    if visible is not None and len(cards) < len([part for part in visible.split(",") if part.strip()]):
        lines.append(f"{gpus.VISIBLE}={visible} names a card that is not there")
        advice.append(f"name cards that are there in {gpus.VISIBLE}")
    missing = [name for name, reason in libraries.items() if is_missing(reason)]
    if missing:
        lines.append(f"libraries that tensorflow needs and that are missing: {', '.join(missing)}")
        advice.append("install them beside tensorflow: make set-up GPU=1")
    seen, complaint = tensorflow_sees()
    if seen:
        lines.append(f"tensorflow uses {len(seen)} of {len(cards)}")
    else:
        lines.append(f"tensorflow uses none of them: {complaint}")
        if not (missing or broken):
            advice.append("make set-up GPU=1 installs the libraries that tensorflow was built for")
    return State(cards, (*lines, *_broken(broken)), tuple(advice))


def _unusable(
    visible: str | None, libraries: dict[str, str], broken: dict[str, str], advice: list[str]
) -> State:
    """A device node is there, and no card may be used."""
    if visible is not None:
        word = "hides every card" if visible in ("", "-1") else "names a card that is not there"
        lines = [f"there is one, but {gpus.VISIBLE}={visible} {word}"]
        advice = [*advice, f"unset {gpus.VISIBLE}, or name a card that nvidia-smi lists"]
    else:
        reason = (
            "its library libcuda.so.1 is missing" if is_missing(libraries[DRIVER]) else "nvidia-smi fails"
        )
        lines = [f"there is one, but the driver does not answer: {reason}"]
        advice = [
            *advice,
            "see what nvidia-smi says; in a container, start it with its GPU (docker: --gpus all)",
        ]
    return State((), (*lines, *_broken(broken)), tuple(advice))


def _broken(broken: dict[str, str]) -> list[str]:
    return [f"broken: {_where(reason)}" for reason in broken.values()]


def load(names: Sequence[str]) -> dict[str, str]:
    """By library, why it cannot be loaded, empty where it can; in a process of its own.

    As tensorflow finds them: by the loader's own search, then in pip's packages.
    """
    paths = {name: next(iter(packaged(name)), None) for name in names}
    found = _load(list(names))
    again = _load([str(path) for name, path in paths.items() if path and is_missing(found[name])])
    return {
        name: again.get(str(paths[name]), reason) if is_missing(reason) else reason
        for name, reason in found.items()
    }


def _load(names: list[str]) -> dict[str, str]:
    if not names:
        return {}
    done = subprocess.run([sys.executable, "-c", LOAD, *names], capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:  # one of them ended the process: each alone
        if len(names) == 1:
            return {names[0]: f"{names[0]}: ended the process that loaded it (status {done.returncode})"}
        return {name: reason for each in names for name, reason in _load([each]).items()}


def packaged(name: str) -> list[Path]:
    """Where pip's packages have a library."""
    return sorted(Path(sysconfig.get_path("purelib")).glob(f"nvidia/*/lib/{name}"))


def is_missing(reason: str) -> bool:
    """True if the loader found no such file, rather than one that it cannot use."""
    return "cannot open shared object file: No such file" in reason


def on_the_bus(bus: Path = BUS) -> bool:
    """Whether a card of NVIDIA's is plugged in, driver or not."""
    for device in bus.iterdir() if bus.is_dir() else ():
        with contextlib.suppress(OSError):
            vendor, kind = ((device / name).read_text().strip() for name in ("vendor", "class"))
            if vendor == VENDOR and kind.startswith(DISPLAYS):
                return True
    return False


def tensorflow_sees() -> tuple[list[str], str]:
    """The GPUs that tensorflow lists, and its own complaint where there is none."""
    environment = processes.environment(1) | {"TF_CPP_MIN_LOG_LEVEL": "0"}
    done = processes.run_child([sys.executable, "-m", "experiments.doctor.devices"], environment)
    try:
        found = json.loads(done.stdout.splitlines()[-1])["gpus"]
    except (IndexError, ValueError):
        return [], f"its process ended with status {done.returncode}"
    return found, complaint(done.stderr)


def complaint(text: str) -> str:
    """The last thing that tensorflow said of CUDA, without its prefix of time, process and line."""
    said = [line for line in text.splitlines() if re.search(r"cuda|gpu|dlopen", line, re.IGNORECASE)]
    return re.sub(r"^[IWEF]?[\d: .]*\S+\.cc:\d+\] ", "", said[-1]) if said else "it does not say why"


def _where(reason: str) -> str:
    """The loader's words: the file, and what is wrong with it."""
    return reason.strip()


def _mend(name: str) -> str:
    if os.environ.get("LD_LIBRARY_PATH"):
        return "repair it, or take its folder out of LD_LIBRARY_PATH"
    return "install the driver again" if name == DRIVER else "make set-up GPU=1 in a fresh .venv"
