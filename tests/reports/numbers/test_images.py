"""What shared test images add to a variance: against the two-way analysis of variance, and by simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reports.numbers.images import (
    TRAINED,
    common_images,
    pool_variance,
    share_of_images,
    shared_images_variance,
)


def two_way(table):
    """V_seed, V_image, V_residual of the mean of a table (seeds, images), by the sums of squares."""
    seeds, images = table.shape
    of_seeds, of_images = table.mean(axis=1), table.mean(axis=0)
    residual = table - of_seeds[:, None] - of_images[None, :] + table.mean()
    mean_square = (residual**2).sum() / ((seeds - 1) * (images - 1))
    return of_seeds.var(ddof=1) / seeds, of_images.var(ddof=1) / images, mean_square / (seeds * images)


# Two seeds, two images: image 1 is +1 at both, image 2 is 0 and -1. Products about the means 0.5 and 0:
# 0.5 × 1 + -0.5 × -1 = 1, with one degree of freedom; both images are common, 1 × 2 / (2 × 2).
def test_two_images_by_hand():
    both = [np.array([5, 9]), np.array([9, 5])]
    assert shared_images_variance([np.array([1, 0]), np.array([-1, 1])], both) == pytest.approx(0.5)


tables = st.tuples(st.integers(2, 6), st.integers(2, 12)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.sampled_from([-1.0, 0.0, 1.0]))
)


@given(tables, st.randoms(use_true_random=False))
def test_with_the_same_images_it_is_v_image_minus_v_residual(table, random):
    _, of_images, residual = two_way(table)
    orders = [random.sample(range(table.shape[1]), table.shape[1]) for _ in table]
    found = shared_images_variance(
        [row[order] for row, order in zip(table, orders, strict=True)],
        [100 + np.array(each) for each in orders],
    )
    assert found == pytest.approx(max(0.0, of_images - residual), abs=1e-12)


@given(tables)
def test_with_other_images_at_every_seed_it_is_nothing(table):
    positions = np.arange(table.size).reshape(table.shape)
    assert shared_images_variance([*table], [*positions]) == 0


def test_one_seed_tells_nothing_nor_does_a_seed_without_images():
    one = np.array([0.0, 1.0])
    assert math.isnan(shared_images_variance([one], [np.array([1, 2])]))
    assert math.isnan(shared_images_variance([one, np.array([])], [np.array([1, 2]), np.array([])]))
    assert math.isnan(shared_images_variance([one, one * math.nan], [np.array([1, 2])] * 2))


# Each world: seeds, pool of images, images tested. Expected differences of images have an sd of 0.4, those of
# seeds of 0.02, and each answer has noise of sd 0.5. The pool is drawn anew in every study, as are the test
# images of each seed from it.
@pytest.mark.parametrize(("seeds", "pool", "tested"), [(5, 200, 200), (6, 400, 200), (8, 300, 150)])
def test_with_the_spread_of_seeds_it_is_the_variance_of_the_mean(seeds, pool, tested):
    generator = np.random.default_rng(0)
    means, spread, shared = [], [], []
    for _ in range(800):
        images = generator.normal(0, 0.4, pool)
        positions = [generator.permutation(pool)[:tested] for _ in range(seeds)]
        values = [
            images[each] + generator.normal(0, 0.02) + generator.normal(0, 0.5, tested) for each in positions
        ]
        of_seeds = [each.mean() for each in values]
        means.append(np.mean(of_seeds))
        spread.append(np.var(of_seeds, ddof=1) / seeds)
        shared.append(shared_images_variance(values, positions))
    true = np.var(means, ddof=1)
    # The sampling error of a variance of 800 draws is 5 % of it.
    assert np.mean(spread) + np.mean(shared) == pytest.approx(true, rel=0.15)
    assert np.mean(spread) < 0.75 * true


def test_the_order_of_seeds_does_not_matter():
    generator = np.random.default_rng(1)
    values = [generator.choice([-1.0, 0.0, 1.0], 30) for _ in range(4)]
    positions = [generator.permutation(50)[:30] for _ in range(4)]
    found = [
        shared_images_variance([values[each] for each in order], [positions[each] for each in order])
        for order in itertools.permutations(range(4))
    ]
    assert found == pytest.approx([found[0]] * len(found))


# Seeds whose images alone differ: all of the variance; a shift between seeds: less.
def test_the_share_of_the_images():
    generator = np.random.default_rng(0)
    alone = [generator.normal(0, 1, 400) for _ in range(200)]
    assert share_of_images(alone) == pytest.approx(1, abs=0.2)
    shifted = [each + shift for each, shift in zip(alone, generator.normal(0, 0.1, 200), strict=True)]
    assert share_of_images(shifted) == pytest.approx(0.0025 / (0.0025 + 0.01), abs=0.06)
    assert math.isnan(share_of_images(alone[:1]))


# Images that differ with an sd of 0.4, of which each seed tests a part; the noise of answers is not shared.
@pytest.mark.parametrize(("pool", "tested"), [(200, 50), (1000, 100), (400, 400)])
def test_the_variance_between_images_is_found_whatever_share_is_tested(pool, tested):
    generator = np.random.default_rng(0)
    found = []
    for _ in range(300):
        images = generator.normal(0, 0.4, pool)
        positions = [generator.permutation(pool)[:tested] for _ in range(6)]
        found.append(
            common_images([images[each] + generator.normal(0, 0.5, tested) for each in positions], positions)
        )
    assert np.mean([each.variance for each in found]) == pytest.approx(0.16, rel=0.05)
    expected = 15 * tested**2 / pool
    assert np.mean([each.images for each in found]) == pytest.approx(expected, rel=0.05)
    of_pool, _ = pool_variance([images[each] for each in positions], positions, pool)
    assert of_pool == pytest.approx((1 + TRAINED) * images.var(ddof=1) / pool, rel=0.25)


def test_few_common_images_tell_nothing_of_a_pool():
    values = [np.arange(20.0) % 3 for _ in range(3)]
    positions = [np.arange(20) + 15 * seed for seed in range(3)]
    assert math.isnan(pool_variance(values, positions, 10_000)[0])


# One image that both tested, and values about the means 1/2 and 1/2: the product is -1/4; of two means of two
# images that share one, 1 - 1/2 - 1/2 + 1/4 of a variance is expected. Below 0 it is nothing.
def test_a_variance_is_never_negative():
    found = common_images([np.array([0.0, 1.0]), np.array([1.0, 0.0])], [np.array([1, 2]), np.array([1, 3])])
    assert found[:3] == (0.0, 1, 0.25)
    found = common_images([np.array([0.0, 1.0]), np.array([0.0, 1.0])], [np.array([1, 2]), np.array([1, 3])])
    assert found[:3] == (1.0, 1, 0.25)
