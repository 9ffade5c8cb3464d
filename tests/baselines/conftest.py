import keras
import pytest


@pytest.fixture
def without_draws(monkeypatch):
    """Weights of zero: a network of 138 million is counted in a fraction of the time that its draws take."""
    monkeypatch.setattr(
        keras.initializers.HeNormal, "__call__", lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype)
    )
