"""Splits: disjoint, exact, seeded, stratified, nested, with whole groups; and what they refuse."""

import functools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from experiments.data import split_sizes, splits
from experiments.data.splits import Split
from experiments.errors import UserError
from tests.support.hundred import LABELS, NO_TEST, chosen, same, sizes

label_lists = st.lists(st.integers(0, 5), min_size=1, max_size=120).map(np.array)


@given(sizes, st.integers(0, 2**32))
def test_disjoint_and_of_the_sizes_asked_for(asked, seed):
    found = chosen(**asked, seed=seed)
    assert [len(part) for part in found] == [asked["train"], asked["validation"], asked["test"]]
    assert len(set(np.concatenate(found).tolist())) == sum(asked.values())


@given(sizes, st.integers(0, 2**32), st.integers(10, 60))
def test_a_data_set_s_own_test_part_stays_its_test(asked, seed, first_of_test):
    assume(asked["train"] + asked["validation"] <= 60 and asked["test"] <= 30)
    in_test = np.zeros(100, bool)
    in_test[np.random.default_rng(first_of_test).permutation(100)[:40]] = True
    found = chosen(**asked, seed=seed, in_test=in_test)
    assert in_test[found.test].all()
    assert not in_test[found.train].any()
    assert not in_test[found.validation].any()


@given(st.integers(0, 2**32))
def test_a_seed_is_a_split(seed):
    assert same(chosen(seed=seed), chosen(seed=seed))
    other = chosen(seed=seed + 1)
    for one, another in zip(chosen(seed=seed), other, strict=True):
        assert set(one.tolist()) != set(another.tolist())


# 6 : 3 : 1 of 40, 20 and 20.
def test_stratified():
    found = chosen()
    assert np.bincount(LABELS[found.train]).tolist() == [24, 12, 4]
    assert np.bincount(LABELS[found.validation]).tolist() == [12, 6, 2]
    assert np.bincount(LABELS[found.test]).tolist() == [12, 6, 2]


@settings(max_examples=300)
@given(label_lists, st.integers(0, 2**32))
def test_every_prefix_is_in_proportion_to_within_one_image(labels, seed):
    order = splits.stratified_order(labels, np.random.default_rng(seed))
    assert sorted(order.tolist()) == list(range(len(labels)))
    lengths = np.arange(1, len(labels) + 1)
    for label in np.unique(labels):
        counted = np.cumsum(labels[order] == label)
        proportion = lengths * np.mean(labels == label)
        assert np.abs(counted - proportion).max() < 1 + 1e-9


# One large class of 90 and ten classes of one image: after 45 images 40½ are of the large one.
def test_many_rare_classes_do_not_all_come_at_once():
    labels = np.concatenate([np.zeros(90, int), np.arange(1, 11)])
    order = splits.stratified_order(labels, np.random.default_rng(0))
    assert np.sum(labels[order[:45]] == 0) in {40, 41}


# Equal classes: each block of three holds one of each, in an order of its own.
def test_equal_classes_come_in_blocks():
    labels = np.tile([0, 1, 2], 20)
    blocks = labels[splits.stratified_order(labels, np.random.default_rng(0))].reshape(20, 3)
    assert (np.sort(blocks, axis=1) == [0, 1, 2]).all()
    assert len({tuple(block) for block in blocks.tolist()}) == 6


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 100), st.booleans())
def test_training_subsets_nest_and_the_rest_stays(one, other, seed, own_test):
    in_test = np.arange(100) % 5 == 0 if own_test else NO_TEST
    small, large = (
        chosen(train=size, validation=20, test=20, seed=seed, in_test=in_test)
        for size in sorted([one, other])
    )
    np.testing.assert_array_equal(small.train, large.train[: len(small.train)])
    np.testing.assert_array_equal(small.validation, large.validation)
    np.testing.assert_array_equal(small.test, large.test)


# 100 images, 40 of them the data set's own test part.
@pytest.mark.parametrize(
    ("asked", "own_test", "message"),
    [
        ({"test": 101}, False, "data.test: 101 images asked for, 100 there; ask for fewer"),
        ({"test": 41}, True, "data.test: 41 images asked for, 40 there; ask for fewer"),
        ({"train": 61}, False, "data.validation + data.train: 81 images asked for, 80 there; ask for fewer"),
        ({"train": 41}, True, "data.validation + data.train: 61 images asked for, 60 there; ask for fewer"),
    ],
)
def test_too_many_images_are_refused_by_field(asked, own_test, message):
    with pytest.raises(UserError) as caught:
        chosen(**asked, in_test=np.arange(100) >= 60 if own_test else NO_TEST)
    assert str(caught.value) == message


def test_the_last_image_can_be_used():
    found = chosen(train=60, validation=20, test=20)
    assert sorted(np.concatenate(found).tolist()) == list(range(100))


def fitting(train, validation, test, *, train_part, test_part=0):
    asked = {"train": train, "validation": validation, "test": test}
    return list(split_sizes.fitting_sizes(asked, train_part=train_part, test_part=test_part).values())


