from dataclasses import replace

import pytest

from reports.store import record
from reports.tables import remarks


@pytest.fixture(scope="module")
def small(ready):
    return record.read_record(ready.uri, "small")


def test_the_sweep_is_counted_and_each_arm_s_rate_told(small):
    chosen = small.runs["arm"].map({"cnn": 0.1, "residual": 0.3, "features": 0.1})
    record = replace(small, runs=small.runs.assign(learning_rate=chosen))
    assert remarks.tuned_rates(record) == [
        "6 tuning trials (seed 100) chose the learning rate of each arm on validation: "
        "cnn 0.1, residual 0.3, features 0.1 (each of 0.1, 0.3)"
    ]


def test_where_settings_got_rates_of_their_own_all_are_told(small):
    two = small.runs.assign(setting=["a.b=1", "a.b=2", "a.b=2"] * 3, learning_rate=[0.1, 0.3, 0.3] * 3)
    (fact,) = remarks.tuned_rates(replace(small, runs=two))
    assert "of each arm and setting on validation: cnn 0.1 / 0.3, residual" in fact


def test_diverged_tuning_trials_are_told(small):
    (fact,) = remarks.tuned_rates(replace(small, tuning=small.tuning.head(1).assign(diverged=True)))
    assert fact.startswith(
        "1 tuning trial (seed 100, 1 of them diverged) chose the learning rate of each arm"
    )


def test_without_a_sweep_there_is_nothing_to_tell(ready):
    assert remarks.tuned_rates(record.read_record(ready.uri, "grid")) == []
