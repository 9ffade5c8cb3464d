"""The plain CNN: its counts, sizes, errors, saving."""

import keras
import numpy as np
import pytest

from baselines.plain_cnn import plain_cnn


# 28×28×1 → 14 → 7 → 3 after three pools:
#   conv1   9·1·32 + 32   =    320        dense   3·3·128·128 + 128 = 147,584
#   conv2   9·32·64 + 64  = 18,496        logits  128·10 + 10       =   1,290
#   conv3   9·64·128 + 128 = 73,856       in all                      241,546
def test_default_counts():
    model = plain_cnn((28, 28, 1), 10)
    assert model.count_params() == 241_546
    assert model.get_layer("pool3").output.shape == (None, 3, 3, 128)
    assert not model.non_trainable_weights


# 5·5·3·4 + 4 = 304, flattened 8·8·4 = 256, 256·6 + 6 = 1,542, 6·2 + 2 = 14
def test_arguments():
    model = plain_cnn((16, 16, 3), 2, filters=(4,), kernels=(5,), dense=6)
    assert model.count_params() == 304 + 1_542 + 14


def test_layers_in_order():
    names = [layer.name for layer in plain_cnn((28, 28, 1), 10).layers]
    expected = "images conv1 pool1 conv2 pool2 conv3 pool3 flatten dense logits"
    assert names == expected.split()


def test_relu_everywhere_but_on_the_logits():
    model = plain_cnn((28, 28, 1), 10)
    activations = {layer.name: layer.activation for layer in model.layers if layer.weights}
    assert activations.pop("logits") is keras.activations.linear
    assert set(activations.values()) == {keras.activations.relu}


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (45, 33, 3)])
def test_any_size_gives_finite_logits(shape):
    logits = plain_cnn(shape, 7)(np.random.default_rng(0).normal(size=(2, *shape)).astype("float32"))
    assert logits.shape == (2, 7)
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: plain_cnn((28, 28, 1), 10, filters=(8, 8)), "one length, not 2 and 3"),
        (lambda: plain_cnn((7, 28, 1), 10), "from 8×8 up, not (7, 28, 1)"),
        (lambda: plain_cnn((28, 28), 10), "(height, width, channels)"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(build, message):
    with pytest.raises(ValueError) as error:
        build()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_saved_network_loads_in_safe_mode(tmp_path):
    model = plain_cnn((28, 28, 1), 10)
    images = np.random.default_rng(0).normal(size=(2, 28, 28, 1)).astype("float32")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(images), model(images))
