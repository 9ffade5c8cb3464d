"""ResNet-26 with basic and with bottleneck blocks: the same depth, stem and head."""

from math import prod

import pytest
from keras import layers

from resnet.network import resnet26


# With a convolution k×k from a to b filters counting k²ab and its normalisation 2b:
#   stem        147·64 + 128                                                                =      9,536
#   basic       6 (9·64·64 + 128)                                                           =    221,952
#               9·64·128 + 5·9·128·128 + 6·256 + 64·128 + 256                               =    820,992
#               9·128·256 + 5·9·256·256 + 6·512 + 128·256 + 512                             =  3,280,384
#               9·256·512 + 5·9·512·512 + 6·1024 + 256·512 + 1024                           = 13,114,368
#   logits      512·1000 + 1000                                                             =    513,000
#   bottleneck  two blocks a stage, f = 64, 128, 256, 512 filters, c maps coming in: first block
#               cf + 9ff + 4ff + 12f and a projection 4cf + 8f, second 4ff + 9ff + 4ff + 12f:
#               75,008 + 70,400, 379,392 + 280,064, 1,512,448 + 1,117,184, 6,039,552 + 4,462,592
#                                                                                           = 13,936,640
#   logits      2048·1000 + 1000                                                            =  2,049,000
# timm's resnet26 is the bottleneck network: 15,995,176.
@pytest.mark.parametrize(
    ("block", "parameters"),
    [
        ("basic", 9_536 + 221_952 + 820_992 + 3_280_384 + 13_114_368 + 513_000),
        ("bottleneck", 9_536 + 13_936_640 + 2_049_000),
    ],
)
def test_counts(block, parameters):
    model = resnet26((224, 224, 3), 1000, block=block)
    assert sum(prod(weight.shape) for weight in model.trainable_weights) == parameters


def test_both_have_26_layers():
    for block in ("basic", "bottleneck"):
        for shortcuts in (True, False):
            model = resnet26((32, 32, 3), 10, block=block, width=8, stem="small", shortcuts=shortcuts)
            assert model.name == ("resnet26" if shortcuts else "plain26")
            deep = [layer for layer in model.layers if isinstance(layer, layers.Conv2D | layers.Dense)]
            assert len([layer for layer in deep if "_shortcut" not in layer.name]) == 26
            # From the first block to the last, maps of the same height and width.
            sizes = [layer.output.shape[1] for layer in model.layers if layer.name.endswith("block2_relu")]
            assert sizes == [32, 16, 8, 4]


def test_an_unknown_block_is_named():
    with pytest.raises(ValueError, match="block must be 'basic' or 'bottleneck', not 'wide'"):
        resnet26((32, 32, 3), 10, block="wide")
