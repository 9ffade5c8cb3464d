"""Simulated worlds: the truth that they state is the truth of what they draw."""

import numpy as np
import pytest

from reports.answers.verdicts import Sides
from reports.calibration.worlds import ONE_SPLIT, PAIRED, SPREAD

MANY = 400_000
DRAWN = [name for name in PAIRED if not name.startswith("no spread")]


@pytest.mark.parametrize("name", DRAWN)
def test_the_margin_is_what_is_true(name):
    world = PAIRED[name]
    left, right = world.draw(np.random.default_rng(1), MANY)
    differences = Sides.of_pairs(left, right).differences
    if np.isfinite(differences).all():
        assert differences.mean() == pytest.approx(world.margin, abs=5 * differences.std() / np.sqrt(MANY))
    else:
        # Half of the pairs lie below, where both failing is a pair of equals.
        assert np.mean(differences < world.margin) <= 0.5 + 0.003
        assert np.mean(differences > world.margin) <= 0.5 + 0.003


@pytest.mark.parametrize("world", ONE_SPLIT.values(), ids=ONE_SPLIT.keys())
def test_arms_of_one_mean(world):
    for draw in (world.left, world.right):
        values = draw(np.random.default_rng(1), MANY)
        assert values.mean() == pytest.approx(world.mean, abs=5 * values.std() / np.sqrt(MANY))


@pytest.mark.parametrize(("name", "correlation"), [("alike, 0.8", 0.8), ("apart, −0.8", -0.8)])
def test_seeds_move_both(name, correlation):
    (world,) = (world for each, world in PAIRED.items() if each.endswith(name))
    left, right = world.draw(np.random.default_rng(1), MANY)
    assert np.corrcoef(left, right)[0, 1] == pytest.approx(correlation, abs=0.005)
    assert left.std() == pytest.approx(SPREAD, rel=0.01)


@pytest.mark.parametrize(
    ("name", "shares"), [("both fail in 5 %", (0.05, 0.05)), ("fail in 5 and 20 %", (0.05, 0.2))]
)
def test_as_many_fail_as_is_said(name, shares):
    for arm, share in zip(PAIRED[name].draw(np.random.default_rng(1), MANY), shares, strict=True):
        assert np.isneginf(arm).mean() == pytest.approx(share, abs=0.003)
