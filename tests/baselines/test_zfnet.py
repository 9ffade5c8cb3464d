"""ZFNet: its count and map sizes."""

import pytest

from baselines.zfnet import zfnet


# Source: a sum over the paper's figure 3; the same total is in the model tables of github.com/osmr/imgclsmob.
#   conv1  49·3·96 + 96    =    14,208      dense1  6·6·256·4096 + 4096 = 37,752,832
#   conv2  25·96·256 + 256 =   614,656      dense2  4096·4096 + 4096    = 16,781,312
#   conv3  9·256·384 + 384 =   885,120      logits  4096·1000 + 1000    =  4,097,000
#   conv4  9·384·384 + 384 = 1,327,488
#   conv5  9·384·256 + 256 =   884,992      in all                        62,357,608
def test_counts_and_map_sizes(without_draws):
    model = zfnet((224, 224, 3), 1000)
    assert model.count_params() == 62_357_608
    names = ["conv1", "conv1_pool", "conv2", "conv2_pool", "conv3", "conv4", "conv5", "conv5_pool"]
    sizes = [model.get_layer(name).output.shape[1] for name in names]
    assert sizes == [110, 55, 26, 13, 13, 13, 13, 6]


# 28 → 12 (5×5 at stride 2) → 6 → 2, 32 → 14 → 7 → 3, 16 → 6 → 3 → 1, 13 → 5 → 3 → 1
@pytest.mark.parametrize(("size", "last"), [(28, 2), (32, 3), (16, 1), (13, 1)])
def test_small_stem(size, last):
    model = zfnet((size, size, 1), 10, stem="small", width=12, dense=6)
    assert model.get_layer("conv1").kernel.shape == (3, 3, 1, 12)
    assert model.get_layer("conv1_norm").output.shape == (None, size, size, 12)
    assert model.get_layer("conv5_pool").output.shape == (None, last, last, 32)  # 256 · 12 / 96


def test_layers_in_order():
    names = [layer.name for layer in zfnet((53, 53, 3), 10, width=12, dense=6).layers]
    expected = """
        images conv1_pad conv1 conv1_pool conv1_norm conv2 conv2_pool conv2_norm conv3 conv4 conv5 conv5_pool
        flatten dense1 dense1_dropout dense2 dense2_dropout logits"""
    assert names == expected.split()
