"""Rows of trials: which follow each other in a process, and how long a study takes with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.planning import rows
from experiments.studies import reading
from tests.support.small_study import DIGESTS, SMALL

TRIALS = reading.parse({**SMALL, "seeds": list(range(1, 9))}, "small").trials(DIGESTS)  # 8 seeds × 2 arms
ALIKE = {each.trial.id: 1.0 for each in TRIALS}


def arms(row):
    return [(each.arm, each.trial.seed) for each in row]


def test_seeds_of_one_arm_follow_each_other():
    row = rows.next_row(TRIALS, ALIKE, workers=1)
    assert arms(row) == [("plain_cnn", seed) for seed in (1, 2, 3, 4)]
    assert arms(rows.next_row(TRIALS, ALIKE, workers=1, most=1)) == [("plain_cnn", 1)]


# 16 s: while one worker has 4 of them, three others have 12, and seven others only 12 in place of 28.
@pytest.mark.parametrize(("workers", "length"), [(2, 4), (4, 4), (5, 3), (8, 2), (9, 1), (100, 1)])
def test_no_other_worker_waits_for_the_end_of_a_row(workers, length):
    assert len(rows.next_row(TRIALS, ALIKE, workers)) == length


FOUR = [each for each in TRIALS if each.arm == "plain_cnn"][:4]


# The last four alike, while the other worker is busy for so many seconds.
@pytest.mark.parametrize(("running", "length"), [(0, 2), (1.9, 2), (2, 3), (4, 4)])
def test_what_runs_elsewhere_lets_a_row_be_longer(running, length):
    assert len(rows.next_row(FOUR, ALIKE, 2, running=running)) == length


def test_a_trial_that_was_tried_follows_no_other():
    row = rows.next_row(TRIALS, ALIKE, 1, follows=lambda each: each.trial.seed != 2)
    assert arms(row) == [("plain_cnn", seed) for seed in (1, 3, 4, 5)]


# One worker: rows of four, of which three each save half a second.
def test_the_wall_clock_counts_what_followers_save():
    again = dict.fromkeys(ALIKE, 0.5)
    assert rows.wall_seconds(TRIALS, ALIKE, again, workers=1, most=1) == 16
    assert rows.wall_seconds(TRIALS, ALIKE, again, workers=1) == 10
    assert 5 <= rows.wall_seconds(TRIALS, ALIKE, again, workers=2) <= 6
    assert rows.wall_seconds([], {}, {}, workers=2) == 0


@given(
    st.lists(st.floats(0.1, 100), min_size=16, max_size=16),
    st.integers(1, 5),
    st.integers(1, 8),
    st.floats(0, 1),
)
def test_every_trial_runs_once_and_no_worker_is_idle_for_long(lengths, workers, most, kept):
    seconds = dict(zip(ALIKE, lengths, strict=True))
    again = {key: value * kept for key, value in seconds.items()}
    waiting, seen = list(TRIALS), []
    while waiting:
        row = rows.next_row(waiting, seconds, workers, most)
        assert 1 <= len(row) <= most
        assert len({each.trial.apart_from_seed for each in row}) == 1
        seen += row
        waiting = [each for each in waiting if each not in row]
    assert sorted(each.trial.id for each in seen) == sorted(ALIKE)
    wall = rows.wall_seconds(TRIALS, seconds, again, workers, most)
    assert wall <= sum(seconds.values()) * (1 + 1e-9)
    assert wall >= sum(again.values()) / workers - 1e-9
