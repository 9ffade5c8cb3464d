"""Real learners on a known population in small: handwritten digits instead of Fashion-MNIST, few teams."""

import json

import numpy as np
import pytest

from reports.calibration import population, tables, teams
from reports.calibration.learners import LEARNERS, PAIRS
from reports.calibration.population import MissingError
from reports.calibration.teams import Pool

POOLS = (Pool(500, 200, 100), Pool(1_797, 200, 300))


@pytest.fixture(scope="module")
def digits():
    return population.digits()


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_learns(name, digits):
    places = np.random.default_rng(0).permutation(len(digits))
    train, test = places[:300], places[300:]
    learned = LEARNERS[name](
        np.random.default_rng(0), digits.features[train], digits.labels[train], digits.features[test]
    )
    assert np.mean(learned == digits.labels[test]) > 0.8


def test_a_team_draws_its_own_images_and_the_same_each_time(digits):
    first, again, other = (teams.measured(digits, POOLS[0], [team]).accuracies for team in (3, 3, 4))
    assert first.shape == (1, teams.SEEDS, len(LEARNERS))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert np.ptp(first, axis=1).min() > 0  # each seed has a split of its own, also without another seed


# 0.1, 0.2 and 0.6 by teams: each is judged by the mean of the others.
def test_the_truth_of_a_team_is_that_of_the_others():
    wide = np.array([[0.0, 0.2], [0.1, 0.3], [0.6, 0.6]])
    assert teams.margins(wide, own=True) == pytest.approx([0.4, 0.35, 0.15])
    assert teams.margins(wide, own=False) == pytest.approx([0.3] * 3)


@pytest.fixture(scope="module")
def measured(digits):
    """What 60 teams with each pool trained, and the tables."""
    with tables.workers() as executor:
        trained = teams.train(executor, digits, POOLS, 60)
        return trained, [*teams.measure(executor, trained)]


@pytest.mark.slow
def test_few_teams_are_seldom_wrong(measured):
    trained, found = measured
    assert not any(np.isnan(part).any() for each in trained.values() for part in each)
    assert [miss for table in found for miss in table.misses] == []
    assert len(found[0].rows) == len(PAIRS) * len(POOLS)
    assert all(len(row) == len(table.header) for table in found for row in table.rows)


# Seeds of a small pool share test images: t of the seeds alone is too narrow, what is measured mends it.
@pytest.mark.slow
def test_seeds_of_a_small_pool_cover_too_seldom_alone(measured):
    small, large = (measured[0][pool] for pool in POOLS)
    pair = ("linear", "nearest neighbour")
    shares = teams.judged(small, pair, teams.margins(large.differences(pair), own=False), (20,))
    assert shares.plain < 0.9 < shares.covered


def test_fashion_mnist_is_found_where_it_was_prepared(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28, 1), np.uint8)
    (tmp_path / "dataset.json").write_text(json.dumps({"classes": ["Bag", "Ankle boot"]}))
    for name, array in {"images": images, "labels": np.arange(40) % 2}.items():
        np.save(tmp_path / f"{name}.npy", array)
    found = population.fashion_mnist(tmp_path)
    assert found.features.shape == (400, population.COMPONENTS)
    assert len(found) == 400


# An image moved by two pixels has the block means of its neighbour's place.
def test_the_population_holds_each_image_moved_and_mirrored():
    images = np.random.default_rng(0).integers(1, 256, (60, 28, 28), np.uint8)
    images[:, :2] = images[:, -2:] = images[:, :, :2] = images[:, :, -2:] = 0
    moved = np.roll(images, 2, axis=1)
    alone = population.of_images(np.concatenate([images, moved]), np.zeros(120))
    both = population.of_images(np.concatenate([images, moved]), np.zeros(120), [(2, 0)])
    assert len(both) == 4 * 120
    np.testing.assert_allclose(both.features[:120], alone.features, atol=1e-4)
    np.testing.assert_allclose(both.features[120:180], alone.features[60:], atol=1e-4)


@pytest.mark.parametrize("facts", ["", "[]", '{"classes": ["0", "1"]}'])
def test_what_is_not_fashion_mnist_is_refused(facts, tmp_path):
    (tmp_path / "dataset.json").write_text(facts)
    with pytest.raises(MissingError, match=r"experiments\.data\.prepare fashion_mnist"):
        population.fashion_mnist(tmp_path)
