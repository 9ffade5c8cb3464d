"""Which tests run on one worker: those of a file, and all that look at the study that is run once."""

import os

import pytest
from hypothesis import settings

# A slow machine is no fault: no test has a bound by the clock.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# Two workers have the two cores; threads of matrix products would only wait for each other.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# What takes long begins first, so that the workers end together.
FIRST = (
    "finished",
    "tests/experiments/test_photograph_study.py",
    "tests/experiments/trial/test_resume.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def group(item: pytest.Item) -> str:
        # Files of one name stand in several folders.
        file = str(item.path.relative_to(item.config.rootpath))
        return "finished" if "finished" in item.fixturenames else file

    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: FIRST.index(group(item)) if group(item) in FIRST else len(FIRST))
