"""What all networks before ResNet have in common: they train, save, and keep float32 logits."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from baselines.alexnet import alexnet
from baselines.googlenet import googlenet
from baselines.lenet import lenet5
from baselines.vgg import vgg11, vgg13, vgg16, vgg19
from baselines.zfnet import zfnet

NETWORKS = {
    "lenet5": lenet5,
    "alexnet": partial(alexnet, stem="small", width=12, dense=16),
    "zfnet": partial(zfnet, stem="small", width=12, dense=16),
    "vgg11": partial(vgg11, stem="small", width=8, dense=16),
    "vgg13": partial(vgg13, stem="small", width=8, dense=16),
    "vgg16": partial(vgg16, stem="small", width=8, dense=16),
    "vgg19": partial(vgg19, stem="small", width=8, dense=16),
    "googlenet": partial(googlenet, stem="small", width=8),
}
# The other depths of VGG are the same code.
DISTINCT = ["lenet5", "alexnet", "zfnet", "vgg11", "googlenet"]
NATIVE = {
    "lenet5": partial(lenet5, (32, 32, 1), 10),
    "alexnet": partial(alexnet, (227, 227, 3), 1000),
    "zfnet": partial(zfnet, (224, 224, 3), 1000),
    "vgg11": partial(vgg11, (224, 224, 3), 1000),
    "vgg13": partial(vgg13, (224, 224, 3), 1000),
    "vgg16": partial(vgg16, (224, 224, 3), 1000),
    "vgg19": partial(vgg19, (224, 224, 3), 1000),
    "googlenet": partial(googlenet, (224, 224, 3), 1000),
}


def images_for(model, count=2):
    return np.random.default_rng(0).normal(size=(count, *model.input_shape[1:])).astype("float32")


def assert_one_step_trains(model, **how):
    """One step of gradient descent moves the first and the last layer of weights; the loss is a number."""
    heads = len(model.outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", [loss] * heads, loss_weights=[1.0, 0.3, 0.3][:heads], **how)
    weighted = [layer for layer in model.layers if layer.weights]
    first, last = weighted[0], model.get_layer("logits")
    before = [layer.kernel.numpy() for layer in (first, last)]
    labels = np.array([0, 1])
    found = model.train_on_batch(images_for(model), [labels] * heads)
    assert np.isfinite(found).all()
    for layer, old in zip((first, last), before, strict=True):
        assert not np.array_equal(layer.kernel.numpy(), old)


@pytest.mark.parametrize("name", NETWORKS)
def test_one_training_step_at_28(name):
    assert_one_step_trains(NETWORKS[name]((28, 28, 1), 10), run_eagerly=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_one_training_step_at_32_in_colour(name):
    assert_one_step_trains(NETWORKS[name]((32, 32, 3), 10))


@pytest.mark.slow
@pytest.mark.parametrize("name", NATIVE)
def test_one_training_step_as_in_the_paper(name):
    assert_one_step_trains(NATIVE[name](), run_eagerly=True)


@pytest.mark.parametrize("name", DISTINCT)
def test_saved_network_loads_in_safe_mode(name, tmp_path):
    model = NETWORKS[name]((28, 28, 1), 10)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    for found, expected in zip(outputs(loaded), outputs(model), strict=True):
        np.testing.assert_array_equal(found, expected)


def outputs(model, training=False):
    found = model(images_for(model), training=training)
    return [keras.ops.convert_to_numpy(each) for each in (found if isinstance(found, list) else [found])]


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("lenet5", {}),
        ("alexnet", {"dense1_dropout": 0.5, "dense2_dropout": 0.5}),
        ("zfnet", {"dense1_dropout": 0.5, "dense2_dropout": 0.5}),
        ("vgg11", {"dense1_dropout": 0.5, "dense2_dropout": 0.5}),
        ("googlenet", {"dropout": 0.4, "auxiliary1_dropout": 0.7, "auxiliary2_dropout": 0.7}),
    ],
)
def test_dropout_in_training_alone(name, rates):
    model = NETWORKS[name]((28, 28, 1), 10)
    found = {layer.name: layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)}
    assert found == rates
    for one, two in zip(outputs(model), outputs(model), strict=True):
        np.testing.assert_array_equal(one, two)
    for quiet, noisy in zip(outputs(model), outputs(model, training=True), strict=True):
        assert np.array_equal(quiet, noisy) == (not rates)


@pytest.mark.parametrize("name", DISTINCT)
@pytest.mark.parametrize("shape", [(16, 16, 1), (45, 33, 3)])
def test_other_sizes_give_finite_logits(name, shape):
    model = NETWORKS[name](shape, 7)
    for found in outputs(model):
        assert found.shape == (2, 7)
        assert np.isfinite(found).all()


@pytest.mark.parametrize("name", DISTINCT)
def test_logits_stay_float32_under_mixed_precision(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = NETWORKS[name]((16, 16, 1), 10)
    finally:
        keras.config.set_dtype_policy(before)
    assert {output.dtype for output in model.outputs} == {"float32"}
    assert model.layers[2].output.dtype == "bfloat16"


# ReLU on every layer of weights but the logits, LeNet's tanh apart (test_lenet).
@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "lenet5"])
def test_relu_everywhere_but_on_the_logits(name):
    model = NETWORKS[name]((28, 28, 1), 10)
    for layer in (each for each in model.layers if each.weights):
        linear = layer.name.endswith("logits")
        assert layer.activation is (keras.activations.linear if linear else keras.activations.relu)
        assert isinstance(layer.kernel_initializer, keras.initializers.HeNormal)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: lenet5((15, 16, 1), 10), "from 16×16 up, not (15, 16, 1)"),
        (lambda: alexnet((66, 67, 3), 10), "from 67×67 up, not (66, 67, 3)"),
        (lambda: alexnet((6, 7, 3), 10, stem="small"), "from 7×7 up, not (6, 7, 3)"),
        (lambda: zfnet((52, 53, 3), 10), "from 53×53 up, not (52, 53, 3)"),
        (lambda: zfnet((13, 12, 3), 10, stem="small"), "from 13×13 up, not (13, 12, 3)"),
        (lambda: vgg16((31, 32, 3), 10), "from 32×32 up, not (31, 32, 3)"),
        (lambda: vgg11((15, 16, 3), 10, stem="small"), "from 16×16 up, not (15, 16, 3)"),
        (lambda: googlenet((15, 16, 3), 10), "from 16×16 up, not (15, 16, 3)"),
        (lambda: lenet5((28, 28), 10), "(height, width, channels)"),
        *[
            (partial(builder, (32, 32, 3), 10, stem="tiny"), "'imagenet' or 'small', not 'tiny'")
            for builder in (alexnet, zfnet, vgg13, googlenet)
        ],
    ],
)
def test_wrong_arguments_are_named_in_one_line(build, message):
    with pytest.raises(ValueError) as error:
        build()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "build",
    [
        partial(alexnet, (67, 67, 3), dense=8),
        partial(zfnet, (53, 53, 3), dense=8),
        partial(vgg11, (32, 32, 3), dense=8),
        partial(googlenet, (16, 16, 3)),
    ],
)
def test_least_size_of_the_imagenet_stem(build):
    assert outputs(build(7, width=12))[0].shape == (2, 7)
