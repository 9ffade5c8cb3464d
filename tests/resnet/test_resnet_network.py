"""The conventions of He et al. 2015, odd image sizes, errors, saving."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers

from resnet import network
from resnet.blocks import basic_block, bottleneck_block, projection_shortcut, zero_shortcut

SMALL = {
    "resnet18": lambda shape, classes: network.resnet18(shape, classes, width=8),
    "resnet50": lambda shape, classes: network.resnet50(shape, classes, stem="small", width=8),
    "resnet20": network.resnet20,
}


@pytest.mark.parametrize("name", SMALL)
def test_conventions(name):
    model = SMALL[name]((32, 32, 3), 10)
    found = {
        kind: [each for each in model.layers if type(each) is kind] for kind in (layers.Conv2D, layers.Dense)
    }

    for conv in found[layers.Conv2D]:
        assert not conv.use_bias
        half = conv.kernel_size[0] // 2
        if conv.strides == (2, 2) and half:
            assert conv.padding == "valid"
            assert model.get_layer(f"{conv.name}_pad").padding == ((half, half), (half, half))
        else:
            assert conv.padding == "same"
    for weighted in found[layers.Conv2D] + found[layers.Dense]:
        assert isinstance(weighted.kernel_initializer, keras.initializers.HeNormal)
    for norm in (each for each in model.layers if isinstance(each, layers.BatchNormalization)):
        assert (norm.momentum, norm.epsilon) == (0.9, 1e-5)
    assert [dense.name for dense in found[layers.Dense]] == ["logits"]
    assert found[layers.Dense][0].activation is keras.activations.linear


def test_layers_of_one_shape_start_different():
    model = network.resnet20((16, 16, 3), 10)
    first, second = (model.get_layer(f"stage1_block1_conv{index}").kernel.numpy() for index in (1, 2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("shape", [(16, 16, 1), (28, 28, 1), (45, 33, 3)])
def test_any_size_gives_finite_logits(name, shape):
    model = SMALL[name](shape, 7)
    logits = model(np.random.default_rng(0).normal(size=(2, *shape)).astype("float32"))
    assert logits.shape == (2, 7)
    assert np.isfinite(logits).all()


# The ImageNet stem halves twice, stages 2 to 4 once each: 45 → 23 → 12 → 6 → 3 → 2, 33 → 17 → 9 → 5 → 3 → 2.
# The CIFAR family halves twice in all: 45 → 23 → 12, 33 → 17 → 9.
def test_odd_sizes_round_up():
    imagenet = network.resnet18((45, 33, 3), 7, width=8)
    cifar = network.resnet20((45, 33, 3), 7)
    assert imagenet.get_layer("stage4_block2_relu").output.shape == (None, 2, 2, 64)
    assert cifar.get_layer("stage3_block3_relu").output.shape == (None, 12, 9, 64)


def test_zero_shortcut_takes_every_second_pixel_and_adds_zeros():
    x = np.arange(1 * 5 * 4 * 2, dtype="float32").reshape(1, 5, 4, 2)
    y = np.asarray(zero_shortcut(keras.ops.convert_to_tensor(x), 6, 2, "block"))
    assert y.shape == (1, 3, 2, 6)
    np.testing.assert_array_equal(y[..., :2], x[:, ::2, ::2])
    assert not y[..., 2:].any()


@pytest.mark.parametrize("shortcut", [zero_shortcut, projection_shortcut])
def test_shortcut_is_the_identity_where_the_shape_stays(shortcut):
    x = keras.Input((8, 8, 16))
    assert shortcut(x, 16, 1, "block") is x
    assert shortcut(x, 32, 1, "wider") is not x
    assert shortcut(x, 16, 2, "smaller") is not x


def test_block_adds_before_its_last_relu():
    images = keras.Input((8, 8, 4))
    model = keras.Model(images, basic_block(images, 4, 1, zero_shortcut, "block"))
    model.get_layer("block_conv2_norm").gamma.assign(np.zeros(4))  # the residual becomes 0
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 4)).astype("float32")
    np.testing.assert_array_equal(model(x), np.maximum(x, 0))


@pytest.mark.parametrize(("stride_on", "sizes"), [("1x1", (4, 4)), ("3x3", (8, 4))])
def test_stride_on(stride_on, sizes):
    x = keras.Input((8, 8, 16))
    model = keras.Model(x, bottleneck_block(x, 4, 2, None, "block", stride_on=stride_on))
    assert tuple(model.get_layer(f"block_conv{index}").output.shape[1] for index in (1, 2)) == sizes


def test_only_bottleneck_networks_choose_where_to_stride():
    takes = {name for name in dir(network) if name.startswith("resnet")}
    takes = {name for name in takes if "stride_on" in inspect.signature(getattr(network, name)).parameters}
    assert takes == {"resnet50", "resnet101", "resnet152"}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: network.resnet18((15, 16, 3), 10), "from 16×16 up, not (15, 16, 3)"),
        (lambda: network.resnet50((16, 15, 3), 10), "from 16×16 up, not (16, 15, 3)"),
        (lambda: network.resnet20((32, 32), 10), "(height, width, channels)"),
        (lambda: network.resnet34((32, 32, 3), 10, stem="tiny"), "'imagenet' or 'small', not 'tiny'"),
        (lambda: network.resnet50((32, 32, 3), 10, stride_on="2x2"), "'1x1' or '3x3', not '2x2'"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(build, message):
    with pytest.raises(ValueError) as error:
        build()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "resnet50" else ()) for name in SMALL]
)
def test_saved_network_loads_in_safe_mode(name, tmp_path):
    assert_loads_as_saved(SMALL[name]((28, 28, 1), 10), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet110", "resnet152"])
def test_deepest_networks_load_in_safe_mode(name, tmp_path):
    assert_loads_as_saved(getattr(network, name)((16, 16, 1), 10), tmp_path)


def assert_loads_as_saved(model, folder):
    # Keras' own layers alone, so that a saved network loads where this package is not installed.
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    images = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:])).astype("float32")
    model.save(folder / "model.keras")
    loaded = keras.models.load_model(folder / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(images), model(images))


def test_logits_stay_float32_under_mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = network.resnet20((16, 16, 1), 10)
    finally:
        keras.config.set_dtype_policy(before)
    assert model.get_layer("stage3_block3_relu").output.dtype == "bfloat16"
    assert model.output.dtype == "float32"
