"""Forecasts of cheap learners in small: handwritten digits instead of Fashion-MNIST, few teams."""

import numpy as np
import pytest

from reports.calibration import forecasts, population, tables
from reports.calibration.learners import LEARNERS

DESIGN = forecasts.Design(sizes=(60, 120, 240, 480, 960), test=400, pool=1_700, seeds=6)


def test_a_team_trains_nested_subsets_the_same_each_time():
    digits = population.digits()
    errors, again = (forecasts.chains(digits, DESIGN, 1) for _ in range(2))
    np.testing.assert_array_equal(errors, again)
    assert errors.shape == (len(LEARNERS), 6, 5)
    assert (errors[..., 0].mean(axis=1) > errors[..., -1].mean(axis=1)).all()


def test_shares_are_counted():
    sizes = np.array(DESIGN.sizes, float)
    curve = 2 * sizes**-0.5 * np.array([[0.97], [1.0], [1.03], [0.99], [1.01], [1.0]])
    errors = np.stack([curve, curve * [1, 1, 1, 1, 1.5], np.where(sizes == 60, 0, curve)])
    ends, measured = forecasts.judged(errors, DESIGN.sizes)
    inside = (ends[:, 0] <= measured) & (measured <= ends[:, 1])
    assert inside.tolist() == [True, False, False]
    assert np.isnan(ends[2]).all()
    (table,) = forecasts.measure(np.repeat(errors[:2, None], len(LEARNERS), axis=1), DESIGN)
    assert [row[4] for row in table.rows] == ["50.0%"] * len(LEARNERS)


@pytest.mark.slow
def test_few_teams_are_seldom_wrong():
    with tables.workers() as executor:
        errors = forecasts.train(executor, population.digits(), DESIGN, 40)
    (table,) = forecasts.measure(errors, DESIGN)
    assert table.misses == []
