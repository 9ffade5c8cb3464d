"""Which tests run on one worker: those of a file, and all that look at the study that is run once."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        shared = "finished" if "finished" in item.fixturenames else str(item.path)
        item.add_marker(pytest.mark.xdist_group(shared))
