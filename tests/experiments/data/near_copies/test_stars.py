"""Groups about a centre: no chain of look-alikes, and all copies of one image together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from experiments.data.near_copies import stars

PAIRS = st.lists(
    st.tuples(st.integers(0, 19), st.integers(0, 19)).filter(lambda pair: pair[0] < pair[1]), max_size=60
)


def none(pairs: np.ndarray) -> np.ndarray:
    return np.zeros(len(pairs), bool)


def joined(pairs, count=20, are_copies=none):
    return stars.joined(np.array(pairs, int).reshape(-1, 2), count, are_copies)


def test_a_chain_is_cut_into_stars():
    centres = joined([(number, number + 1) for number in range(19)])
    assert np.bincount(centres).max() == 3


def test_stars_whose_centres_are_copies_are_one():
    pairs = [(0, 1), (0, 2), (1, 3), (3, 4), (3, 5)]
    assert len(set(joined(pairs)[:6].tolist())) == 2
    together = joined(pairs, are_copies=lambda each: np.ones(len(each), bool))
    assert len(set(together[:6].tolist())) == 1


@given(PAIRS)
def test_every_member_is_a_copy_of_its_centre(pairs):
    known = {frozenset(pair) for pair in pairs}
    for image, centre in enumerate(joined(pairs).tolist()):
        assert image == centre or frozenset((image, centre)) in known


@given(PAIRS)
def test_without_doubt_groups_are_what_pairs_connect(pairs):
    centres = joined(pairs, are_copies=lambda each: np.ones(len(each), bool))
    seen = {image for pair in pairs for image in pair}
    assert all(centres[image] == image for image in range(20) if image not in seen)
    assert (centres[centres] == centres).all()
