"""A plain twin is its residual network without the shortcuts, and nothing else."""

from functools import partial

import pytest
from keras import layers

from resnet import network

slow = pytest.mark.slow


# One addition a block, and two layers for each shortcut that changes the shape (projection and normalisation,
# or stride and zeros): from stage 2 on each stage's first does, in a bottleneck network stage 1's does too.
# Without batch normalisation a projection is one layer.
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize(
    ("depth", "additions", "shortcut_layers"),
    [
        (18, 8, 6),
        (34, 16, 6),
        (26, 12, 6),
        (50, 16, 8),
        pytest.param(101, 33, 8, marks=slow),
        pytest.param(152, 50, 8, marks=slow),
        (20, 9, 4),
        (32, 15, 4),
        pytest.param(44, 21, 4, marks=slow),
        pytest.param(56, 27, 4, marks=slow),
        pytest.param(110, 54, 4, marks=slow),
    ],
)
def test_plain_twin_lacks_only_the_shortcuts(depth, additions, shortcut_layers, batch_norm):
    projects = depth == 26 or depth in network.IMAGENET_BLOCKS
    narrow = {"width": 8} if projects else {}
    builder = partial(getattr(network, f"resnet{depth}"), (32, 32, 3), 10, batch_norm=batch_norm, **narrow)
    residual = builder()
    plain = builder(shortcuts=False)

    added = [layer for layer in residual.layers if isinstance(layer, layers.Add)]
    shortcut = [layer for layer in residual.layers if "_shortcut" in layer.name]
    if projects and not batch_norm:
        shortcut_layers //= 2
    assert (len(added), len(shortcut)) == (additions, shortcut_layers)
    assert plain.name == f"plain{depth}"
    assert described(plain.layers) == described(
        layer for layer in residual.layers if layer not in added and layer not in shortcut
    )


def described(some):
    """Name, class, whole configuration and output shape of each layer."""
    return [(type(layer).__name__, layer.get_config(), layer.output.shape) for layer in some]
