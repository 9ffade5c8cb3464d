"""The reduced form of `make calibrate` for studies with one split: the same simulation, few studies."""

import numpy as np
import pytest

from reports.calibration import one_split, tables
from reports.calibration.worlds import ONE_SPLIT
from reports.numbers import intervals, permutation


@pytest.fixture
def pool():
    with tables.workers() as workers:
        yield workers


@pytest.mark.slow
def test_bars_are_met_by_few_studies(pool):
    found = list(one_split.measure(pool, 120, seeds=(3, 5)))
    assert [miss for table in found for miss in table.misses] == []
    assert all(len(row) == len(table.header) for table in found for row in table.rows)


# What the bars are for: a rule that takes every p at its word has too many false verdicts, and is told.
def test_a_rule_without_adjustment_misses_the_bar(monkeypatch):
    monkeypatch.setattr(permutation, "holm", list)
    generator = np.random.default_rng(0)
    families, _ = one_split.false_verdicts(generator, ONE_SPLIT["normal, equal spreads"], 5, 150)
    assert tables.too_often(families, 150)


def test_an_interval_that_is_too_narrow_misses_the_bar(monkeypatch):
    whole = intervals.difference_interval

    def narrow(left, right):
        found = whole(left, right)
        return found._replace(low=found.estimate - 0.3 * (found.estimate - found.low))

    monkeypatch.setattr(one_split, "difference_interval", narrow)
    generator = np.random.default_rng(0)
    world = ONE_SPLIT["normal, equal spreads"]
    assert one_split.coverage(generator, world, 5, 400)["difference"] < 0.9


def test_the_same_numbers_in_whichever_process(pool):
    task = ("skewed", 5, 20)
    assert pool.submit(one_split.one_of_nothing, *task).result() == one_split.one_of_nothing(*task)
