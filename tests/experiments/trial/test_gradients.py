"""Gradient norms by stage: against a tape's own, and without changing an update."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from experiments.trial import gradients


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    images = keras.Input((3,))
    x = layers.Dense(4, name="stem_dense")(images)
    x = layers.Dense(4, name="stage1_block1_dense")(x)
    x = layers.Dense(4, name="stage1_block2_dense")(x)
    return keras.Model(images, layers.Dense(2, name="logits")(x))


X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")


def test_norms_are_those_of_the_tape():
    model = network()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(X) - Y))
    found = tape.gradient(loss, model.trainable_variables)
    squares = [float(tf.reduce_sum(tf.square(gradient))) for gradient in found]
    # kernel and bias of each layer, in the order of the network
    stem, stage1, logits = sum(squares[:2]), sum(squares[2:6]), sum(squares[6:])
    model.compile(gradients.WatchedSGD(0.0), "mse", jit_compile=False)
    for _ in range(2):  # at rate 0 both steps have the same gradient: the root mean square is its norm
        model.train_on_batch(X, Y)
    norms = model.optimizer.gradient_norms(steps=2)
    assert norms == pytest.approx(
        {
            "gradient_norm/stem": stem**0.5,
            "gradient_norm/stage1": stage1**0.5,
            "gradient_norm/logits": logits**0.5,
        },
        rel=1e-5,
    )
    assert model.optimizer.gradient_norms(steps=2) == norms  # reading changes nothing
    model.optimizer.reset_gradient_norms()
    assert set(model.optimizer.gradient_norms(steps=1).values()) == {0.0}


@pytest.mark.parametrize(
    ("plain", "watched"),
    [
        (keras.optimizers.SGD, gradients.WatchedSGD),
        (keras.optimizers.Adam, gradients.WatchedAdam),
    ],
)
def test_a_watched_optimizer_updates_to_the_same_bits(plain, watched):
    trained = []
    for make in (plain, watched):
        model = network()
        model.compile(make(0.1), "mse", jit_compile=False)
        for _ in range(3):
            model.train_on_batch(X, Y)
        trained.append(model.get_weights())
    for one, other in zip(*trained, strict=True):
        assert np.array_equal(one, other)


def test_spreads_are_those_of_the_last_weighted_layer_of_a_stage():
    model = network()
    spreads = gradients.Activations(model, X).spreads()
    assert list(spreads) == ["activation_std/stem", "activation_std/stage1", "activation_std/logits"]
    assert spreads["activation_std/logits"] == pytest.approx(np.std(model(X).numpy()), rel=1e-5)
