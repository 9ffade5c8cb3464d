"""requirements.lock holds what requirements.txt asks for, every package with its hashes."""

import re
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.places import ROOT

LOCK = (ROOT / "requirements.lock").read_text()
ASKED = [
    Requirement(line.partition("#")[0].strip())
    for line in (ROOT / "requirements.txt").read_text().splitlines()
    if line.partition("#")[0].strip()
]


def pinned() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^[a-z0-9].*==.*", LOCK, re.MULTILINE):
        requirement = Requirement(line.rstrip(" \\"))
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_every_requirement_is_pinned_within_its_bounds(asked):
    for requirement in pinned()[canonicalize_name(asked.name)]:
        [version] = requirement.specifier
        assert asked.specifier.contains(version.version)


def test_every_package_has_its_hashes():
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block)
    assert len(blocks) > len(ASKED)


def test_this_environment_is_the_locked_one():
    """Where the versions differ, `make set-up` was not what made it."""
    from importlib import metadata

    for name in ("tensorflow", "keras", "numpy", "mlflow", "scikit-learn", "pydantic"):
        fitting = [each for each in pinned()[name] if each.marker is None or each.marker.evaluate()]
        assert [str(each.specifier) for each in fitting] == [f"=={metadata.version(name)}"], sys.version


def test_the_lock_for_gpus_adds_cuda_s_libraries_and_changes_nothing_else():
    ours, theirs = (
        dict(re.findall(r"^([a-z0-9][\w.-]*)==(\S+)", text, re.MULTILINE))
        for text in (LOCK, (ROOT / "requirements-gpu.lock").read_text())
    )
    assert {name: theirs.get(name) for name in ours} == ours
    more = set(theirs) - set(ours)
    assert more and all(name.startswith("nvidia-") for name in more)
    assert {"nvidia-cudnn-cu12", "nvidia-cuda-runtime-cu12", "nvidia-cublas-cu12"} <= more
