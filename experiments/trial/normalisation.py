"""Batch normalisation by tensorflow's fused kernel: the same numbers as Keras' layer, in less time.

Keras 3 computes moments and normalisation as separate operations over the whole batch (keras-core issue 225).
The fused kernel passes over it less often, takes bfloat16 as it is, and is traced and compiled sooner.

A layer stays a `keras.layers.BatchNormalization`: weights, name, configuration and what is saved are Keras'
own, and only the instance's `call` is another. So a saved model loads anywhere, and runs on Keras' own path.
"""

import functools

import keras
import tensorflow as tf


def fuse(network: keras.Model) -> None:
    """Let every batch normalisation of a network, nested ones too, run by the fused kernel where it can."""
    if keras.backend.backend() != "tensorflow":
        return
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            fuse(layer)
        elif type(layer) is keras.layers.BatchNormalization and _fits(layer):
            layer.call = functools.partial(_call, layer, layer.call)


def _fits(layer: keras.layers.BatchNormalization) -> bool:
    """True of the usual kind: images with channels last, scale and offset, the moments of one replica."""
    usual = layer.center and layer.scale and not layer.renorm and not layer.synchronized
    rank = len(layer.input.shape)
    return usual and rank == 4 and layer.axis in (-1, rank - 1)


def _call(
    layer: keras.layers.BatchNormalization,
    unfused: object,
    inputs: tf.Tensor,
    training: bool | None = None,
    mask: tf.Tensor | None = None,
) -> tf.Tensor:
    """Normalise (batch, height, width, channels) float; its dtype stays, all statistics are float32."""
    if mask is not None:
        return unfused(inputs, training=training, mask=mask)
    scale, offset = (tf.convert_to_tensor(each) for each in (layer.gamma, layer.beta))
    scale, offset = tf.cast(scale, tf.float32), tf.cast(offset, tf.float32)
    if not (training and layer.trainable):
        found, _, _ = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            scale,
            offset,
            mean=tf.convert_to_tensor(layer.moving_mean),
            variance=tf.convert_to_tensor(layer.moving_variance),
            epsilon=layer.epsilon,
            is_training=False,
        )
        return found
    found, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        inputs, scale, offset, epsilon=layer.epsilon, is_training=True
    )
    # The kernel's batch variance is that of a sample, n / (n - 1) times what Keras averages.
    count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), tf.float32)
    variance *= (count - 1) / count
    for moving, batch in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + batch * (1 - layer.momentum))
    return found
