"""ResNet-50, 101 and 152 compute what `keras.applications` computes, weight for weight."""

import re

import keras
import numpy as np
import pytest

from resnet import network

slow = pytest.mark.slow


@slow
@pytest.mark.parametrize("depth", [50, 101, 152])
def test_logits_equal_keras_applications(depth):
    theirs = reference(depth)
    ours = build(depth, stride_on="1x1")
    move_weights(theirs, ours)
    images = np.random.default_rng(1).normal(size=(2, 64, 64, 3)).astype("float32")
    expected = logits(theirs, images)

    assert relative_difference(logits(ours, images), expected) <= 1e-4
    # keras.applications strides on the first 1×1; the other variant has equal weights and other logits.
    other = build(depth, stride_on="3x3")
    move_weights(theirs, other)
    assert relative_difference(logits(other, images), expected) > 1e-2


# keras.applications has a bias in every convolution, one for each filter: half as many as moving statistics.
@pytest.mark.parametrize(
    ("depth", "total"),
    [
        (50, 25_557_032 + 53_120 + 26_560),  # 25,636,712
        pytest.param(101, 44_549_160 + 105_344 + 52_672, marks=slow),  # 44,707,176
        pytest.param(152, 60_192_808 + 151_424 + 75_712, marks=slow),  # 60,419,944
    ],
)
def test_keras_applications_has_our_parameters_and_conv_bias(depth, total):
    model = getattr(keras.applications, f"ResNet{depth}")(weights=None)
    assert model.count_params() == total


def build(depth, stride_on):
    model = getattr(network, f"resnet{depth}")((64, 64, 3), 7, stride_on=stride_on)
    for layer in normalisations(model):
        layer.epsilon = 1.001e-5  # theirs
    return model


def reference(depth):
    """keras.applications' network, its normalisation as if trained: not all scales 1 and offsets 0."""
    builder = getattr(keras.applications, f"ResNet{depth}")
    model = builder(weights=None, classifier_activation=None, input_shape=(64, 64, 3), classes=7)
    random = np.random.default_rng(0)
    for layer in normalisations(model):
        size = layer.gamma.shape
        layer.set_weights(
            [
                random.uniform(0.5, 1.5, size),  # gamma
                random.normal(0, 0.1, size),  # beta
                random.normal(0, 0.1, size),  # moving mean
                random.uniform(0.5, 1.5, size),  # moving variance
            ]
        )
    return model


def normalisations(model):
    return [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]


def move_weights(theirs, ours):
    moved = []
    for layer in theirs.layers:
        if layer.weights:
            weights = layer.get_weights()
            if isinstance(layer, keras.layers.Conv2D):
                kernel, bias = weights
                assert not bias.any()
                weights = [kernel]
            moved.append(our_name(layer.name))
            ours.get_layer(moved[-1]).set_weights(weights)
    assert sorted(moved) == sorted(layer.name for layer in ours.layers if layer.weights)


def our_name(name):
    """conv3_block1_2_bn → stage2_block1_conv2_norm, conv3_block1_0_conv → stage2_block1_shortcut, …"""
    fixed = {"conv1_conv": "stem_conv", "conv1_bn": "stem_conv_norm", "predictions": "logits"}
    if name in fixed:
        return fixed[name]
    stage, block, index, kind = re.fullmatch(r"conv(\d)_block(\d+)_(\d)_(conv|bn)", name).groups()
    position = "shortcut" if index == "0" else f"conv{index}"
    return f"stage{int(stage) - 1}_block{block}_{position}{'_norm' if kind == 'bn' else ''}"


def logits(model, images):
    return keras.ops.convert_to_numpy(model(images, training=False))


def relative_difference(actual, expected):
    return np.abs(actual - expected).max() / np.abs(expected).max()
