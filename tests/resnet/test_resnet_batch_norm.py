"""Without batch normalisation a network is the same but for it, and its convolutions have a bias."""

from functools import partial
from math import prod

import keras
import numpy as np
import pytest
from keras import layers

from resnet import network

NETWORKS = {
    "resnet18": partial(network.resnet18, width=8),
    "resnet50": partial(network.resnet50, width=8, stem="small"),
    "resnet26": partial(network.resnet26, width=8, block="bottleneck", shortcuts=False),
    "resnet20": network.resnet20,
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "resnet50" else ()) for name in NETWORKS]
)
def test_lacks_only_the_normalisation(name):
    usual = NETWORKS[name]((32, 32, 3), 10)
    without = NETWORKS[name]((32, 32, 3), 10, batch_norm=False)

    norms = [layer for layer in usual.layers if isinstance(layer, layers.BatchNormalization)]
    convolutions = [layer for layer in usual.layers if isinstance(layer, layers.Conv2D)]
    assert len(norms) == len(convolutions)
    assert described(without) == described(usual, apart_from=norms, bias_in=convolutions)
    # A bias for every filter, where a normalisation has a scale, an offset and two statistics for each.
    filters = sum(layer.filters for layer in convolutions)
    assert without.count_params() == usual.count_params() - 4 * filters + filters
    assert sum(prod(weight.shape) for weight in usual.non_trainable_weights) == 2 * filters
    assert not without.non_trainable_weights


def described(model, apart_from=(), bias_in=()):
    """Name → class, configuration and output shape; Keras orders the layers of branches by their depth."""
    return {
        layer.name: (
            type(layer).__name__,
            layer.get_config() | ({"use_bias": True} if layer in bias_in else {}),
            layer.output.shape,
        )
        for layer in model.layers
        if layer not in apart_from
    }


# test_resnet_counts' parameters and moving statistics, which are two each for a filter: less one for each.
@pytest.mark.parametrize(
    ("depth", "parameters"),
    [
        (18, 11_689_512 - 9_600 // 2),
        (50, 25_557_032 - 53_120 // 2),
        (20, 269_722 - 1_376 // 2),
    ],
)
def test_counts(depth, parameters):
    size, classes = ((32, 32, 3), 10) if depth == 20 else ((224, 224, 3), 1000)
    assert getattr(network, f"resnet{depth}")(size, classes, batch_norm=False).count_params() == parameters


@pytest.mark.parametrize("name", NETWORKS)
def test_trains(name):
    keras.utils.set_random_seed(0)
    model = NETWORKS[name]((28, 28, 1), 10, batch_norm=False)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True)
    images = np.random.default_rng(0).normal(size=(2, 28, 28, 1)).astype("float32")
    before = model.get_layer("stem_conv").bias.numpy()
    assert np.isfinite(model.train_on_batch(images, np.array([0, 1])))
    assert not np.array_equal(model.get_layer("stem_conv").bias.numpy(), before)
