"""E-values against an integral of scipy's noncentral t, and their promise against simulated studies."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import integrate, stats

from reports.numbers import evidence
from reports.numbers.pairs import Sharing

differences = st.lists(st.integers(-40, 40).map(lambda k: k / 4), min_size=2, max_size=10)


def integrated(values, expected=1.0, share=0.0):
    """The mean density of t over effects from the prior, over its density without effect."""
    count = len(values)
    variance = 1 / count + share / (1 - share)  # of the mean, in s²
    t = np.mean(values) / (np.std(values, ddof=1) * math.sqrt(variance))

    def density(effect):
        shifted = stats.nct.pdf(t, count - 1, effect / math.sqrt(variance))
        return shifted * stats.norm.pdf(effect, scale=math.sqrt(expected))

    reach = 6 * math.sqrt(expected)
    total, _ = integrate.quad(density, -reach, reach, epsabs=0, epsrel=1e-8, limit=400)
    return total / stats.t.pdf(t, count - 1)


@pytest.mark.parametrize("expected", [0.25, 1.0, 2.0])
@pytest.mark.parametrize("share", [0.0, 0.2])
@pytest.mark.parametrize("values", [[0.3, -0.1, 0.8, 0.4], [1, 2, 3, 4, 5, 6, 7, 2], [0.1, -0.1, 0.05]])
def test_as_integrated_over_the_prior(values, share, expected):
    found = evidence.e_value(values, 0.0, Sharing(share), expected)
    assert found == pytest.approx(integrated(values, expected, share), rel=1e-4)


# Gönen, Johnson, Lu and Westfall 2005, The American Statistician 59, equation 2, one sample of 8, t² = 9:
# (1 + t²/ν)^4 (1 + 8)^(−1/2) / (1 + t²/(9 ν))^4 with ν = 7: (16/7)^4 / 3 / (8/7)^4 = 16 / 3.
def test_by_hand():
    values = np.array([-1.0, 1, -1, 1, -1, 1, -1, 1])
    values = values / values.std(ddof=1) + 3 / math.sqrt(8)
    assert evidence.e_value(values) == pytest.approx(16 / 3)


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_expected_at_most_one_where_nothing_is_true_and_seldom_ever_high(share):
    generator = np.random.default_rng(5)
    common = generator.normal(0, math.sqrt(share / (1 - share)), (3_000, 1)) if share else 0.0
    studies = generator.normal(size=(3_000, 20)) + common
    found = np.array(
        [[evidence.e_value(study[:n], 0.0, Sharing(share)) for n in range(2, 21, 3)] for study in studies]
    )
    doubt = 3 * np.minimum(found, 50).std(axis=0) / math.sqrt(len(found))
    assert (np.minimum(found, 50).mean(axis=0) <= 1 + doubt).all()
    # Ville 1939: at any time above 1 / a in a share a of studies at most.
    for level in (0.01, 0.05, 0.2):
        ever = (found >= 1 / level).any(axis=1).mean()
        assert ever <= level + 3 * math.sqrt(level * (1 - level) / len(found))


# Seeds that share a quarter of the pool have a part in common that no number of them shows.
def test_images_in_common_leave_less_evidence():
    values = np.random.default_rng(0).normal(1, 1, 20)
    alone, shared = evidence.e_value(values), evidence.e_value(values, 0.0, Sharing(0.25))
    assert shared < 1.5 < 50 < alone
    assert evidence.e_value(values, 0.0, Sharing(images=0.1)) < alone


@pytest.mark.parametrize(
    "values", [[], [0.3], np.full(8, 0.0005), np.full(8, 0.1 + 0.2) - 0.3 + 1e-17, [0.1, 0.2, -np.inf]]
)
def test_nothing_to_measure_against_shows_nothing(values):
    assert evidence.e_value(np.array(values)) == 1.0


def test_the_clearest_difference_is_a_number():
    values = np.array([1 - 1e-9, 1 + 1e-9] * 400)
    assert 1e300 < evidence.e_value(values) < math.inf


@given(differences, st.sampled_from([0.01, 3.0]), st.sampled_from([-2.0, 0.5]))
def test_unit_side_and_margin_do_not_matter(values, scale, shift):
    assume(len({*values}) > 1)
    found = np.array(values)
    expected = pytest.approx(evidence.e_value(found), rel=1e-6)
    assert evidence.e_value(scale * found) == expected
    assert evidence.e_value(-found) == expected
    assert evidence.e_value(found + shift, shift) == expected
