"""Verdicts at planned looks: what a look may decide, and what stays of an earlier one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import looks, names
from reports.answers import planned, verdicts
from reports.answers.verdicts import REFUTED, SUPPORTED, UNDECIDED, Evidence

LOOKS = (6, 8, 10, 15, 20)


def supported(p):
    return Evidence(p, 0, SUPPORTED)


p_values = st.one_of(st.sampled_from([0.0, 0.001, 0.01, 0.02, 1.0]), st.floats(0, 1))
claims = st.lists(
    st.one_of(
        st.none(), st.builds(Evidence, p_values, st.just(0), st.sampled_from([SUPPORTED, REFUTED, UNDECIDED]))
    ),
    min_size=1,
    max_size=6,
)


# A study that is judged once has Holm's adjustment and nothing else: the rule before there were looks.
@given(claims)
def test_a_single_look_decides_as_ever(evidence):
    found = planned.follow([evidence], [8])
    expected = verdicts.decide(evidence)
    assert [each.verdict for each in found] == [verdict for _, verdict in expected]
    for each, (p, _) in zip(found, expected, strict=True):
        assert math.isnan(each.p) if math.isnan(p) else each.p == pytest.approx(p)


# One claim: p must be at most .0171 at each of the five looks; two: .0081 for the first, .0171 for the other.
@pytest.mark.parametrize(("p", "verdict"), [(0.0170, SUPPORTED), (0.0172, UNDECIDED)])
def test_one_claim_at_the_first_look(p, verdict):
    assert planned.follow([[supported(p)]], LOOKS)[0].verdict == verdict


def test_a_decided_claim_leaves_its_share_to_the_other():
    one, other = planned.follow([[supported(0.0080), supported(0.0170)]], LOOKS)
    assert (one.verdict, other.verdict) == (SUPPORTED, SUPPORTED)
    one, other = planned.follow([[supported(0.0082), supported(0.0170)]], LOOKS)
    assert (one.verdict, other.verdict) == (UNDECIDED, UNDECIDED)
    # At a later look too.
    first = [supported(0.0001), supported(0.5)]
    one, other = planned.follow([first, [supported(0.9), supported(0.0170)]], LOOKS)
    assert (one.verdict, one.look, other.verdict, other.look) == (SUPPORTED, 0, SUPPORTED, 1)


def test_a_decided_claim_keeps_its_verdict():
    later = [Evidence(0.0001, 0, REFUTED)]
    (found,) = planned.follow([[supported(0.001)], later, [Evidence(1.0, 0, UNDECIDED)]], LOOKS)
    assert (found.look, found.verdict) == (0, SUPPORTED)
    assert found.p == pytest.approx(looks.overall(0.001, LOOKS))


def test_an_undecided_claim_shows_the_last_look():
    (found,) = planned.follow([[supported(0.3)], [supported(0.03)]], LOOKS)
    assert (found.look, found.verdict) == (1, UNDECIDED)
    assert found.p == pytest.approx(looks.overall(0.03, LOOKS))


def test_a_withdrawn_claim_stays_in_the_family():
    alone = planned.follow([[supported(0.0170)]], LOOKS)[0]
    beside, withdrawn = planned.follow([[supported(0.0170), None]], LOOKS)
    assert (alone.verdict, beside.verdict) == (SUPPORTED, UNDECIDED)
    assert (withdrawn.look, withdrawn.verdict) == (None, UNDECIDED)
    assert math.isnan(withdrawn.p)


def test_no_look_taken_decides_nothing():
    assert planned.follow([], LOOKS) == []


# An interval that holds the margin decides nothing, however small p is.
def test_both_p_and_interval_must_agree():
    assert planned.follow([[Evidence(1e-9, 0, UNDECIDED)]], LOOKS)[0].verdict == UNDECIDED


@settings(deadline=None)
@given(st.lists(st.lists(claims.map(lambda each: each[0]), min_size=3, max_size=3), min_size=1, max_size=5))
def test_a_look_more_changes_no_verdict(evidence):
    before = planned.follow(evidence[:-1], LOOKS)
    after = planned.follow(evidence, LOOKS)
    for one, other in zip(before, after, strict=False):
        assert one.verdict == UNDECIDED or one == other


# The levels in the words of the plan: with m undecided claims the least p is held against level(m).
@settings(deadline=None)
@given(st.lists(st.floats(0.0001, 0.05), min_size=1, max_size=5))
def test_the_least_p_is_held_against_the_level_of_all(p):
    found = planned.follow([[*map(supported, p)]], LOOKS)
    least = int(np.argmin(p))
    level = looks.level(len(p), names.LOOKS)
    if abs(p[least] - level) > 1e-8:
        assert (found[least].verdict == SUPPORTED) == (p[least] < level)


# UNPLANNED is 1 %: one claim needs 100 to 1, two claims 200 each, whatever became of the other.
def test_beyond_the_plan():
    assert planned.beyond_plan([100.0]) == [True]
    assert planned.beyond_plan([199.0, None]) == [False, False]
    assert planned.beyond_plan([200.0, 1.0]) == [True, False]
    assert planned.beyond_plan([]) == []
