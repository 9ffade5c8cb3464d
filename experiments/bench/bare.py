"""The yardstick of `python -m experiments bench`: the same network in nothing but `model.fit`.

`python -m experiments.bench.bare WORK/<trial id>` prints training images/s. The input is tf.data's own
shuffle and batch, as a tutorial would write it; recipes with augmentation have no bare counterpart here.
"""

import sys
import time
from pathlib import Path

from experiments import names
from experiments.studies.specification import Trial


def main() -> int:
    """Train one warm-up epoch and the timed ones."""
    import keras
    import tensorflow as tf

    from experiments import catalog
    from experiments.trial import load
    from experiments.trial.process import prepare_process

    folder = Path(sys.argv[1])
    trial = Trial.model_validate_json((folder / names.SPECIFICATION_FILE).read_text())
    recipe = trial.recipe
    prepare_process(recipe.threads)
    keras.utils.set_random_seed(trial.seed)
    data = load.load(trial, folder.parent).training
    network = catalog.build(trial.model, data.input_shape, data.classes, trial.arguments)
    normalisation = keras.layers.Normalization()
    normalisation.adapt(data.images)
    model = keras.Sequential([keras.Input(data.input_shape, dtype="uint8"), normalisation, network])
    model.compile(
        keras.optimizers.SGD(
            recipe.learning_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    batches = (
        tf.data.Dataset.from_tensor_slices((data.images, data.labels))
        .shuffle(len(data.images), seed=trial.seed)
        .repeat()
        .batch(recipe.batch_size)
        .prefetch(2)
    )
    steps = recipe.steps_per_epoch(trial.train)
    model.fit(batches, epochs=1, steps_per_epoch=steps, verbose=0)
    # Read at the end of each epoch: after the last one `fit` can wait long for tf.data's tuner to end.
    seconds: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seconds.append(time.perf_counter() - began)
    )
    began = time.perf_counter()
    model.fit(batches, epochs=recipe.epochs, steps_per_epoch=steps, callbacks=[clock], verbose=0)
    print(recipe.epochs * steps * recipe.batch_size / seconds[-1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
