"""Named data sets: each row of the registry has its loader, and what it is said to be."""

import importlib
import socket

import numpy as np
import pytest

from experiments.data import keras_sets, named
from experiments.data.facts import SOURCES


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_has_its_loader(name):
    module, _, function = SOURCES[name].loader.partition(":")
    assert callable(getattr(importlib.import_module(module), function))


# Only what ships with a library is always there.
def test_all_that_is_downloaded_has_a_published_form():
    assert [name for name, source in SOURCES.items() if source.published is None] == ["digits"]


def test_parts_become_one_data_set_that_remembers_its_test_part():
    train = np.zeros((3, 4, 5), np.uint8), np.array([[0], [1], [0]], np.uint8)
    test = np.ones((2, 4, 5), np.uint8), np.array([[1], [0]], np.uint8)  # labels of CIFAR are a column
    images = named.joined(train, test, ("a", "b"))
    assert images.images.shape == (5, 4, 5, 1)
    assert images.labels.tolist() == [0, 1, 0, 1, 0]
    assert images.in_test.tolist() == [False, False, False, True, True]


def test_the_timeout_of_a_download_is_not_that_of_all_sockets():
    before = socket.getdefaulttimeout()
    with pytest.raises(OSError, match="no_such_set"):
        keras_sets.downloaded("no_such_set", timeout=3)
    assert socket.getdefaulttimeout() == before