def test_fitting_sizes_shrink_in_proportion_once_the_test_is_as_small_as_validation():
    assert fitting(100, 50, 200, train_part=300) == [100, 50, 150]
    assert fitting(100, 50, 200, train_part=200) == [100, 50, 50]
    assert fitting(100, 50, 200, train_part=60) == [30, 15, 15]
    assert fitting(70, 20, 10, train_part=100) == [70, 20, 10]  # just fits
    assert fitting(70, 20, 10, train_part=1000) == [70, 20, 10]  # never grows
    assert fitting(70, 20, 10, train_part=50) == [35, 10, 5]
    assert fitting(49, 25, 24, train_part=2) == [1, 0, 0]  # 49 · 2/98 is 1, and 1 exactly
    assert fitting(80, 20, 10, train_part=50, test_part=100) == [40, 10, 10]
    assert fitting(80, 20, 10, train_part=500, test_part=5) == [80, 20, 5]


size = st.integers(1, 10**6)


@given(size, size, size, size, st.integers(0, 10**6))
def test_fitting_sizes_fit_and_are_in_proportion_to_within_one_image(
    train, validation, test, train_part, test_part
):
    found = fitting(train, validation, test, train_part=train_part, test_part=test_part)
    shrunk = (
        test
        if test_part
        else max(min(test, validation), test - max(0, train + validation + test - train_part))
    )
    groups = [((0, 1), train_part), ((2,), test_part)] if test_part else [((0, 1, 2), train_part)]
    for members, there in groups:
        asked = [(train, validation, shrunk)[index] for index in members]
        assert sum(found[index] for index in members) <= there
        for index, wanted in zip(members, asked, strict=True):
            ideal = wanted * min(1, there / sum(asked))
            assert ideal - 1 - 1e-6 < found[index] <= ideal + 1e-6


# 32 bytes for each of ten images: image k is 32 times the byte k.
IMAGES = np.repeat(np.arange(10, dtype=np.uint8)[:, np.newaxis], 32, axis=1)


def digests(train, validation, test, images=IMAGES):
    return splits.digests(Split(np.array(train), np.array(validation), np.array(test)), images)


# head -c 32 /dev/zero | tr '\\0' '\\2' | sha256sum   begins with 75877bb41d393b5f.
def test_digests_look_like_this():
    assert digests([0, 1], [2], [3]) == {
        "split": "39f0feceab2161b5",
        "train": "5c85955f709283ec",
        "validation": "75877bb41d393b5f",
        "test": "648aa5c579fb30f3",
    }


def test_digests_are_those_of_the_images():
    before = digests([0, 1], [2], [3])
    assert digests([0, 4], [2], [3])["train"] != before["train"]
    assert digests([1, 0], [2], [3])["train"] != before["train"]  # the order is the training order
    assert digests([0, 1], [4], [3])["validation"] != before["validation"]
    assert digests([0, 1], [2], [4])["test"] != before["test"]
    for other in (digests([0, 4], [2], [3]), digests([0, 1], [4], [3]), digests([0, 1], [2], [4])):
        assert sum(other[name] != before[name] for name in before) == 2  # that split's, and "split"
    # The same images at other positions are the same images.
    assert digests([9, 8], [7], [6], IMAGES[::-1]) == before


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_splits_of_other_seeds_have_other_digests(one, other):
    images = np.repeat(np.arange(100, dtype=np.uint8)[:, np.newaxis], 32, axis=1)
    first, second = (splits.digests(chosen(seed=seed), images) for seed in (one, other))
    assert (first == second) == (one == other)


# Validation and test are kept in the order of the data set, so that their digests name sets of images.
@given(st.integers(0, 1000))
def test_validation_and_test_are_in_the_order_of_the_data_set(seed):
    found = chosen(seed=seed)
    assert (np.diff(found.validation) > 0).all()
    assert (np.diff(found.test) > 0).all()
    assert not (np.diff(found.train) > 0).all()


# Images 60 to 79 are of class 1, the first 80 of classes 0 and 1.
def test_a_class_that_is_missing_is_named():
    assert splits.missing_classes(LABELS, chosen()) == []
    tested = chosen()._replace(test=np.arange(60, 80))
    assert splits.missing_classes(LABELS, tested) == [(0, "test"), (2, "test")]
    validated = chosen()._replace(validation=np.arange(80))
    assert splits.missing_classes(LABELS, validated) == [(2, "validation")]


# 192 images of two classes and 3 of a third, which is as many as there are splits.
@given(st.integers(0, 2**32), st.sampled_from([(65, 65, 65), (60, 60, 60), (50, 50, 90), (100, 40, 3)]))
def test_the_rarest_class_stands_in_every_split_where_it_can(seed, asked):
    labels = np.repeat([0, 1, 2], [96, 96, 3])
    train, validation, test = asked
    split = functools.partial(splits.split, labels, np.zeros(195, bool), np.arange(195), seed=seed)
    found = split(train=train, validation=validation, test=test)
    assert [len(part) for part in found] == list(asked)
    assert len(set(np.concatenate(found).tolist())) == sum(asked)
    assert {2} <= set(labels[found.validation]) & set(labels[found.test])
    whole = split(train=195 - validation - test, validation=validation, test=test)
    assert 2 in labels[whole.train]
    assert same(whole._replace(train=found.train), found)


# Where no class is rare, they are as before: splits that were trained on do not change.
@given(st.integers(20, 40), st.integers(0, 2**32))
def test_a_split_that_misses_no_class_is_the_beginning_of_its_order(test, seed):
    order = splits.stratified_order(LABELS, np.random.default_rng([seed, 0]))
    assert chosen(train=20, validation=20, test=test, seed=seed).test.tolist() == sorted(
        order[:test].tolist()
    )


# Images that belong together stay on one side of a split.

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
