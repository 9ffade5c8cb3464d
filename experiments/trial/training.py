"""Training one keras model by a recipe: optimizer, schedule, and a clock that only runs in training."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

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
    if recipe.optimizer == "adam":
        adam = gradients.WatchedAdam if recipe.gradient_flow else keras.optimizers.Adam
        return adam(rate, weight_decay=decay)
    sgd = gradients.WatchedSGD if recipe.gradient_flow else keras.optimizers.SGD
    return sgd(rate, momentum=recipe.momentum, weight_decay=decay)


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


def start_anew(model: keras.Model, network: keras.Model, fresh: keras.Model) -> None:
    """Give a network that was trained the state of one that was just built; what is traced stays.

    model: the compiled one, of which the network is a part; fresh: the same layers with the first weights and
    dropout seeds of another seed. The optimizer goes back to its first update: its variables are zeros but
    for a constant learning rate, which no update changes.
    """
    for variable, value in zip(network.variables, fresh.variables, strict=True):
        variable.assign(value)
    for variable in model.optimizer.variables:
        if not variable.path.endswith("/learning_rate"):
            variable.assign(keras.ops.zeros_like(variable))


def class_weights(labels: np.ndarray) -> np.ndarray:
    """The weight of each class in a loss that is balanced, as scikit-learn has it: n / (k × n_c).

    n images have k classes, n_c of them class c; the mean weight of an image is 1. A class that has no images
    weighs 1, and is never looked up.

    Args:
        labels: int (n,), of the training images.

    Returns:
        float (highest label + 1,).
    """
    images = np.bincount(labels)
    return np.divide(
        len(labels), np.count_nonzero(images) * images, out=np.ones(len(images)), where=images > 0
    )


Rank = tuple[float, ...]  # of an epoch: the higher, the better
NOTHING_LOGGED: Mapping[int, float] = MappingProxyType({})


@dataclass(frozen=True)
class Epoch:
    """An epoch that has ended.

    number: from 1; progress: cumulative training seconds and images seen, learning rate and gradient norms,
    by metric name; last: none follows.
    """

    number: int
    progress: dict[str, float]
    last: bool


EpochEnded = Callable[[Epoch], Rank]


@dataclass
class Best:
    """The best epoch so far and its weights; the first of equals."""

    epoch: int = 0
    rank: Rank = ()
    weights: list[np.ndarray] = field(default_factory=list)

    def offer(self, epoch: int, rank: Rank, get_weights: Callable[[], list[np.ndarray]]) -> None:
        """Take the epoch if its rank is higher than that of all before; only then its weights are copied."""
        if not self.epoch or rank > self.rank:
            self.epoch, self.rank, self.weights = epoch, rank, get_weights()


def train(
    model: keras.Model,
    batches: Callable[[int], tf.data.Dataset],
    recipe: Recipe,
    images: int,
    epoch_ended: EpochEnded,
    checkpoints: Checkpoints | None = None,
    logged_seconds: Mapping[int, float] = NOTHING_LOGGED,
    clock: Callable[[], float] = time.perf_counter,
    before: float = 0.0,
) -> int:
    """Run the recipe's epochs; leaves the weights of the epoch of highest rank, and returns its number.

    Stops early when the training loss is no longer finite.

    Args:
        model: compiled.
        batches: the endless stream of (inputs, targets) from an epoch on; epochs count from 1.
        recipe: the number of epochs and the batch size.
        images: the number of training images.
        epoch_ended: called after each epoch that is evaluated, while the clock stands still; returns its
            rank. Called again for the last epoch where a training is resumed that was over.
        checkpoints: where the training goes on from, and keeps its state.
        logged_seconds: the training clock at the end of epochs that an earlier process trained; an epoch that
            is trained a second time keeps the time of the first.
        clock: in seconds.
        before: seconds that belong to the training and were spent before its first epoch.
    """
    warm_up(model, batches(1))
    steps, best = recipe.steps_per_epoch(images), Best()
    epochs = _Epochs(steps, recipe, epoch_ended, best, checkpoints, logged_seconds, clock)
    epochs.seconds = before
    state = checkpoints and checkpoints.load()
    resumed = state is not None and _restore(model, best, state)
    if resumed:
        epochs.seconds = state.progress[names.TRAIN_SECONDS]
    if resumed and state.over:
        epoch_ended(Epoch(state.epoch, state.progress, last=True))
    else:
        done = state.epoch if resumed else 0
        model.fit(
            batches(done + 1),
            initial_epoch=done,
            epochs=recipe.epochs,
            steps_per_epoch=steps,
            callbacks=[epochs],
            shuffle=False,
            verbose=0,
        )
    model.set_weights(best.weights)
    return best.epoch


def _variables(model: keras.Model) -> list[keras.Variable]:
    """All that an update changes: weights, moving statistics, seed generators, the optimizer's own."""
    return [*model.variables, *model.optimizer.variables]


def _restore(model: keras.Model, best: Best, state: State) -> bool:
    """Give the model a state; False if it is another network's, as it is after a change of the code."""
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


class _Epochs(keras.callbacks.Callback):
    """Evaluates epochs as the recipe says; times all of them, and nothing between them."""

    def __init__(
        self,
        steps: int,
        recipe: Recipe,
        epoch_ended: EpochEnded,
        best: Best,
        checkpoints: Checkpoints | None,
        logged_seconds: Mapping[int, float],
        clock: Callable[[], float],
    ) -> None:
        super().__init__()
        self._steps, self._recipe = steps, recipe
        self._rate = learning_rate(recipe, steps)
        self._epoch_ended, self._best, self._checkpoints = epoch_ended, best, checkpoints
        self._logged_seconds, self._clock = logged_seconds, clock
        self.seconds = 0.0
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._began = self._clock()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        number = epoch + 1
        self.seconds = self._logged_seconds.get(number, self.seconds + self._clock() - self._began)
        diverged = not math.isfinite((logs or {}).get("loss", math.nan))
        ended = Epoch(number, self._progress(number), last=diverged or number == self._recipe.epochs)
        if ended.last or number % self._recipe.evaluate_every == 0:
            rank = self._epoch_ended(ended)
            self._best.offer(number, rank, self.model.get_weights)
        if self._checkpoints:
            self._checkpoints.offer(lambda: self._state(ended), over=ended.last)
        if diverged:
            self.model.stop_training = True

    def _progress(self, number: int) -> dict[str, float]:
        updates = number * self._steps
        # The optimizer's own rate is already that of the next update.
        rate = self._rate(updates - 1) if callable(self._rate) else self._rate
        progress = {
            names.TRAIN_SECONDS: self.seconds,
            names.IMAGES_SEEN: float(updates * self._recipe.batch_size),
            names.LEARNING_RATE: float(np.asarray(rate)),
        }
        optimizer = self.model.optimizer
        if isinstance(optimizer, gradients.Watched):
            progress |= optimizer.gradient_norms(self._steps)
            optimizer.reset_gradient_norms()
        return progress

    def _state(self, ended: Epoch) -> State:
        return State(
            epoch=ended.number,
            progress=ended.progress,
            over=ended.last,
            best_epoch=self._best.epoch,
            best_rank=self._best.rank,
            variables=[np.asarray(variable.numpy()) for variable in _variables(self.model)],
            best_weights=self._best.weights,
        )
