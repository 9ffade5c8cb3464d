from dataclasses import replace

import pandas as pd
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


def test_a_ladder_that_grew_for_an_arm_and_a_lead_within_its_spread_are_told(small):
    first = small.tuning.iloc[0].to_dict()
    accuracies = {
        "cnn": {0.1: [0.8, 0.8, 0.8], 0.3: [0.7, 0.7, 0.6]},
        "residual": {0.1: [0.5, 0.5, 0.5], 0.3: [0.7, 0.7, 0.7], 0.9: [0.71, 0.68, 0.74]},
    }
    rows = [
        first
        | {"label": arm, "arm": arm, "seed": seed, "learning_rate": rate, "validation/accuracy": reached}
        for arm, by_rate in accuracies.items()
        for rate, seeds in by_rate.items()
        for seed, reached in enumerate(seeds, start=100)
    ]
    counted, lead = remarks.tuned_rates(replace(small, tuning=pd.DataFrame(rows)))
    assert counted.startswith("15 tuning trials (seeds 100–102) chose the learning rate of each arm")
    assert counted.endswith("(each of 0.1, 0.3; residual also of 0.9)")
    assert lead == "learning rate of residual: the lead is within its own spread, over tuning seeds"


def test_ladders_of_their_own_are_told_by_arm(small):
    first = small.tuning.iloc[0].to_dict()
    tried = {"cnn": (0.1, 0.3), "residual": (0.1, 0.3), "features": (0.001, 0.003)}
    rows = [
        first | {"label": arm, "arm": arm, "learning_rate": rate}
        for arm, ladder in tried.items()
        for rate in ladder
    ]
    counted = remarks.tuned_rates(replace(small, tuning=pd.DataFrame(rows)))[0]
    assert counted.endswith("(cnn of 0.1, 0.3; residual of 0.1, 0.3; features of 0.001, 0.003)")
