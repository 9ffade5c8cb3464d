"""A real study, run once through real processes and a real SQLite store, for every test that looks at it."""

import subprocess

import pytest
from places import Place, make_place


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> tuple[Place, subprocess.CompletedProcess]:
    """The tiny study after its first run, and what that run said."""
    place = make_place(tmp_path_factory.mktemp("finished"))
    return place, place.compare()
