"""Images that belong together stay on one side of a split."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from experiments.errors import UserError
from tests.support.hundred import NO_TEST, chosen, same, sizes

grouped = st.lists(st.integers(0, 30), min_size=100, max_size=100).map(np.array)


@settings(max_examples=200)
@given(sizes, st.integers(0, 2**32), grouped, st.booleans())
def test_no_group_stands_on_two_sides(asked, seed, groups, own_test):
    in_test = np.arange(100) % 3 == 0 if own_test else NO_TEST
    try:
        found = chosen(**asked, seed=seed, groups=groups, in_test=in_test)
    except UserError:
        assume(False)
    assert [len(part) for part in found] == [asked["train"], asked["validation"], asked["test"]]
    sides = [set(groups[part].tolist()) for part in found]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


@given(st.integers(0, 2**32), grouped)
def test_grouped_training_subsets_nest_and_leave_validation_and_test_alone(seed, groups):
    try:
        small, large = (chosen(size, 5, 5, seed=seed, groups=groups) for size in (5, 20))
    except UserError:
        assume(False)
    np.testing.assert_array_equal(large.train[:5], small.train)
    assert same(small._replace(train=large.train), large)


# Pairs: of 50 pairs test takes 10 whole ones, and so does validation.
def test_groups_are_taken_whole_where_they_fit():
    pairs = np.repeat(np.arange(50), 2)
    found = chosen(train=60, validation=20, test=20, groups=pairs)
    for part in (found.validation, found.test, found.train):
        _, counts = np.unique(pairs[part], return_counts=True)
        assert (counts == 2).all()


@given(st.integers(0, 2**32))
def test_groups_of_one_change_nothing(seed):
    numbers = np.random.default_rng(seed).permutation(100)
    assert same(chosen(seed=seed), chosen(seed=seed, groups=numbers))
