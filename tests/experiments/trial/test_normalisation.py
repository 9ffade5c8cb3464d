"""Fused batch normalisation beside Keras' own layer: outputs, gradients, moving statistics, what is saved."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from experiments.trial import normalisation
from resnet import resnet18

SHAPE = (5, 6, 7, 3)  # batch, height, width, channels


def network(**options):
    images = keras.Input(SHAPE[1:])
    model = keras.Model(images, layers.BatchNormalization(name="norm", **options)(images))
    generator = np.random.default_rng(0)
    model.set_weights([np.abs(generator.normal(1, 0.3, weight.shape)) for weight in model.get_weights()])
    return model


def pair(**options):
    """Keras' layer, and the same fused."""
    fused = network(**options)
    normalisation.fuse(fused)
    return network(**options), fused


def one_update(model, images, training):
    """Output, gradients of input and weights, and the weights afterwards."""
    inputs = tf.constant(images, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        found = model(inputs, training=training)
        loss = tf.reduce_sum(tf.sin(found))
    watched = [inputs, *(variable.value for variable in model.trainable_variables)]
    return [found.numpy(), *(each.numpy() for each in tape.gradient(loss, watched)), *model.get_weights()]


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 2**16),
    mean=st.floats(-3, 3),
    spread=st.floats(0.1, 5),
    momentum=st.sampled_from([0.9, 0.99]),
    training=st.booleans(),
)
def test_it_is_keras_layer(seed, mean, spread, momentum, training):
    images = np.random.default_rng(seed).normal(mean, spread, SHAPE)
    plain, fused = pair(momentum=momentum, epsilon=1e-5)
    for one, other in zip(
        one_update(plain, images, training), one_update(fused, images, training), strict=True
    ):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-5 * max(1, np.abs(one).max()))


# Two images of one pixel: the moving variance takes the mean square, 1, not the sample's 2.
def test_the_moving_variance_is_that_of_the_batch():
    images = keras.Input((1, 1, 1))
    layer = layers.BatchNormalization(momentum=0.5, moving_variance_initializer="zeros")
    model = keras.Model(images, layer(images))
    normalisation.fuse(model)
    model(np.array([[[[1.0]]], [[[3.0]]]], "float32"), training=True)
    assert float(layer.moving_mean[0]) == 1.0
    assert float(layer.moving_variance[0]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "options", [{"scale": False}, {"center": False}, {"axis": 1}, {"synchronized": True}]
)
def test_an_unusual_layer_keeps_keras_own_path(options):
    model = network(**options)
    layer = model.get_layer("norm")
    normalisation.fuse(model)
    assert "call" not in vars(layer)


def test_a_layer_that_does_not_train_normalises_by_its_moving_statistics():
    images = np.random.default_rng(1).normal(2, 3, SHAPE)
    plain, fused = pair()
    for model in (plain, fused):
        model.trainable = False
    np.testing.assert_allclose(
        fused(images, training=True), plain(images, training=True), rtol=1e-5, atol=1e-5
    )


def test_bfloat16_passes_through_and_statistics_stay_float32():
    images = np.random.default_rng(2).normal(2, 3, SHAPE)
    plain, fused = pair(dtype="mixed_bfloat16")
    found = fused(tf.constant(images, tf.bfloat16), training=True)
    assert found.dtype == tf.bfloat16
    assert {weight.dtype for weight in fused.weights} == {"float32"}
    np.testing.assert_allclose(
        tf.cast(found, tf.float32),
        tf.cast(plain(tf.constant(images, tf.bfloat16), training=True), tf.float32),
        atol=0.05,
    )
    np.testing.assert_allclose(fused.get_weights()[2], plain.get_weights()[2], rtol=1e-2)


@pytest.mark.slow
def test_every_normalisation_of_a_residual_network_is_fused_and_saved_as_keras_own(tmp_path):
    inner = resnet18((16, 16, 1), 3, stem="small", width=8)
    images = keras.Input((16, 16, 1))
    model = keras.Model(images, inner(images))
    normalisation.fuse(model)
    norms = [layer for layer in inner.layers if isinstance(layer, layers.BatchNormalization)]
    assert len(norms) == 20
    assert all("call" in vars(layer) for layer in norms)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    again = [layer for layer in loaded.layers[-1].layers if isinstance(layer, layers.BatchNormalization)]
    assert [type(layer) for layer in again] == [layers.BatchNormalization] * 20
    assert not any("call" in vars(layer) for layer in again)
    batch = np.random.default_rng(3).normal(size=(4, 16, 16, 1))
    np.testing.assert_allclose(loaded.predict(batch), model.predict(batch), rtol=1e-4, atol=1e-5)
