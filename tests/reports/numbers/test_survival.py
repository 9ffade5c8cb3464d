"""Time to a target as survival: by hand, against scipy, and against a loop over deals."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reports.numbers import permutation, survival
from reports.numbers.survival import Times

NAN = math.nan
# Five trials of ten epochs: reached at 2, 4, 4, and twice never.
FIVE = Times.of([2, 4, 4, NAN, NAN], [10] * 5)
epochs = st.lists(st.one_of(st.integers(1, 9).map(float), st.just(NAN)), min_size=2, max_size=5)


def test_censored_trials_stand_at_their_budget():
    assert FIVE.cost.tolist() == [2, 4, 4, 10, 10]
    assert FIVE.reached.tolist() == [True, True, True, False, False]


# 1 of 5 is there at 2, 3 of 5 at 4, and two never. (2 + 4 + 4 + 10 + 10) / 5 = 6.
def test_share_and_restricted_mean():
    curve = survival.share_reached(FIVE)
    assert curve.cost.tolist() == [0, 2, 4]
    assert curve.share.tolist() == pytest.approx([0, 0.2, 0.6])
    assert FIVE.restricted_mean == 6


# One was given up at 3, before the others were there: it never got there, and is one of three to the end.
def test_a_trial_given_up_early_stays_among_all():
    curve = survival.share_reached(Times.of([2, NAN, 5], [10, 3, 10]))
    assert curve.cost.tolist() == [0, 2, 5]
    assert curve.share.tolist() == pytest.approx([0, 1 / 3, 2 / 3])


def test_nobody_there_is_a_share_of_none():
    curve = survival.share_reached(Times.of([NAN], [9]))
    assert curve.cost.tolist() == [0] and curve.share.tolist() == [0]
    empty = survival.share_reached(Times.of([], []))
    assert empty.cost.tolist() == [0] and np.isnan([empty.share, empty.low, empty.high]).all()


# Of none among five: from 0 to 1 − (α / 2)^(1 / 5), before the first is there as well as where none ever is.
@pytest.mark.parametrize("times", [FIVE, Times.of([NAN] * 5, [10] * 5)])
def test_none_there_yet_has_an_interval_too(times):
    curve = survival.share_reached(times)
    assert (curve.cost[0], curve.share[0], curve.low[0]) == (0, 0, 0)
    assert curve.high[0] == pytest.approx(1 - 0.025 ** (1 / 5))


# Clopper and Pearson (1934) by beta quantiles: of 1 and of 3 among 5.
def test_interval_is_that_of_a_share():
    curve = survival.share_reached(FIVE)
    assert curve.low[1:] == pytest.approx([stats.beta.ppf(0.025, 1, 5), stats.beta.ppf(0.025, 3, 3)])
    assert curve.high[1:] == pytest.approx([stats.beta.ppf(0.975, 2, 4), stats.beta.ppf(0.975, 4, 2)])


@given(epochs)
def test_the_share_rises_to_reached_of_all(reached):
    times = Times.of(reached, [9] * len(reached))
    curve = survival.share_reached(times)
    assert curve.share[-1] == pytest.approx(times.reached.mean())
    assert (np.diff(curve.share) > 0).all() and (np.diff(curve.cost) > 0).all()
    assert (curve.low <= curve.share + 1e-12).all() and (curve.share <= curve.high + 1e-12).all()


def test_common_budget_is_where_the_first_trial_is_given_up():
    other = Times.of([1, NAN], [20, 6])
    assert survival.common_budget(FIVE, other) == 6
    assert survival.common_budget(Times.of([1], [9]), Times.of([2], [9])) == math.inf
    within = FIVE.within(3)
    assert within.cost.tolist() == [2, 3, 3, 3, 3]
    assert within.reached.tolist() == [True, False, False, False, False]


# At epoch 1 one of four gets there, at 2 one of three, at 3 one of two:
#   a (1): 1 − 1/4; b (2): 1 − 1/4 − 1/3; c (3): 1 − 1/4 − 1/3 − 1/2; d (never): 0 − 1/4 − 1/3 − 1/2.
def test_log_rank_scores_by_hand():
    one, other = survival.log_rank_scores(Times.of([1, NAN], [4, 4]), Times.of([2, 3], [4, 4]))
    assert one.tolist() == pytest.approx([3 / 4, -13 / 12])
    assert other.tolist() == pytest.approx([5 / 12, -1 / 12])


@given(epochs, epochs)
def test_scores_are_the_log_rank_statistic(left, right):
    one, other = Times.of(left, [9] * len(left)), Times.of(right, [9] * len(right))
    scores = survival.log_rank_scores(one, other)
    assert sum(map(sum, scores)) == pytest.approx(0, abs=1e-9)
    observed_less_expected = 0.0
    for at in sorted({*one.cost[one.reached], *other.cost[other.reached]}):
        watched = (one.cost >= at).sum(), (other.cost >= at).sum()
        events = [(each.reached & (each.cost == at)).sum() for each in (one, other)]
        observed_less_expected += events[0] - sum(events) * watched[0] / sum(watched)
    assert scores[0].sum() == pytest.approx(observed_less_expected, abs=1e-9)


def statistic(one, other):
    return abs(survival.log_rank_scores(one, other)[0].sum())


# The scores are found once, of both arms together; dealing the trials out again and again must say the same.
@given(epochs.filter(lambda e: len(e) <= 3), epochs.filter(lambda e: len(e) <= 3))
def test_dealing_out_scores_is_dealing_out_trials(left, right):
    pooled = [*left, *right]
    one, other = Times.of(left, [9] * len(left)), Times.of(right, [9] * len(right))
    seen = statistic(one, other)
    as_far = []
    for chosen in itertools.combinations(range(len(pooled)), len(left)):
        rest = [pooled[place] for place in range(len(pooled)) if place not in chosen]
        dealt = Times.of([pooled[place] for place in chosen], [9] * len(left))
        as_far.append(statistic(dealt, Times.of(rest, [9] * len(right))) >= seen - 1e-9)
    # Sums of unlike numbers of trials are as far as their means, since all scores add up to nothing.
    p = permutation.unpaired(*survival.log_rank_scores(one, other))
    assert p == pytest.approx(np.mean(as_far))


def test_near_scipy_s_asymptotic_p_for_many_trials():
    generator = np.random.default_rng(1)
    one, other = (generator.geometric(chance, 12).astype(float) for chance in (0.3, 0.2))
    left = Times.of(np.where(one > 9, NAN, one), [9] * 12)
    right = Times.of(np.where(other > 9, NAN, other), [9] * 12)
    expected = stats.logrank(
        *(stats.CensoredData(uncensored=t.cost[t.reached], right=t.cost[~t.reached]) for t in (left, right))
    ).pvalue
    assert permutation.unpaired(*survival.log_rank_scores(left, right)) == pytest.approx(expected, abs=0.05)
