"""Learning curves: parameters that are known come back, and intervals hold what they say on fresh chains."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from reports.numbers import learning_curve

SIZES = np.array([250.0, 500, 1000, 2000, 4000])


def power_law(sizes, a, b, c):
    return a * np.asarray(sizes, float) ** -b + c


@given(st.floats(0.1, 1.2), st.floats(0, 0.1), st.floats(0.1, 0.3))
@settings(max_examples=30, deadline=None)
def test_known_parameters_come_back(b, c, first):
    a = first * 250**b
    chains = power_law(SIZES, a, b, c) * np.array([[0.9], [1.0], [1 / 0.9]])
    curve = learning_curve.fit(SIZES, chains)
    assert (curve.b, curve.c) == pytest.approx((b, c), rel=0.02, abs=0.003)
    assert curve.at(8000) == pytest.approx(power_law(8000, a, b, c), rel=1e-3)


def test_it_is_the_fit_of_least_squares_that_scipy_finds():
    generator = np.random.default_rng(3)
    chains = power_law(SIZES, 2.0, 0.4, 0.05) * np.exp(generator.normal(0, 0.03, (6, 5)))
    curve = learning_curve.fit(SIZES, chains)
    means = np.log(chains).mean(axis=0)
    (log_a, b, c), _ = optimize.curve_fit(
        lambda n, log_a, b, c: np.log(np.exp(log_a) * n**-b + c), SIZES, means,
        p0=(0.5, 0.3, 0.02), bounds=([-5, 0, 0], [10, 3, 1]), xtol=1e-14, ftol=1e-14, gtol=1e-14,
    )  # fmt: skip
    assert (curve.a, curve.b, curve.c) == pytest.approx((math.exp(log_a), b, c), rel=0.02)
    assert curve.at(8000) == pytest.approx(power_law(8000, math.exp(log_a), b, c), rel=1e-3)


def test_nothing_is_said_far_beyond_the_data():
    curve = learning_curve.fit(SIZES, power_law(SIZES, 2, 0.4, 0.05) * np.ones((3, 1)))
    assert curve.at(8000) > 0
    for ask in (curve.at, curve.between):
        with pytest.raises(ValueError, match="8,400 is more than 2 times the largest size, 4,000"):
            ask(8400)


@pytest.mark.parametrize(
    ("sizes", "chains"),
    [
        (SIZES[:3], np.full((5, 3), 0.2)),  # three sizes, three parameters
        (SIZES, np.full((2, 5), 0.2)),
        (SIZES, np.where(np.eye(5), 0.0, 0.2)),  # no error at all at one size
        (SIZES, np.where(np.eye(5), math.nan, 0.2)),
    ],
)
def test_there_is_no_curve_of_too_little(sizes, chains):
    assert learning_curve.fit(sizes, chains) is None


def test_images_that_an_error_takes_are_at_least_so_many():
    chains = power_law(SIZES, 3.0, 0.4, 0.02) * np.array([[0.97], [1.0], [1.03], [1.01], [0.99]])
    curve = learning_curve.fit(SIZES, chains)
    needed = optimize.brentq(lambda n: power_law(n, 3.0, 0.4, 0.02) - 0.115, 4000, 8000)
    assert 4000 <= curve.at_least(0.115) < needed
    assert curve.at_least(0.05) == math.inf  # not even with 8,000
    assert curve.at_least(0.5) == 4000


def test_the_largest_size_is_held_against_the_fit_to_the_others():
    chains = power_law(SIZES, 2, 0.4, 0.05) * np.array([[0.98], [1.0], [1.02]])
    found = learning_curve.check(SIZES, chains)
    assert found.held and found.size == 4000
    assert found.expected.estimate == pytest.approx(power_law(4000, 2, 0.4, 0.05), rel=1e-3)
    chains[:, -1] *= 1.5
    assert not learning_curve.check(SIZES, chains).held
    assert learning_curve.check(SIZES[1:], chains[:, 1:]) is None  # three sizes are no curve
    assert learning_curve.check([*SIZES[:-1], 5000], chains) is None  # farther than a forecast reaches
    assert learning_curve.check([61, 123, 247, 494, 989], chains) is not None  # halves of 989 photographs


def test_two_curves_cross_where_their_order_changes():
    steep, flat = (
        learning_curve.fit(SIZES, power_law(SIZES, a, b, 0) * np.ones((3, 1)))
        for a, b in ((0.2 * 4000**0.5, 0.5), (0.19 * 4000**0.2, 0.2))
    )
    exact = 4000 * (0.2 / 0.19) ** (1 / 0.3)
    assert learning_curve.crossing(steep, flat) == pytest.approx(exact, rel=0.02)
    assert learning_curve.crossing(flat, steep) == pytest.approx(exact, rel=0.02)
    assert learning_curve.crossing(flat, flat) is None


def chains_of(generator, world: str, sizes: np.ndarray, count: int, truth: np.ndarray) -> np.ndarray:
    """Fresh chains about a true curve; each world scatters in another way."""
    level = generator.normal(0, 0.03, (count, 1))
    if world == "small sizes scatter more":
        noise = generator.normal(0, 0.03, (count, len(sizes))) * (sizes / sizes[-1]) ** -0.25
    elif world == "neighbours go together":  # subsets nest: a first-order chain of correlation 0.5
        steps = generator.normal(0, 0.04, (count, len(sizes)))
        noise = steps.copy()
        for place in range(1, len(sizes)):
            noise[:, place] = 0.5 * noise[:, place - 1] + math.sqrt(0.75) * steps[:, place]
    elif world == "heavy tails":
        noise = generator.standard_t(4, (count, len(sizes))) * 0.03
    elif world == "counted on 1,000 images":
        wrong = generator.binomial(1000, np.clip(truth * np.exp(level), 0, 1))
        return np.maximum(wrong, 0.5) / 1000
    return truth * np.exp(level + noise)


WORLDS = [
    "small sizes scatter more", "neighbours go together", "heavy tails", "counted on 1,000 images",
]  # fmt: skip
CURVES = [(0.2, 0.0, 0.35), (0.35, 0.08, 0.30), (0.5, 0.0, 0.40), (0.8, 0.12, 0.40), (1.2, 0.10, 0.30)]


def coverage(world, sizes, count, studies, seed=0):
    """The shares of studies whose interval at twice the sizes holds the true error, and is not above it."""
    generator = np.random.default_rng(seed)
    held, not_above = 0, 0
    for study in range(studies):
        b, c, first = CURVES[study % len(CURVES)]
        a = (first - c) * sizes[0] ** b
        curve = learning_curve.fit(
            sizes, chains_of(generator, world, sizes, count, power_law(sizes, a, b, c))
        )
        found, truth = curve.between(2 * sizes[-1]), power_law(2 * sizes[-1], a, b, c)
        held += found.low <= truth <= found.high
        not_above += found.low <= truth
    return held / studies, not_above / studies


@pytest.mark.parametrize("world", WORLDS)
def test_the_interval_holds_the_error_of_fresh_chains(world):
    held, not_above = coverage(world, SIZES, 5, 100)
    assert held >= 0.9 - 2 * math.sqrt(0.09 / 100)
    assert not_above >= held


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("sizes", "count"), [(SIZES[1:], 3), (SIZES[1:], 8), (SIZES, 5), (SIZES, 8), (SIZES, 20)]
)
def test_the_interval_holds_the_error_for_each_number_of_sizes_and_chains(world, sizes, count):
    held, _ = coverage(world, sizes, count, 300, seed=1)
    assert 0.9 - 2 * math.sqrt(0.09 / 300) <= held
