"""Schedules, the warm-up that leaves no trace, the clock, and the chosen epoch."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from sklearn.utils.class_weight import compute_class_weight

from experiments.studies.specification import Recipe
from experiments.trial import learners, training

# Schedules: 10 epochs of 10 steps are 100 updates.


def rates(steps, **settings):
    schedule = training.learning_rate(Recipe(epochs=10, learning_rate=0.4, **settings), steps_per_epoch=10)
    return [float(schedule(step)) for step in steps]


def test_constant():
    assert training.learning_rate(Recipe(schedule="constant", learning_rate=0.4), 10) == 0.4


def test_cosine_falls_from_its_peak_to_zero():
    assert rates([0, 50, 100], schedule="cosine") == pytest.approx([0.4, 0.2, 0])


# Two epochs up, eight down; in the middle of the way down, at 60, half of the peak.
def test_cosine_with_warm_up_rises_first():
    found = rates([0, 10, 20, 60, 100], schedule="cosine", warmup_epochs=2)
    assert found == pytest.approx([0, 0.2, 0.4, 0.2, 0])


def test_steps_divides_by_ten_at_a_half_and_at_three_quarters():
    found = rates([0, 49, 50, 74, 75, 99], schedule="steps")
    assert found == pytest.approx([0.4, 0.4, 0.04, 0.04, 0.004, 0.004])


def test_the_recipe_s_optimizer():
    sgd = training.optimizer(Recipe(optimizer="sgd", momentum=0.8, weight_decay=0.01), 10)
    assert (type(sgd), sgd.momentum, sgd.weight_decay) == (keras.optimizers.SGD, 0.8, 0.01)
    adam = training.optimizer(Recipe(optimizer="adam"), 10)
    assert (type(adam), adam.weight_decay) == (keras.optimizers.Adam, None)


# The loop. The network below has every kind of state: moving statistics, a dropout seed, momentum.


def stateful_network():
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(2),
        ]
    )
    training.compile_for(network, keras.losses.SparseCategoricalCrossentropy(from_logits=True), RECIPE, 32)
    return network


RECIPE = Recipe(optimizer="sgd", momentum=0.9, learning_rate=0.1, schedule="constant", batch_size=8, epochs=3)


def batches():
    """Endless, of eight rows of noise each."""
    generator = np.random.default_rng(0)
    rows, labels = generator.normal(size=(32, 4)).astype("float32"), generator.integers(0, 2, 32)
    return tf.data.Dataset.from_tensor_slices((rows, labels)).batch(8).repeat()


def state(network):
    return [variable.numpy().copy() for variable in (*network.variables, *network.optimizer.variables)]


def changed(before, after):
    return [not np.array_equal(one, other) for one, other in zip(before, after, strict=True)]


def test_warm_up_leaves_every_bit_as_it_was():
    network = stateful_network()
    network.optimizer.build(network.trainable_variables)
    seeds = [variable for variable in network.variables if "seed" in variable.path]
    assert len(seeds) == 1
    before = state(network)

    training.warm_up(network, batches())
    assert not any(changed(before, state(network)[: len(before)]))
    assert int(network.optimizer.iterations) == 0

    # One step without the restoring changes them all: weights, statistics, seed, momentum, iterations.
    network.fit(batches(), epochs=1, steps_per_epoch=1, verbose=0)
    moved = dict(
        zip(
            [variable.path for variable in (*network.variables, *network.optimizer.variables)],
            changed(before, state(network)[: len(before)]),
            strict=False,
        )
    )
    assert {path for path, has in moved.items() if not has} <= {
        path for path in moved if "learning_rate" in path
    }


def train(network, stream, recipe, images, epoch_ended, **options):
    """`training.train` on a stream that has no epochs; the last epoch is the best."""

    def ended(epoch):
        epoch_ended(epoch.number, epoch.progress)
        return (epoch.number,)

    return training.train(network, lambda first: stream, recipe, images, ended, **options)


def test_training_is_fit_to_the_last_bit():
    trained, fitted = stateful_network(), stateful_network()
    assert train(trained, batches(), RECIPE, 32, lambda epoch, progress: None) == 3
    fitted.fit(batches(), epochs=3, steps_per_epoch=4, verbose=0)
    for one, other in zip(trained.get_weights(), fitted.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def one_weight(rate=1.0):
    """w · x with w = 0 and the loss w · x: each update takes learning rate × the mean of x from w."""
    network = keras.Sequential(
        [keras.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
    )
    recipe = Recipe(momentum=0, learning_rate=rate, schedule="constant", batch_size=2, epochs=2)
    training.compile_for(network, lambda wanted, given: keras.ops.mean(given), recipe, 6)
    return network, recipe


# 6 images in batches of 2 are three steps an epoch; batch k holds x = k twice, so two epochs take
# 0 + 1 + … + 5 = 15 from w. Each batch is seen once, in order, and none in the warm-up.
def test_the_stream_is_consumed_once_from_its_beginning():
    network, recipe = one_weight()
    stream = tf.data.Dataset.range(10**6).map(
        lambda k: (tf.fill((2, 1), tf.cast(k, tf.float32)), tf.zeros(2))
    )
    weights = []
    train(network, stream, recipe, 6, lambda *_: weights.append(float(network.get_weights()[0].item())))
    assert weights == [-(0 + 1 + 2), -15]


def ones(value=1.0):
    return tf.data.Dataset.from_tensors((tf.fill((2, 1), value), tf.zeros(2))).repeat()


# 5 images in batches of 2 are three steps, and the last batch is filled: 6 images seen an epoch.
def test_progress_of_each_epoch():
    network, recipe = one_weight(rate=0.5)
    reports = []
    train(network, ones(), recipe, 5, lambda epoch, progress: reports.append((epoch, progress)))
    assert [epoch for epoch, _ in reports] == [1, 2]
    assert [progress["images_seen"] for _, progress in reports] == [6, 12]
    assert [progress["learning_rate"] for _, progress in reports] == [0.5, 0.5]
    assert 0 < reports[0][1]["train_seconds"] < reports[1][1]["train_seconds"]
    assert all(set(progress) == {"images_seen", "learning_rate", "train_seconds"} for _, progress in reports)


# "steps" over 2 epochs of 4: the eighth update has a hundredth of the rate, the fourth still the whole one.
# A cosine over 8 updates: the last one is at 7/8 of the way, not at its end, which no update has.
@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("steps", [1, 0.01]), ("cosine", [(1 + math.cos(math.pi * k / 8)) / 2 for k in (3, 7)])],
)
def test_the_learning_rate_is_that_of_the_epoch_s_last_update(schedule, expected):
    network, _ = one_weight()
    recipe = Recipe(momentum=0, learning_rate=1, schedule=schedule, batch_size=2, epochs=2)
    training.compile_for(network, lambda wanted, given: keras.ops.mean(given), recipe, 8)
    found = []
    train(network, ones(), recipe, 8, lambda _, progress: found.append(progress["learning_rate"]))
    assert found == pytest.approx(expected, rel=1e-4)


# A clock that is read is a second on; tracing the step and the end of an epoch take an hour each.
def test_the_clock_stands_still_in_compilation_and_between_epochs():
    now = itertools.count()
    hours = []

    class SlowToTrace(keras.layers.Layer):
        def call(self, values):
            hours.append("traced")
            return values

    def epoch_ended(epoch, progress):
        seconds.append(progress["train_seconds"])
        hours.append("ended")

    _, recipe = one_weight()
    network = keras.Sequential([keras.Input((1,)), SlowToTrace(), layers.Dense(1)])
    training.compile_for(network, lambda wanted, given: keras.ops.mean(given), recipe, 6)
    hours.clear()
    seconds = []
    train(network, ones(), recipe, 6, epoch_ended, clock=lambda: next(now) + 3600 * len(hours))
    assert seconds == [1, 2]
    assert hours == ["traced", "ended", "ended"]


def test_an_epoch_that_was_logged_keeps_its_time():
    network, recipe = one_weight()
    now = itertools.count()
    seconds = []
    train(
        network,
        ones(),
        recipe.model_copy(update={"epochs": 3}),
        6,
        lambda _, progress: seconds.append(progress["train_seconds"]),
        clock=lambda: float(next(now)),
        logged_seconds={1: 10.5, 2: 100.25},
    )
    assert seconds == [10.5, 100.25, 101.25]


# The first update takes 1e30 · 1e20 from w: infinity in float32, and its loss is no number.
def test_a_loss_that_is_no_number_ends_the_training():
    network, recipe = one_weight(rate=1e30)
    epochs = []
    train(
        network,
        ones(1e20),
        recipe.model_copy(update={"epochs": 50}),
        6,
        lambda epoch, _: epochs.append(epoch),
    )
    assert epochs == [1]


# The chosen epoch: (validation accuracy, validation loss) of each epoch.
@pytest.mark.parametrize(
    ("epochs", "chosen"),
    [
        ([(0.5, 1.0), (0.7, 1.0), (0.6, 1.0)], 2),  # highest accuracy
        ([(0.5, 0.1), (0.7, 9.0)], 2),  # whatever its loss
        ([(0.7, 1.0), (0.7, 0.9), (0.7, 0.95)], 2),  # then lower loss
        ([(0.7, 0.9), (0.7, 0.9)], 1),  # then earlier
        ([(0.7, math.nan), (0.7, 9.0)], 2),  # not-a-number is the worst loss
        ([(0.7, 9.0), (0.7, math.nan)], 1),
        ([(0.7, math.inf), (0.7, math.nan)], 1),
        ([(0.1, math.nan)], 1),  # of one epoch, that one
    ],
)
def test_chosen_epoch(epochs, chosen):
    best = training.Best()
    for epoch, (accuracy, loss) in enumerate(epochs, start=1):
        metrics = {"validation/accuracy": accuracy, "validation/loss": loss, "train/accuracy": 1 - accuracy}
        best.offer(epoch, learners.rank(metrics), lambda epoch=epoch: [epoch])
    assert best.epoch == chosen
    assert best.weights == [chosen]


# Classes of 1, 3 and 4 images, and one of none: 8 / (3 × 1), 8 / (3 × 3), 8 / (3 × 4).
def test_balanced_weights_by_hand():
    labels = np.array([0, 1, 1, 1, 3, 3, 3, 3])
    assert training.class_weights(labels) == pytest.approx([8 / 3, 8 / 9, 1, 2 / 3])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
def test_balanced_weights_are_scikit_learn_s(drawn):
    labels = np.array(drawn)
    known = np.unique(labels)
    expected = compute_class_weight("balanced", classes=known, y=labels)
    assert training.class_weights(labels)[known] == pytest.approx(expected)
    assert training.class_weights(labels)[labels].mean() == pytest.approx(1)
