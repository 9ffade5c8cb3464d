"""LeNet-5: its count, map sizes and the padding of small images."""

import keras
import numpy as np
import pytest

from baselines.lenet import lenet5


# The usual form, as in figure 2 but for full connections in C3 and softmax: a sum, no source needed.
#   C1  25·1·6 + 6   =   156        F6      120·84 + 84 = 10,164
#   C3  25·6·16 + 16 = 2,416        logits  84·10 + 10  =    850
#   C5  25·16·120 + 120 = 48,120    in all                61,706
@pytest.mark.parametrize("size", [28, 32])
def test_counts_and_map_sizes(size):
    model = lenet5((size, size, 1), 10)
    assert model.count_params() == 61_706
    sizes = {name: model.get_layer(name).output.shape[1] for name in ("conv1", "pool2", "conv3", "pool4")}
    assert sizes == {"conv1": 28, "pool2": 14, "conv3": 10, "pool4": 5}


# Twice the filters everywhere: 312 + 9,632 + 192,240 + 40,488 + 1,690
def test_width():
    assert lenet5((32, 32, 1), 10, width=12).count_params() == 244_362


def test_small_images_are_padded_on_all_sides():
    model = lenet5((28, 17, 1), 10)
    assert model.get_layer("pad").padding == ((2, 2), (7, 8))
    assert model.get_layer("pad").output.shape == (None, 32, 32, 1)
    assert "pad" not in [layer.name for layer in lenet5((32, 40, 1), 10).layers]


# 40×33: 36×29 → 18×14 → 14×10 → 7×5
def test_larger_images_leave_a_larger_map():
    model = lenet5((40, 33, 3), 10)
    assert model.get_layer("pool4").output.shape == (None, 7, 5, 16)
    assert np.isfinite(model(np.ones((1, 40, 33, 3), "float32"))).all()


def test_tanh_everywhere_but_on_the_logits():
    activations = {layer.name: layer.activation for layer in lenet5((32, 32, 1), 10).layers if layer.weights}
    assert activations.pop("logits") is keras.activations.linear
    assert set(activations.values()) == {keras.activations.tanh}
