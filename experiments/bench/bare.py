"""A person's training as a way to be timed: the same network in nothing but `model.fit`.

    python -m experiments.bench.bare NETWORK PRECISION

The input is tf.data's own shuffle and batch, as a tutorial would write it, and each layer is Keras' own;
threads and flags are those of a trial.
"""

import sys
import time

from experiments import catalog
from experiments.bench import standing
from experiments.bench.networks import CLASSES, NETWORKS


def main() -> int:
    """Train as many steps a round."""
    import keras
    import tensorflow as tf

    from experiments.trial import process

    timed, precision = NETWORKS[sys.argv[1]], sys.argv[2]
    recipe = timed.recipe(precision, rounds=1)
    process.prepare_process(recipe.threads)
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    network = catalog.build(timed.model, timed.shape, CLASSES, timed.complete_arguments)
    data = timed.data()
    normalisation = keras.layers.Normalization()
    normalisation.adapt(data.images[:1000])
    model = keras.Sequential([keras.Input(timed.shape, dtype="uint8"), normalisation, network])
    model.compile(
        keras.optimizers.SGD(
            recipe.learning_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    batches = (
        tf.data.Dataset.from_tensor_slices((data.images, data.labels))
        .shuffle(len(data.images), seed=0)
        .repeat()
        .batch(timed.batch)
        .prefetch(2)
    )
    began = 0.0

    def begin(epoch: int, logs: dict | None = None) -> None:
        nonlocal began
        if epoch == 1:
            standing.say_ready()
        if epoch:
            standing.await_turn()
        began = time.perf_counter()

    def end(epoch: int, logs: dict | None = None) -> None:
        if epoch:
            standing.answer(timed.steps * timed.batch / (time.perf_counter() - began))

    clock = keras.callbacks.LambdaCallback(on_epoch_begin=begin, on_epoch_end=end)
    forever = 10**6  # epochs; the parent ends it
    model.fit(batches, epochs=forever, steps_per_epoch=timed.steps, callbacks=[clock], verbose=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
