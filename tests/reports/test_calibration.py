"""The reduced form of `make calibrate`: the same simulation, few studies."""

import numpy as np
import pytest

from reports import calibration
from reports.numbers import intervals, permutation


@pytest.mark.slow
def test_bars_are_met_by_few_studies():
    tables = list(calibration.measure(120, seeds=(3, 5)))
    assert [miss for table in tables for miss in table.misses] == []
    assert all(len(row) == len(table.header) for table in tables for row in table.rows)


# What the bars are for: a rule that takes every p at its word has too many false verdicts, and is told.
def test_a_rule_without_adjustment_misses_the_bar(monkeypatch):
    monkeypatch.setattr(permutation, "holm", list)
    tables = list(calibration.measure(200, seeds=(5,)))
    assert any("false verdict" in miss for miss in tables[0].misses)


def test_an_interval_that_is_too_narrow_misses_the_bar(monkeypatch):
    whole = intervals.difference_interval

    def narrow(left, right):
        found = whole(left, right)
        return found._replace(low=found.estimate - 0.3 * (found.estimate - found.low))

    monkeypatch.setattr(calibration, "difference_interval", narrow)
    generator = np.random.default_rng(0)
    world = calibration.WORLDS["normal, equal spreads"]
    assert calibration.coverage(generator, world, 5, 400)["difference"] < 0.9


def test_the_same_numbers_each_time():
    first, again = (next(calibration.measure(20, seeds=(5,))) for _ in range(2))
    assert first == again
