"""From numbers of two arms to a verdict, by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from reports.answers import verdicts
from reports.answers.verdicts import REFUTED, SUPPORTED, UNDECIDED, Comparison, Sides
from reports.numbers.survival import Times

NAN = math.nan
HIGH, LOW = [0.90, 0.91, 0.92, 0.93, 0.94], [0.80, 0.81, 0.82, 0.83, 0.84]


def comparison(p, toward, beyond=None):
    return Comparison(0.1, 0.0, 0.2, p, 1.0, toward, toward if beyond is None else beyond, 5, 5)


def verdict(left, right, direction=">", margin=0.0):
    evidence = verdicts.weigh([verdicts.compare(Sides.of_values(left, right), direction, margin)])
    return verdicts.decide([evidence])[0]


# All of one arm are above all of the other: 2 of 252 deals.
@pytest.mark.parametrize(
    ("direction", "margin", "expected"),
    [
        (">", 0.0, SUPPORTED),
        ("<", 0.0, REFUTED),
        (">", 0.05, SUPPORTED),
        (">", 0.15, REFUTED),  # 0.1 more is not 0.15 more
        (">", -0.05, SUPPORTED),
        ("<", 0.15, SUPPORTED),
        (">", 0.1, UNDECIDED),  # exactly on the margin
    ],
)
def test_verdict_of_one_comparison(direction, margin, expected):
    assert verdict(HIGH, LOW, direction, margin)[1] == expected


def test_numbers_of_a_comparison():
    found = verdicts.compare(Sides.of_values(HIGH, LOW), ">", 0.05)
    low, high = stats.ttest_ind(HIGH, LOW, equal_var=False).confidence_interval(0.95)
    assert (found.effect, found.low, found.high) == pytest.approx((0.1, low, high))
    assert found.p == pytest.approx(2 / 252)
    assert (found.toward, found.beyond, found.left, found.right) == (1, 1, 5, 5)


def test_three_seeds_decide_nothing():
    assert verdict(HIGH[:3], LOW[:3]) == (pytest.approx(0.1), UNDECIDED)


# The exact test alone would do, at 2/252, but by Welch's nothing is sure: one seed lies far off.
def test_welch_s_test_must_agree():
    left, right = [0.2, 0.21, 0.22, 0.23, 0.9], [0.1, 0.11, 0.12, 0.13, 0.14]
    p = stats.ttest_ind(left, right, equal_var=False).pvalue
    assert verdict(left, right) == (pytest.approx(p), UNDECIDED)
    assert p > 0.05 > 2 / 252


def test_pairs_count_as_pairs_from_six_on():
    left, right = np.arange(6) + 0.1, np.arange(6)
    assert Sides.of_values(left, right, paired=True).paired
    assert not Sides.of_values(left[:5], right[:5], paired=True).paired
    assert verdicts.compare(Sides.of_values(left, right, paired=True), ">", 0).p == pytest.approx(2 / 64)
    assert verdicts.compare(Sides.of_values(left, right), ">", 0).p > 0.5
    found = verdicts.compare(Sides.of_values(left + [0.0, 0.1] * 3, right, paired=True), ">", 0)
    low, high = stats.ttest_rel(left + [0.0, 0.1] * 3, right).confidence_interval(0.95)
    assert (found.effect, found.low, found.high) == pytest.approx((0.15, low, high))


# Six pairs reach 2/64 at best, and 2/924 without pairs: another seed must not take a verdict away.
def test_pairs_are_used_only_where_they_can_decide_one_of_so_many_claims():
    def paired(seeds, claims):
        return Sides.of_values(np.arange(seeds) + 1.0, np.arange(seeds), paired=True, claims=claims).paired

    assert [paired(seeds, 1) for seeds in (5, 6, 7)] == [False, True, True]
    assert [paired(seeds, 4) for seeds in (6, 7, 8)] == [False, False, True]


def test_a_number_that_is_the_same_at_every_seed_is_never_open():
    same, more, fewer = (comparison(math.nan, toward) for toward in (0, 1, -1))
    assert verdicts.exactly([more]).verdict == SUPPORTED
    assert verdicts.exactly([same]).verdict == REFUTED
    found = verdicts.exactly([more, same, fewer])
    assert (found.decisive, found.verdict) == (2, REFUTED)


def test_a_claim_for_every_setting_rests_on_its_weakest():
    held = [comparison(0.01, 1), comparison(0.04, 1), comparison(0.02, 1)]
    assert verdicts.weigh(held) == verdicts.Evidence(0.04, 1, SUPPORTED)
    # One setting that lies on the claimed side, but not for certain.
    assert verdicts.weigh([*held, comparison(0.03, 1, 0)]).verdict == UNDECIDED
    # One with no difference at all.
    assert verdicts.weigh([*held, comparison(1.0, 0)]) == verdicts.Evidence(1.0, 3, UNDECIDED)


# Any of three would do, so its p counts three times.
def test_it_is_refuted_by_any_setting():
    found = verdicts.weigh([comparison(0.01, 1), comparison(0.008, -1), comparison(0.2, -1, 0)])
    assert found == verdicts.Evidence(pytest.approx(0.024), 1, REFUTED)
    assert verdicts.weigh([comparison(0.01, 1), comparison(0.2, -1, 0)]).verdict == UNDECIDED


def test_claims_of_one_study_are_adjusted_together():
    evidence = [verdicts.Evidence(0.01, 0, SUPPORTED), verdicts.Evidence(0.03, 0, REFUTED)]
    assert verdicts.decide(evidence) == [(pytest.approx(0.02), SUPPORTED), (pytest.approx(0.03), REFUTED)]
    # A third of which nothing is measured yet counts too: 3 · 0.01, 2 · 0.03.
    assert verdicts.decide([*evidence, None]) == [
        (pytest.approx(0.03), SUPPORTED),
        (pytest.approx(0.06), UNDECIDED),
        (pytest.approx(NAN, nan_ok=True), UNDECIDED),
    ]


# Left is there at 1, 1, 2, 2, 3 and right at 4, 5, 6 and twice never (10 epochs): 1.8 and 7 in the mean.
def test_time_to_a_target():
    left = Times.of([1, 1, 2, 2, 3], [10] * 5)
    right = Times.of([4, 5, 6, NAN, NAN], [10] * 5)
    found = verdicts.compare(Sides.of_times(left, right, 0), "<", 0)
    assert found.effect == pytest.approx(1.8 - 7)
    # Larger than the 2/252 of the exact test.
    welch = stats.ttest_ind([1, 1, 2, 2, 3], [4, 5, 6, 10, 10], equal_var=False).pvalue
    assert found.p == pytest.approx(welch)
    assert welch > 2 / 252
    assert (found.toward, found.beyond) == (1, 1)
    # Ten epochs sooner it is not.
    assert verdicts.compare(Sides.of_times(left, right, -10), "<", -10).toward == -1


# Seconds: the slow arm was watched for 100, the fast one for 20; beyond 20 nothing is known of both.
def test_unequal_budgets_are_compared_over_the_common_one():
    fast = Times.of([5, NAN], [20, 20])
    slow = Times.of([50, 90], [100, 100])
    sides = Sides.of_times(fast, slow, 0)
    assert sides.left.tolist() == [5, 20]
    assert sides.right.tolist() == [20, 20]


def test_a_target_that_nobody_reaches_decides_nothing():
    never = Times.of([NAN] * 5, [10] * 5)
    found = verdicts.compare(Sides.of_times(never, never, 0), "<", 0)
    assert (found.effect, found.p, found.toward) == (0, 1, 0)


def test_splits_that_would_decide_are_a_range_and_unknown_of_one_split():
    assert verdicts.splits_needed(Sides.of_values(HIGH, LOW), 0.0, 1) is None
    near = Sides.of_pairs([0.03, 0.05, 0.02, 0.06, 0.04, 0.05], np.zeros(6))
    one, six = (verdicts.splits_needed(near, 0.02, claims) for claims in (1, 6))
    assert 6 <= one.least <= one.most
    assert six.least > one.least
