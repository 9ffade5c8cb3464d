"""Multiply-accumulates: single layers by hand, the residual networks against the paper's, and a profiler."""

import keras
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from experiments import catalog
from experiments.trial import macs


def layer_macs(layer, shape):
    images = keras.Input(shape)
    return macs.of_network(keras.Model(images, layer(images)))


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        # 6·6 positions, each 3·3·4 → 10
        (layers.Conv2D(10, 3), (8, 8, 4), 6 * 6 * 3 * 3 * 4 * 10),
        # "same" at stride 2 leaves 4·4; a bias adds nothing
        (layers.Conv2D(10, 3, strides=2, padding="same", use_bias=True), (8, 8, 4), 4 * 4 * 3 * 3 * 4 * 10),
        # 2 rows and 5 columns of kernel on 7·4 positions
        (layers.Conv2D(1, (2, 5)), (8, 8, 1), 7 * 4 * 2 * 5),
        # two groups: each filter sees half of the channels
        (layers.Conv2D(10, 3, groups=2), (8, 8, 4), 6 * 6 * 3 * 3 * 2 * 10),
        # two filters a channel, each on its own channel
        (layers.DepthwiseConv2D(3, depth_multiplier=2), (8, 8, 4), 6 * 6 * 3 * 3 * 4 * 2),
        # a depthwise one, then 1·1·4 → 10
        (layers.SeparableConv2D(10, 3), (8, 8, 4), 6 * 6 * (3 * 3 * 4 + 4 * 10)),
        # each of 8·8 positions spreads 4 channels over 3·3·10
        (layers.Conv2DTranspose(10, 3, strides=2), (8, 8, 4), 8 * 8 * 3 * 3 * 4 * 10),
        (layers.Conv1D(10, 3), (8, 4), 6 * 3 * 4 * 10),
        (layers.Dense(10), (7,), 7 * 10),
        (layers.Dense(10), (5, 6, 7), 5 * 6 * 7 * 10),
        (layers.BatchNormalization(), (8, 8, 4), 0),
        (layers.MaxPooling2D(), (8, 8, 4), 0),
    ],
)
def test_one_layer(layer, shape, expected):
    assert layer_macs(layer, shape) == expected


# 6·6·9·4·10 = 12,960; then 360 → 5 is 1,800.
def test_networks_within_networks_are_counted():
    part = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(10, 3), layers.Flatten()])
    images = keras.Input((8, 8, 4))
    whole = keras.Model(images, layers.Dense(5)(part(layers.Rescaling(2.0)(images))))
    assert macs.of_network(part) == 12_960
    assert macs.of_network(whole) == 12_960 + 1_800


# facts.md, in 10⁹ to three decimals; the first of a bottleneck pair is the paper's stride on the 1×1.
@pytest.mark.parametrize(
    ("model", "arguments", "expected"),
    [
        ("resnet18", {}, 1.814),
        ("resnet34", {}, 3.664),
        ("resnet50", {"stride_on": "1x1"}, 3.858),
        ("resnet50", {"stride_on": "3x3"}, 4.089),
        pytest.param("resnet101", {"stride_on": "1x1"}, 7.570, marks=pytest.mark.slow),
        pytest.param("resnet101", {"stride_on": "3x3"}, 7.801, marks=pytest.mark.slow),
        pytest.param("resnet152", {"stride_on": "1x1"}, 11.282, marks=pytest.mark.slow),
        pytest.param("resnet152", {"stride_on": "3x3"}, 11.514, marks=pytest.mark.slow),
    ],
)
def test_residual_networks_at_224(model, arguments, expected):
    network = catalog.build(model, (224, 224, 3), 1000, arguments)
    assert round(macs.of_network(network) / 1e9, 3) == expected


# 32×32×3 → three 3×3 convolutions at 32, 16 and 8, dense 4·4·128 → 128 → 10:
#   1,024·27·32 = 884,736   256·288·64 = 4,718,592   64·576·128 = 4,718,592   2,048·128 = 262,144   1,280
def test_plain_cnn():
    network = catalog.build("plain_cnn", (32, 32, 3), 10, {})
    assert macs.of_network(network) == 884_736 + 4_718_592 + 4_718_592 + 262_144 + 1_280


def profiled(network):
    """tensorflow's count of floating-point operations in one forward pass of one image."""
    signature = tf.TensorSpec((1, *network.input_shape[1:]), tf.float32)
    forward = tf.function(lambda images: network(images, training=False)).get_concrete_function(signature)
    frozen = convert_variables_to_constants_v2(forward).graph.as_graph_def()
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(frozen, name="")
        options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
        return tf.compat.v1.profiler.profile(graph, options={**options, "output": "none"}).total_float_ops


# A multiply-accumulate is two operations. The profiler also counts biases and normalisations, an operation
# or two for each value of a map: less than a hundredth of what its convolution took.
@pytest.mark.parametrize(
    ("model", "shape"),
    [
        pytest.param("resnet18", (64, 64, 3), marks=pytest.mark.slow),
        pytest.param("resnet50", (64, 64, 3), marks=pytest.mark.slow),
        ("plain_cnn", (32, 32, 3)),
        ("autoencoder_features", (32, 32, 3)),
    ],
)
def test_against_tensorflow_s_profiler(model, shape):
    built = catalog.build(model, shape, 10, {})
    network = getattr(built, "autoencoder", built)
    twice = 2 * macs.of_network(network)
    assert twice <= profiled(network) <= 1.01 * twice
