"""Every residual network takes a training step: on 28×28×1 narrow, and as in the papers."""

import keras
import numpy as np
import pytest

from resnet import network

IMAGENET = [18, 34, 26, 50, 101, 152]
CIFAR = [20, 32, 44, 56, 110]


def built(depth, shape, classes=10, **how):
    return getattr(network, f"resnet{depth}")(shape, classes, **how)


def assert_one_step_trains(model):
    """One step of gradient descent moves the first and the last layer of weights; the loss is a number."""
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True)
    ends = [model.get_layer(name) for name in ("stem_conv", "logits")]
    before = [layer.kernel.numpy() for layer in ends]
    images = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:])).astype("float32")
    assert np.isfinite(model.train_on_batch(images, np.array([0, 1])))
    for layer, old in zip(ends, before, strict=True):
        assert not np.array_equal(layer.kernel.numpy(), old)


def narrow(depth, shape):
    return built(depth, shape, **({"width": 8, "stem": "small"} if depth in IMAGENET else {}))


@pytest.mark.parametrize(
    "depth",
    [pytest.param(depth, marks=pytest.mark.slow if depth > 100 else ()) for depth in IMAGENET + CIFAR],
)
def test_one_training_step_at_28(depth):
    assert_one_step_trains(narrow(depth, (28, 28, 1)))


@pytest.mark.slow
@pytest.mark.parametrize("depth", IMAGENET + CIFAR)
def test_one_training_step_at_32_in_colour(depth):
    assert_one_step_trains(narrow(depth, (32, 32, 3)))


@pytest.mark.slow
@pytest.mark.parametrize("depth", IMAGENET)
def test_one_training_step_as_in_the_paper(depth):
    assert_one_step_trains(built(depth, (224, 224, 3), 1000))
