"""Parameter counts and map sizes, against numbers that can be added by hand."""

from math import prod

import pytest

from resnet import network


def trainable(model):
    return sum(prod(weight.shape) for weight in model.trainable_weights)


def moving_statistics(model):
    return sum(prod(weight.shape) for weight in model.non_trainable_weights)


# torchvision's counts. Moving statistics: a mean and a variance for each filter of each convolution, here
# (stem + stages, blocks × filters, + projections) × 2:
#  18: (64 + 4·64  + 4·128 + 4·256  + 4·512  + 128 + 256 + 512) × 2          = 4,800 × 2
#  34: (64 + 6·64  + 8·128 + 12·256 + 6·512  + 128 + 256 + 512) × 2          = 8,512 × 2
#  50: (64 + 3·384 + 4·768 + 6·1536 + 3·3072 + 256 + 512 + 1024 + 2048) × 2  = 26,560 × 2
# 101: 17 more blocks of 1,536 in the third stage: (26,560 + 26,112) × 2     = 52,672 × 2
# 152: 4 more of 768, 30 more of 1,536: (26,560 + 3,072 + 46,080) × 2        = 75,712 × 2
@pytest.mark.parametrize(
    ("depth", "parameters", "statistics"),
    [
        (18, 11_689_512, 9_600),
        (34, 21_797_672, 17_024),
        (50, 25_557_032, 53_120),
        pytest.param(101, 44_549_160, 105_344, marks=pytest.mark.slow),
        pytest.param(152, 60_192_808, 151_424, marks=pytest.mark.slow),
    ],
)
def test_imagenet_counts_and_map_sizes(depth, parameters, statistics):
    model = getattr(network, f"resnet{depth}")((224, 224, 3), 1000)

    assert model.name == f"resnet{depth}"
    assert trainable(model) == parameters
    assert moving_statistics(model) == statistics
    # Table 1: 112 after the stem's convolution, then 56, 28, 14, 7.
    assert model.get_layer("stem_conv").output.shape[1:3] == (112, 112)
    assert model.get_layer("stem_pool").output.shape[1:3] == (56, 56)
    assert stage_sizes(model) == [56, 28, 14, 7]
    assert model.output_shape == (None, 1000)


# With n blocks a stage, a convolution k×k from a to b filters counting k²ab and its normalisation 2b:
#   stem      27·16 + 32                                                   =    464
#   stage 1   2n (9·16·16 + 32)                                            =  4,672 n
#   stage 2   (9·16·32 + 64)  + (2n - 1) (9·32·32 + 64)  = 18,560 n - 4,608
#   stage 3   (9·32·64 + 128) + (2n - 1) (9·64·64 + 128) = 73,984 n - 18,432
#   logits    64·10 + 10                                                   =    650
#   in all    97,216 n - 21,926;  moving statistics 2 (16 + 2n (16 + 32 + 64)) = 448 n + 32
@pytest.mark.parametrize(
    ("depth", "parameters", "statistics", "paper_millions"),
    [
        (20, 269_722, 1_376, 0.27),
        (32, 464_154, 2_272, 0.46),
        (44, 658_586, 3_168, 0.66),
        (56, 853_018, 4_064, 0.85),
        pytest.param(110, 1_727_962, 8_096, 1.7, marks=pytest.mark.slow),
    ],
)
def test_cifar_counts_and_map_sizes(depth, parameters, statistics, paper_millions):
    model = getattr(network, f"resnet{depth}")((32, 32, 3), 10)

    assert model.name == f"resnet{depth}"
    assert trainable(model) == parameters
    assert moving_statistics(model) == statistics
    digits = 1 if depth == 110 else 2
    assert round(parameters / 1e6, digits) == paper_millions
    assert stage_sizes(model) == [32, 16, 8]


def test_small_stem_keeps_the_size():
    model = network.resnet18((32, 32, 3), 10, stem="small", width=8)

    assert stage_sizes(model) == [32, 16, 8, 4]
    assert model.get_layer("stem_conv").kernel.shape == (3, 3, 3, 8)


def test_width_is_the_first_stage_and_doubles():
    model = network.resnet50((32, 32, 3), 10, stem="small", width=8)

    # A bottleneck gives out four times its filters.
    assert [stage.shape[-1] for stage in stage_outputs(model)] == [32, 64, 128, 256]


def stage_outputs(model):
    """The output of each stage's last block; layers come in the order of the network."""
    last = {
        layer.name.split("_")[0]: layer.output for layer in model.layers if layer.name.startswith("stage")
    }
    return list(last.values())


def stage_sizes(model):
    for output in stage_outputs(model):
        assert output.shape[1] == output.shape[2]
    return [output.shape[1] for output in stage_outputs(model)]
