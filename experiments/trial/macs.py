"""Counts the cost of a keras network: multiply-accumulates, and the memory of the outputs of its layers.

Multiply-accumulates are counted exactly over convolutions and dense layers. Normalisation, activation,
pooling and additions are none in the usual count (He et al. 2015 state theirs in the same way).
"""

import math

import keras

CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def of_network(network: keras.Model) -> int:
    """Multiply-accumulates of one forward pass of one image."""
    return sum(of_layer(layer) for layer in network.layers)


def of_layer(layer: keras.Layer) -> int:
    """Multiply-accumulates of one layer, of one image."""
    if isinstance(layer, keras.Model):
        return of_network(layer)
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


def activation_bytes(network: keras.Model) -> int:
    """Memory of the outputs of all layers for one image, in float32: what training holds at most."""
    return sum(
        activation_bytes(layer) if isinstance(layer, keras.Model) else 4 * _values(layer.output)
        for layer in network.layers
        if not isinstance(layer, keras.layers.InputLayer)
    )


def _values(outputs: keras.KerasTensor | list[keras.KerasTensor]) -> int:
    return sum(math.prod(tensor.shape[1:]) for tensor in keras.tree.flatten(outputs))
