"""The thread between event logs and store: nothing is lost while the store fails, and the end is bounded.

The store is a list here that fails on demand; the fault tests lock a real database and stop a real server.
"""

import threading
import time
from collections.abc import Callable

import pytest

from experiments.logs import events, trial_folder
from experiments.store import forwarding
from experiments.store.client import StoreError
from experiments.studies import reading
from tests.support.small_study import DIGESTS, SMALL


class Store:
    """Takes events, but as often as `failures` tells; `slow`: seconds that each takes."""

    def __init__(self, failures: int = 0, slow: float = 0.0) -> None:
        self.failures, self.slow = failures, slow
        self.taken: list[tuple[str, events.Event]] = []

    def project(self, planned, place, told) -> None:
        time.sleep(self.slow)
        if self.failures:
            self.failures -= 1
            raise StoreError("store x: database is locked")
        self.taken.extend((trial_folder.identity(place), event) for event in told)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def epoch(number: int) -> events.EpochEnded:
    return events.EpochEnded(epoch=number, metrics={"train/accuracy": 0.1 * number})


@pytest.fixture
def trial(tmp_path):
    """A planned trial whose attempt has begun, and how its log grows."""
    planned = reading.parse(SMALL, "small").trials(DIGESTS)[0]
    place = trial_folder.of(tmp_path, planned.trial)
    trial_folder.begin(place, planned.trial)
    return planned, lambda *told: [events.append(trial_folder.log(place), event) for event in told]


@pytest.fixture
def said(monkeypatch):
    monkeypatch.setattr(forwarding, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(forwarding, "LONGEST_PAUSE", 0.05)
    return []


def test_each_event_is_brought_once(trial, tmp_path, said):
    planned, grow = trial
    store = Store()
    forwarder = forwarding.Forwarder(store, tmp_path, said.append)
    for number in range(1, 6):
        grow(epoch(number))
        forwarder.grown(planned)
    assert forwarder.close() == []
    assert [event.epoch for _, event in store.taken] == [1, 2, 3, 4, 5]
    assert said == []


def test_a_store_that_fails_for_a_while_gets_all_later(trial, tmp_path, said):
    planned, grow = trial
    store = Store(failures=4)
    forwarder = forwarding.Forwarder(store, tmp_path, said.append)
    grow(epoch(1), epoch(2))
    forwarder.grown(planned)
    wait_for(lambda: len(said) == 2)
    grow(epoch(3))
    forwarder.grown(planned)
    assert forwarder.close() == []
    assert [event.epoch for _, event in store.taken] == [1, 2, 3]
    assert said == [
        "store x: database is locked; training goes on, and the store is brought up to date later",
        "the store is up to date again",
    ]


def test_the_end_waits_for_a_dead_store_only_so_long_and_tells_what_it_lacks(trial, tmp_path, said):
    planned, grow = trial
    forwarder = forwarding.Forwarder(Store(failures=10**9), tmp_path, said.append)
    grow(epoch(1))
    forwarder.grown(planned)
    assert forwarder.close(patience=0.5) == [planned]
    assert len(said) == 1  # the trouble is told once, not at every try


def test_who_is_in_a_hurry_waits_less(trial, tmp_path, said):
    planned, grow = trial
    forwarder = forwarding.Forwarder(Store(failures=10**9), tmp_path, said.append)
    grow(epoch(1))
    forwarder.grown(planned)
    threading.Timer(0.3, forwarder.hurry, [0.2]).start()
    assert forwarder.close(patience=threading.TIMEOUT_MAX / 10) == [planned]  # ends in this lifetime


def test_a_slow_store_is_left_in_the_middle_of_a_log(trial, tmp_path, said):
    planned, grow = trial
    store = Store(slow=0.1)
    forwarder = forwarding.Forwarder(store, tmp_path, said.append)
    grow(*map(epoch, range(1, 101)))
    forwarder.grown(planned)
    assert forwarder.close(patience=0.5) == [planned]
    assert 0 < len(store.taken) < 20


def test_a_new_attempt_is_brought_from_its_beginning(trial, tmp_path, said):
    planned, grow = trial
    store = Store()
    forwarder = forwarding.Forwarder(store, tmp_path, said.append)
    grow(epoch(1), epoch(2))
    forwarder.grown(planned)
    wait_for(lambda: len(store.taken) == 2)
    trial_folder.start_over(trial_folder.of(tmp_path, planned.trial))
    grow(epoch(1))
    forwarder.grown(planned)
    assert forwarder.close() == []
    (first, _), (_, _), (last, told) = store.taken
    assert first != last
    assert told.epoch == 1


def test_what_is_wrong_in_the_thread_itself_is_raised_at_the_end(trial, tmp_path, said):
    planned, grow = trial

    class Broken(Store):
        def project(self, *_) -> None:
            raise SystemExit("broken")

    forwarder = forwarding.Forwarder(Broken(), tmp_path, said.append)
    grow(epoch(1))
    forwarder.grown(planned)
    with pytest.raises(SystemExit, match="broken"):
        forwarder.close()
