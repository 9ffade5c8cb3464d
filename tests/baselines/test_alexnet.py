"""AlexNet: its count and map sizes, the separate towers, and their placing on two devices."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from baselines.alexnet import alexnet
from experiments.location import ROOT


# Source: a sum over the paper's figure 2, where layers 2, 4 and 5 see one tower of half the maps; it is also
# the count of Caffe's bvlc_alexnet, which has two groups there.
#   conv1  121·3·96 + 96   =     34,944      dense1  6·6·256·4096 + 4096 = 37,752,832
#   conv2  25·48·256 + 256 =    307,456      dense2  4096·4096 + 4096    = 16,781,312
#   conv3  9·256·384 + 384 =    885,120      logits  4096·1000 + 1000    =  4,097,000
#   conv4  9·192·384 + 384 =    663,936
#   conv5  9·192·256 + 256 =    442,624      in all                        60,965,224
def test_counts_and_map_sizes(without_draws):
    model = alexnet((227, 227, 3), 1000)
    assert model.count_params() == 60_965_224
    sizes = [model.get_layer(f"conv{index}_tower2").output.shape[1:] for index in range(1, 6)]
    assert sizes == [(55, 55, 48), (27, 27, 128), (13, 13, 192), (13, 13, 192), (13, 13, 128)]
    assert model.get_layer("conv5_tower2_pool").output.shape == (None, 6, 6, 128)


# No pool behind the small stem's convolution: 28 → 13 → 6, 32 → 15 → 7, 16 → 7 → 3, 7 → 3 → 1.
@pytest.mark.parametrize(("size", "last"), [(28, 6), (32, 7), (16, 3), (7, 1)])
def test_small_stem(size, last):
    model = alexnet((size, size, 1), 10, stem="small", width=8, dense=6)
    assert model.get_layer("conv1_tower1").kernel.shape == (3, 3, 1, 4)
    assert model.get_layer("conv1_tower1_norm").output.shape == (None, size, size, 4)
    # 8 of 96: towers of 4 (48), 11 (128), 16 (192), 16 and 11
    assert model.get_layer("maps").output.shape == (None, last, last, 22)


# Layers in the order of the paper, one tower's; the other's are the same.
def test_layers_in_order():
    model = alexnet((227, 227, 3), 10, width=8, dense=6)
    names = [layer.name for layer in model.layers if "tower2" not in layer.name]
    expected = """
        images conv1_tower1 conv1_tower1_norm conv1_tower1_pool conv2_tower1 conv2_tower1_norm
        conv2_tower1_pool conv3_maps conv3_tower1 conv4_tower1 conv5_tower1 conv5_tower1_pool
        maps flatten dense1 dense1_dropout dense2 dense2_dropout logits"""
    assert names == expected.split()


# Noise on the maps that enter one tower moves that tower alone: in layer 2 from layer 1's maps, in layers 4
# and 5 from layer 3's. Layer 3 sees both.
@pytest.mark.parametrize(
    ("given", "layers", "both"),
    [
        ("conv1_tower{}_norm", ("conv2_tower{}",), False),
        ("conv1_tower{}_norm", ("conv3_tower{}",), True),
        ("conv3_tower{}", ("conv4_tower{}", "conv5_tower{}"), False),
    ],
)
def test_towers_cross_in_layer_3_alone(given, layers, both):
    model = alexnet((28, 28, 1), 10, stem="small", width=8, dense=6)
    inputs = [model.get_layer(given.format(tower)).output for tower in (1, 2)]
    random = np.random.default_rng(0)
    maps = [random.normal(size=(2, *each.shape[1:])).astype("float32") for each in inputs]
    for name in layers:
        part = keras.Model(inputs, [model.get_layer(name.format(tower)).output for tower in (1, 2)])
        before = part(maps)
        after = part([maps[0] + 1, maps[1]])
        moved = [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)]
        assert moved == [True, both]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: alexnet((28, 28, 1), 10, stem="small", width=7), "width must be even, half of it in"),
        (
            lambda: alexnet((67, 67, 3), 10, devices=("cpu:0", "cpu:9")),
            "there is no device 'cpu:9', only cpu:0",
        ),
        (lambda: alexnet((67, 67, 3), 10, devices=("cpu:0", "tpu:0")), "'tpu:0', only none of its type"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(build, message):
    with pytest.raises(ValueError) as error:
        build()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


# A fresh process, since the number of devices is settled when tensorflow first looks at them.
TWO_DEVICES = """
import json, sys
import tensorflow as tf

device = tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [device, device])
import keras
import numpy as np
from baselines.alexnet import alexnet

settings = dict(input_shape=(28, 28, 1), classes=10, stem="small", width=8, dense=6)
keras.utils.set_random_seed(0)
one = alexnet(**settings)
keras.utils.set_random_seed(0)  # for the dropout
two = alexnet(**settings, devices=("cpu:0", "cpu:1"))
two.set_weights(one.get_weights())
images = np.random.default_rng(0).normal(size=(4, 28, 28, 1)).astype("float32")
same_logits = np.array_equal(one(images), two(images))

two.save(sys.argv[1])
loaded = keras.models.load_model(sys.argv[1], safe_mode=True)
same_loaded = np.array_equal(loaded(images), two(images))

def after_training(model):
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images, np.arange(4), batch_size=2, epochs=2, shuffle=False, verbose=0)
    return model.get_weights()

before = one.get_weights()
after = [after_training(model) for model in (one, two)]

graph = tf.function(two).get_concrete_function(tf.TensorSpec((4, 28, 28, 1))).graph
print(json.dumps({
    "same logits": same_logits,
    "same when loaded": same_loaded,
    "apart when trained": max(float(np.abs(a - b).max()) for a, b in zip(*after)),
    "trained": not any(map(np.array_equal, before, after[0])),
    "weights": {weight.path: weight.value.device for weight in loaded.weights},
    "operations": {
        each.name: each.device
        for each in graph.get_operations()
        if each.type in ("Conv2D", "Exp", "MaxPool")
    },
}))
"""


@pytest.mark.slow
def test_towers_on_two_devices(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, str(tmp_path / "model.keras")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)

    for claim in ("same logits", "same when loaded", "trained"):
        assert found[claim], claim
    # Gradients are added up in another order: weights of about 1 may differ in float32's last digit.
    assert found["apart when trained"] < 1e-6
    # In either tower: a kernel and a bias in five layers; five convolutions, the exponentials of two
    # normalisations, and two pools, the small stem having none.
    for placed, count in (("weights", 10), ("operations", 9)):
        for tower, device in ((1, "CPU:0"), (2, "CPU:1")):
            on = [where for name, where in found[placed].items() if f"tower{tower}" in name]
            assert len(on) == count
            assert all(where.endswith(device) for where in on)
