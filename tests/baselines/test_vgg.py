"""VGG: counts, and outputs equal to keras.applications, weight for weight."""

import keras
import numpy as np
import pytest

from baselines import vgg

slow = pytest.mark.slow


# Source: a sum over the paper's table 1 (its table 2 gives 133, 133, 138 and 144 million); torchvision has
# the same four. With a convolution from a to b maps counting 9ab + b:
#   the eight of 11  (3, 64) 1,792 (64, 128) 73,856 (128, 256) 295,168 (256, 256) 590,080
#                    (256, 512) 1,180,160 and three of (512, 512) 2,359,808                   =   9,220,480
#   dense            7·7·512·4096 + 4096 = 102,764,544, 16,781,312, 4,097,000                = 123,642,856
#   13 has (64, 64) 36,928 and (128, 128) 147,584 more                                        =     184,512
#   16 has another (256, 256) and two more (512, 512) than 13                                 =   5,309,696
#   19 has another (256, 256) and two more (512, 512) than 16                                 =   5,309,696
@pytest.mark.parametrize(
    ("depth", "parameters", "paper_millions"),
    [
        (11, 132_863_336, 133),
        (13, 133_047_848, 133),
        (16, 138_357_544, 138),
        (19, 143_667_240, 144),
    ],
)
def test_counts_and_map_sizes(without_draws, depth, parameters, paper_millions):
    model = getattr(vgg, f"vgg{depth}")((224, 224, 3), 1000)
    assert model.name == f"vgg{depth}"
    assert model.count_params() == parameters
    assert round(parameters / 1e6) == paper_millions
    # The depth counts convolutions and dense layers.
    assert sum(bool(layer.weights) for layer in model.layers) == depth
    sizes = [model.get_layer(f"stage{stage}_pool").output.shape[1] for stage in range(1, 6)]
    assert sizes == [112, 56, 28, 14, 7]


# Four pools instead of five.
@pytest.mark.parametrize(("size", "last"), [(28, 1), (32, 2), (16, 1)])
def test_small_stem_leaves_out_the_first_pool(size, last):
    model = vgg.vgg11((size, size, 1), 10, stem="small", width=8, dense=6)
    assert "stage1_pool" not in [layer.name for layer in model.layers]
    assert model.get_layer("stage2_conv1").output.shape == (None, size, size, 16)
    assert model.get_layer("stage5_pool").output.shape == (None, last, last, 64)


def test_layers_in_order():
    names = [layer.name for layer in vgg.vgg11((32, 32, 3), 10, width=8, dense=6).layers]
    expected = """
        images stage1_conv1 stage1_pool stage2_conv1 stage2_pool stage3_conv1 stage3_conv2 stage3_pool
        stage4_conv1 stage4_conv2 stage4_pool stage5_conv1 stage5_conv2 stage5_pool
        flatten dense1 dense1_dropout dense2 dense2_dropout logits"""
    assert names == expected.split()


@slow
@pytest.mark.parametrize("depth", [16, 19])
def test_logits_equal_keras_applications(depth):
    reference = getattr(keras.applications, f"VGG{depth}")
    theirs = reference(weights=None, classifier_activation=None, input_shape=(64, 64, 3), classes=7)
    ours = getattr(vgg, f"vgg{depth}")((64, 64, 3), 7)
    ours.set_weights(theirs.get_weights())
    images = np.random.default_rng(0).normal(size=(2, 64, 64, 3)).astype("float32")
    expected = np.asarray(theirs(images, training=False))
    found = np.asarray(ours(images, training=False))
    assert np.abs(expected).max() > 0
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
