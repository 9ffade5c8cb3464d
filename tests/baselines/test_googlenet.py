"""GoogLeNet: its counts and map sizes, with and without the auxiliary heads."""

from math import prod

import pytest

from baselines.googlenet import MODULES, googlenet

# Source: a sum over the paper's table 1, a bias in every layer; Caffe's bvlc_googlenet has the same.
# From c maps a module with the row (a, b, d, e, f, g) has c (a + b + e + g) + 9bd + 25ef weights, and
# a + b + d + e + f + g biases:
#   3a, 3b          163,696 + 388,736                                     =    552,432
#   4a … 4e         376,176 + 449,160 + 510,104 + 605,376 + 868,352       =  2,809,168
#   5a, 5b          1,043,456 + 1,444,080                                 =  2,487,536
#   conv1, conv2    49·3·64 + 64, 64·64 + 64, 9·64·192 + 192              =    124,416
#   logits          1024·1000 + 1000                                      =  1,025,000
MAIN = 552_432 + 2_809_168 + 2_487_536 + 124_416 + 1_025_000  # 6,998,552
# A head has a 1×1 convolution to 128 maps of 4×4, 1,024 neurons and logits:
#   on 4a, of 512 maps   512·128 + 128 + 2,048·1,024 + 1,024 + 1,025,000  =  3,188,840
#   on 4d, of 528 maps   528·128 + 128 + 2,048·1,024 + 1,024 + 1,025,000  =  3,190,888
HEADS = 3_188_840 + 3_190_888


def test_counts_and_map_sizes(without_draws):
    model = googlenet((224, 224, 3), 1000)
    assert model.count_params() == MAIN + HEADS == 13_378_280
    names = ["conv1", "pool1", "conv2", "inception3b", "inception4e", "inception5b"]
    sizes = [model.get_layer(name).output.shape[1] for name in names]
    assert sizes == [112, 56, 56, 28, 14, 7]
    assert [model.get_layer(f"auxiliary{head}_conv").output.shape for head in (1, 2)] == [
        (None, 4, 4, 128)
    ] * 2


def test_without_heads(without_draws):
    model = googlenet((224, 224, 3), 1000, auxiliary=False)
    assert model.count_params() == MAIN == 6_998_552
    assert model.output_shape == (None, 1000)
    assert not [layer.name for layer in model.layers if layer.name.startswith("auxiliary")]


# The last column but one of table 1: what the modules give out.
def test_modules(without_draws):
    model = googlenet((224, 224, 3), 1000, auxiliary=False)
    maps = [model.get_layer(f"inception{name}").output.shape[-1] for name in MODULES]
    assert maps == [256, 480, 512, 512, 512, 528, 832, 832, 1024]
    counts = [
        sum(
            prod(weight.shape)
            for layer in model.layers
            if layer.name.startswith(f"inception{name}")
            for weight in layer.weights
        )
        for name in MODULES
    ]
    assert counts == [163_696, 388_736, 376_176, 449_160, 510_104, 605_376, 868_352, 1_043_456, 1_444_080]


def test_outputs_come_in_order():
    model = googlenet((28, 28, 1), 10, stem="small", width=8)
    assert model.output_names == ["logits", "auxiliary1_logits", "auxiliary2_logits"]
    assert [output.shape for output in model.outputs] == [(None, 10)] * 3


# 28 → 14 → 7 → 4, 32 → 16 → 8 → 4, 16 → 8 → 4 → 2. A head averages 5×5 at stride 3, a smaller map as a whole.
@pytest.mark.parametrize(("size", "last", "head"), [(28, 4, 1), (32, 4, 2), (16, 2, 1)])
def test_small_stem(size, last, head):
    model = googlenet((size, size, 1), 10, stem="small", width=8)
    assert model.get_layer("conv1").kernel.shape == (3, 3, 1, 8)
    assert model.get_layer("conv2_norm").output.shape == (None, size, size, 24)
    assert model.get_layer("inception5b").output.shape == (None, last, last, 128)
    assert model.get_layer("auxiliary2_pool").output.shape == (None, head, head, 66)
