"""Training one keras model by a recipe: optimizer, schedule, and a clock that only runs in training."""

import math
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from experiments import names
from experiments.logs.checkpoint import Checkpoints, State
from experiments.studies.specification import Recipe
from experiments.trial import gradients


def optimizer(recipe: Recipe, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer with its learning-rate schedule.

    Weight decay is Keras' decoupled decay: weights shrink by learning rate × weight_decay a step.
    """
    rate = learning_rate(recipe, steps_per_epoch)
    decay = recipe.weight_decay or None
    seen = gradients.watched if recipe.gradient_flow else lambda kind: kind
    if recipe.optimizer == "adam":
        return seen(keras.optimizers.Adam)(rate, weight_decay=decay)
    return seen(keras.optimizers.SGD)(rate, momentum=recipe.momentum, weight_decay=decay)


def learning_rate(
    recipe: Recipe, steps_per_epoch: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """The schedule over the whole budget.

    "cosine" rises linearly from zero in the warm-up and falls to zero along a half cosine; "steps" divides
    by ten at one half and at three quarters of the updates (He et al. 2015, 4.2); "constant" does neither.
    """
    updates = recipe.epochs * steps_per_epoch
    if recipe.schedule == "cosine":
        warmup = round(recipe.warmup_epochs * steps_per_epoch)
        start = 0.0 if warmup else recipe.learning_rate
        return keras.optimizers.schedules.CosineDecay(
            start,
            updates - warmup,
            warmup_target=recipe.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
    if recipe.schedule == "steps":
        values = [recipe.learning_rate / factor for factor in (1, 10, 100)]
        last_of_each = [updates // 2 - 1, updates * 3 // 4 - 1]
        return keras.optimizers.schedules.PiecewiseConstantDecay(last_of_each, values)
    return recipe.learning_rate


def compile_for(
    model: keras.Model,
    losses: list | Callable,
    recipe: Recipe,
    images: int,
    weights: list[float] | None = None,
) -> None:
    """Compile with the recipe's optimizer.

    Args:
        model: with one output for each loss.
        losses: keras losses or functions of (targets, outputs).
        recipe: optimizer, schedule and batch size.
        images: the number of training images.
        weights: of the losses in their sum; all 1 by default.
    """
    # XLA stays off: on CPU its convolutions can be far slower, and "auto" would differ between machines.
    model.compile(
        optimizer=optimizer(recipe, recipe.steps_per_epoch(images)),
        loss=losses,
        loss_weights=weights,
        jit_compile=False,
    )


class Best:
    """The best epoch so far and its weights; the first of equals."""

    def __init__(self) -> None:
        self.epoch = 0
        self.weights: list[np.ndarray] = []
        self.rank: tuple[float, ...] = ()

    def improved(self, epoch: int, rank: tuple[float, ...]) -> bool:
        """Take the epoch if its rank is higher than that of all before."""
        if self.epoch and not rank > self.rank:
            return False
        self.epoch, self.rank = epoch, rank
        return True


EpochEnded = Callable[[int, dict[str, float], bool], None]


def train(
    model: keras.Model,
    batches: Callable[[int], tf.data.Dataset],
    recipe: Recipe,
    images: int,
    epoch_ended: EpochEnded,
    best: Best,
    checkpoints: Checkpoints | None = None,
) -> None:
    """Run the recipe's epochs; stops early when the training loss is no longer finite.

    Args:
        model: compiled.
        batches: the endless stream of (inputs, targets) from an epoch on; epochs count from 1.
        recipe: the number of epochs and the batch size.
        images: the number of training images.
        epoch_ended: called after each epoch with its number, with cumulative training seconds, images seen
            and learning rate, and with whether it is the last; the clock stands still in it. Called again
            for the last epoch where a training is resumed that was over.
        best: what epoch_ended keeps as the best epoch.
        checkpoints: where the training goes on from, and keeps its state.
    """
    warm_up(model, batches(1))
    steps = recipe.steps_per_epoch(images)
    clock = _Clock(steps, recipe, epoch_ended, best, checkpoints)
    state = checkpoints and checkpoints.load()
    done = 0
    if state and _restore(model, best, state):
        done = state.epoch
        clock.seconds = state.progress[names.TRAIN_SECONDS]
        if state.over:
            epoch_ended(done, state.progress, True)
            return
    model.fit(
        batches(done + 1),
        initial_epoch=done,
        epochs=recipe.epochs,
        steps_per_epoch=steps,
        callbacks=[clock],
        shuffle=False,
        verbose=0,
    )


def _variables(model: keras.Model) -> list[keras.Variable]:
    """All that an update changes: weights, moving statistics, seed generators, the optimizer's own."""
    return [*model.variables, *model.optimizer.variables]


def _restore(model: keras.Model, best: Best, state: State) -> bool:
    """Take a state over; not if it is another network's, such as one before a change of the code."""
    variables = _variables(model)
    if [(each.shape, each.dtype) for each in variables] != [(v.shape, v.dtype.name) for v in state.variables]:
        return False
    for variable, value in zip(variables, state.variables, strict=True):
        variable.assign(value)
    best.epoch, best.rank, best.weights = state.best_epoch, state.best_rank, state.best_weights
    return True


def warm_up(model: keras.Model, batches: tf.data.Dataset) -> None:
    """Compile the training step by one update, and take the update back to the last bit."""
    model.optimizer.build(model.trainable_variables)
    variables = _variables(model)
    before = [variable.numpy() for variable in variables]
    model.fit(batches, epochs=1, steps_per_epoch=1, shuffle=False, verbose=0)
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)


class _Clock(keras.callbacks.Callback):
    """Times the epochs, and nothing between them."""

    def __init__(
        self,
        steps: int,
        recipe: Recipe,
        epoch_ended: EpochEnded,
        best: Best,
        checkpoints: Checkpoints | None,
    ) -> None:
        super().__init__()
        self._steps, self._recipe = steps, recipe
        self._rate = learning_rate(recipe, steps)
        self._epoch_ended, self._best, self._checkpoints = epoch_ended, best, checkpoints
        self.seconds = 0.0
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.seconds += time.perf_counter() - self._began
        epoch += 1
        if self._checkpoints:
            self.seconds = self._checkpoints.told_seconds.get(epoch, self.seconds)
        updates = epoch * self._steps
        # The optimizer's own rate is already that of the next update.
        rate = self._rate(updates - 1) if callable(self._rate) else self._rate
        progress = {
            names.TRAIN_SECONDS: self.seconds,
            names.IMAGES_SEEN: float(updates * self._recipe.batch_size),
            names.LEARNING_RATE: float(np.asarray(rate)),
            **gradients.norms(self.model.optimizer, self._steps),
        }
        diverged = not math.isfinite((logs or {}).get("loss", math.nan))
        over = diverged or epoch == self._recipe.epochs
        self._epoch_ended(epoch, progress, over)
        if self._checkpoints:
            self._checkpoints.offer(lambda: self._state(epoch, progress, over), over=over)
        if diverged:
            self.model.stop_training = True

    def _state(self, epoch: int, progress: dict[str, float], over: bool) -> State:
        values = [variable.numpy() for variable in _variables(self.model)]
        best = self._best
        return State(epoch, progress, over, values, best.epoch, best.rank, best.weights)
