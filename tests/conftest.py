"""Which tests run on one worker: those of a file, and all that look at the study that is run once."""

import pytest

# What takes long begins first, so that the workers end together.
FIRST = ("finished", "test_interruptions.py", "test_add_a_network.py", "test_resume.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def group(item: pytest.Item) -> str:
        return "finished" if "finished" in item.fixturenames else item.path.name

    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: FIRST.index(group(item)) if group(item) in FIRST else len(FIRST))
