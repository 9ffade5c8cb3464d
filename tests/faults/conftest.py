"""The study that is disturbed, what it gives undisturbed, and the figures that are told at the end."""

import os
import random

import pytest

from tests.support.disturbed import FAULTY
from tests.support.places import Place, make_place
from tests.support.undisturbed import Content, content

SEED = int(os.environ.get("FAULT_SEED", "1"))
FIGURES = pytest.StashKey[dict]()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> tuple[Place, Content]:
    """The study after a run that nothing happened to."""
    place = make_place(tmp_path_factory.mktemp("undisturbed"), FAULTY)
    done = place.compare("--workers", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    return place, content(place.store)


@pytest.fixture
def place(undisturbed, tmp_path) -> Place:
    """A place where the study has not begun; its data and costs are known."""
    return make_place(tmp_path, FAULTY, undisturbed[0].work)


@pytest.fixture
def chance(request) -> random.Random:
    """Draws of its own for each test, of FAULT_SEED."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture(scope="session")
def figures(pytestconfig) -> dict[str, int]:
    """Counts that are told when all is over."""
    return pytestconfig.stash.setdefault(
        FIGURES, dict.fromkeys(("kills", "stops", "starts", "resumes", "rows", "differences"), 0)
    )


def pytest_terminal_summary(terminalreporter, config):
    figures = config.stash.get(FIGURES, None)
    if figures:
        told = ", ".join(f"{name} {count:,}" for name, count in figures.items())
        terminalreporter.write_line(f"faults, seed {SEED}: {told}")
