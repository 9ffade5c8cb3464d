"""Limits of an axis of accuracies, from a few seeds one can sum up in the head."""

import math

import pandas as pd
import pytest

from reports.plots.elements import axes


def limits(*arms):
    return axes.accuracy_limits(pd.Series(arm) for arm in arms)


def test_intervals_within_reach_are_whole():
    # 0.50 ± 0.0248 (4.303 × 0.01 / √3) and one seed at 0.70; 5 % of 0.2248 on either side.
    low, high, cut = limits([0.49, 0.50, 0.51], [0.70])
    assert (low, high) == pytest.approx((0.4752 - 0.0112, 0.70 + 0.0112), abs=1e-4)
    assert not cut


def test_a_wide_interval_runs_out_of_the_panel():
    # 0.50 ± 0.635 (12.7 × 0.05); the seeds lie 0.2 apart, so the axis goes on for 0.1, and 5 % of 0.4.
    low, high, cut = limits([0.45, 0.55], [0.65, 0.65])
    assert (low, high) == pytest.approx((0.35 - 0.02, 0.75 + 0.02), abs=1e-4)
    assert cut


def test_an_axis_ends_at_0_and_1():
    assert limits([0.02, 0.98]) == (0, 1, True)
    assert limits([0.0, 1.0], [1.0]) == (0, 1, True)
    assert axes.within(-0.05, 1.05) == (0, 1)
    assert axes.within(0.2, 0.9) == (0.2, 0.9)


def test_seeds_that_are_all_alike_get_an_axis():
    assert limits([0.24, 0.24, 0.24]) == pytest.approx((0.23, 0.25, False))
    assert limits([1.0, 1.0]) == pytest.approx((0.99, 1, False))


def test_an_arm_that_was_not_tested_changes_nothing():
    assert limits([0.4, 0.5], [math.nan]) == limits([0.4, 0.5])


def test_differences_reach_below_0():
    low, high, cut = axes.accuracy_limits([pd.Series([-0.2, -0.2]), pd.Series([0.2, 0.2])], lowest=-1.0)
    assert (low, high, cut) == (pytest.approx(-0.22), pytest.approx(0.22), False)


def errors(*arms, floor=0.0005):
    return axes.error_limits([pd.Series(arm) for arm in arms], floor)


def test_errors_reach_by_factors():
    # No interval: the seeds, and a factor of 1.15 around them.
    assert errors([0.02, 0.02], [0.2, 0.2]) == pytest.approx((0.02 / 1.15, 0.23, False))
    # 0.15 ± 0.64: half the lowest seed and twice the highest.
    assert errors([0.1, 0.2]) == pytest.approx((0.05 / 1.15, 0.46, True))
    assert errors([0.5, 0.9])[1:] == (1, True)


def test_an_error_of_0_has_a_place():
    assert errors([0.0, 0.0], [0.1, 0.1]) == pytest.approx((0.0005 / 1.15, 0.115, False))


def test_errors_that_are_all_alike_get_an_axis():
    assert errors([0.2, 0.2]) == pytest.approx((0.23 / 3, 0.23, False))
