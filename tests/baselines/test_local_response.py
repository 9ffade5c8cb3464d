"""Local response normalisation against the paper's formula, by hand and in a loop."""

import keras
import numpy as np
import pytest

from baselines.local_response import LocalResponseNormalization


# One pixel, channels 3, 0, 4; size 3, k 1, alpha 1, beta 0.5: a / √(1 + Σ a² of itself and its neighbours):
#   3 / √(1 + 9 + 0),  0,  4 / √(1 + 0 + 16)
def test_by_hand():
    layer = LocalResponseNormalization(size=3, k=1, alpha=1, beta=0.5)
    found = np.asarray(layer(np.array([[[[3, 0, 4]]]], "float32")))
    np.testing.assert_allclose(found, [[[[3 / 10**0.5, 0, 4 / 17**0.5]]]], rtol=1e-6)


def test_constants_are_the_papers():
    layer = LocalResponseNormalization()
    assert (layer.k, layer.size, layer.alpha, layer.beta) == (2, 5, 1e-4, 0.75)
    # A channel among equals of 100: 100 / (2 + 1e-4 · 5 · 10,000) ** 0.75 = 100 / 7 ** 0.75
    found = np.asarray(layer(np.full((1, 1, 1, 9), 100, "float32")))
    assert found[0, 0, 0, 4] == pytest.approx(100 / 7**0.75)
    # The first has itself and two more: 100 / (2 + 3) ** 0.75
    assert found[0, 0, 0, 0] == pytest.approx(100 / 5**0.75)


@pytest.mark.parametrize("channels", [1, 2, 5, 11])
def test_against_a_loop(channels):
    k, size, alpha, beta = 1.5, 5, 0.3, 0.75
    a = np.random.default_rng(0).normal(size=(2, 3, 4, channels)).astype("float32")
    expected = np.empty_like(a)
    for i in range(channels):
        total = 0
        for j in range(max(0, i - size // 2), min(channels - 1, i + size // 2) + 1):
            total = total + a[..., j] ** 2
        expected[..., i] = a[..., i] / (k + alpha * total) ** beta
    found = LocalResponseNormalization(size=size, k=k, alpha=alpha, beta=beta)(a)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5)


def test_half_precision_does_not_overflow():
    layer = LocalResponseNormalization(dtype="float16")
    found = np.asarray(layer(np.full((1, 1, 1, 9), 1000, "float16")))  # 1000² is beyond float16
    assert found.dtype == "float16"
    assert found[0, 0, 0, 4] == pytest.approx(1000 / 502**0.75, rel=2e-3)


def test_configuration_survives_saving(tmp_path):
    images = keras.Input((2, 2, 7))
    layer = LocalResponseNormalization(size=3, k=1.0, alpha=0.1, beta=0.5)
    keras.Model(images, layer(images)).save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True).layers[-1]
    assert type(loaded) is LocalResponseNormalization
    assert loaded.get_config() == layer.get_config()


def test_an_even_size_is_refused():
    with pytest.raises(ValueError, match=r"size must be odd, .*, not 4"):
        LocalResponseNormalization(size=4)
