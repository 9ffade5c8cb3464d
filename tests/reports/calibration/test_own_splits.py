"""The reduced form of `make calibrate` for studies with a split for each seed, and what its rules are for."""

import numpy as np
import pytest

from experiments import looks, names
from reports.calibration import own_splits, tables
from reports.calibration.worlds import PAIRED, SPREAD
from reports.numbers import evidence, pairs

STUDIES = 300


# Of some 130 shares one may lie more than two and a half standard errors above its bar by chance.
@pytest.mark.slow
def test_bars_are_met_by_few_studies():
    with tables.workers() as pool:
        found = list(own_splits.measure(pool, 200))
    assert len([miss for table in found for miss in table.misses]) <= 1
    assert all(len(row) == len(table.header) for table in found for row in table.rows)


def test_the_same_numbers_each_time():
    world = PAIRED["skewed, mirrored"]
    first, again = (own_splits.nothing_true(world, (8,), 30, 1) for _ in range(2))
    assert first == again
    assert own_splits.nothing_true(world, (8,), 30, 2) != first


@pytest.mark.parametrize(
    "name", ["normal, spreads 1 : 10", "seeds move them apart, −0.8", "both fail in 20 %"]
)
def test_looks_are_paid_for(name):
    false, covered = own_splits.nothing_true(PAIRED[name], names.LOOKS, STUDIES, 1)
    assert not tables.too_often(false, STUDIES)
    assert covered >= 0.93 - tables.doubt(0.93, STUDIES)


# Looks that are not paid for: each at 5 %. The bar tells.
def test_looks_at_the_level_of_one_miss_the_bar(monkeypatch):
    monkeypatch.setattr(looks, "overall", lambda p, _: p)
    monkeypatch.setattr(looks, "flat_level", lambda alpha, *_: alpha)
    false, covered = own_splits.nothing_true(PAIRED["normal, equal spreads"], names.LOOKS, STUDIES, 1)
    assert tables.too_often(false, STUDIES)
    assert covered < 0.93


# Mirrored exponential arms: 7 % of studies without the correction for skewness.
def test_without_the_correction_for_skewness_the_bar_is_missed(monkeypatch):
    world = PAIRED["exponential, mirrored"]
    false, _ = own_splits.nothing_true(world, (10,), 1500, 1)
    assert not tables.too_often(false, 1500)
    monkeypatch.setattr(pairs, "skewness_corrected", lambda t, _: t)
    false, _ = own_splits.nothing_true(world, (10,), 1500, 1)
    assert tables.too_often(false, 1500)


def test_arms_without_spread_have_no_verdict():
    false, _ = own_splits.nothing_true(PAIRED["no spread, 0.0005 apart"], (8,), 30, 1)
    assert false == 0


def test_five_claims_two_of_them_true():
    false, supported = own_splits.some_true(PAIRED["normal, equal spreads"], names.LOOKS, 100, 1)
    assert not tables.too_often(false, 100)
    assert supported > 0.9


def test_seeds_added_beyond_the_plan_find_more_and_are_seldom_wrong():
    world = PAIRED["normal, equal spreads"]
    planned, last = own_splits.added(world, 1, 0.0, 0.0, STUDIES, 1)
    assert planned <= last
    assert not tables.too_often(last, STUDIES)
    planned, last = own_splits.added(world, 1, 0.0, SPREAD * np.sqrt(2), STUDIES, 1)
    assert last > planned + 0.1


# Seeds that share a quarter of their pool agree with each other, and not with the truth.
def test_an_e_value_that_leaves_out_what_seeds_share_misses_the_bar(monkeypatch):
    world = PAIRED["normal, equal spreads"]
    _, last = own_splits.added(world, 1, 0.25, 0.0, STUDIES, 1)
    assert not tables.too_often(last, STUDIES)
    whole = evidence.e_value
    monkeypatch.setattr(evidence, "e_value", lambda differences, margin, _: whole(differences, margin))
    _, last = own_splits.added(world, 1, 0.25, 0.0, STUDIES, 1)
    assert tables.too_often(last, STUDIES)


def test_power_grows_with_the_distance_and_looks_stop_early():
    near, longer = own_splits.power(0.5, 1, names.LOOKS, 200, 1)
    far, shorter = own_splits.power(2.0, 1, names.LOOKS, 200, 1)
    assert near < 0.6 < 0.98 < far
    assert shorter < 10 < 15 < longer
