"""Multiply-accumulates of a keras network, counted exactly over its convolutions and dense layers.

Normalisation, activation, pooling and additions are not multiply-accumulates in the usual count
(He et al. 2015 state theirs in the same way).
"""

import math

import keras

CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def macs(network: keras.Model) -> int:
    """Multiply-accumulates of one forward pass of one image."""
    return sum(_layer_macs(layer) for layer in network.layers)


def _layer_macs(layer: keras.Layer) -> int:
    if isinstance(layer, keras.Model):
        return macs(layer)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        # Each input position is multiplied with the whole kernel.
        return _positions(layer.input.shape) * math.prod(layer.kernel.shape)
    if isinstance(layer, CONVOLUTIONS):
        return _positions(layer.output.shape) * math.prod(layer.kernel.shape)
    if isinstance(layer, keras.layers.SeparableConv2D):
        kernels = math.prod(layer.depthwise_kernel.shape) + math.prod(layer.pointwise_kernel.shape)
        return _positions(layer.output.shape) * kernels
    if isinstance(layer, keras.layers.Dense):
        return math.prod(layer.input.shape[1:-1]) * math.prod(layer.kernel.shape)
    return 0


def _positions(shape: tuple[int | None, ...]) -> int:
    """Height × width of (batch, height, width, channels)."""
    return math.prod(shape[1:-1])
