"""The script that a study replaces: every arm of `compare` in one process, by what a tutorial shows.

    python -m experiments.bench.naive SEEDS

Networks, recipe, images and seeds are those of the study; the rest is a person's: tensorflow's own threads,
arrays given to `fit`, `validation_data` after each epoch, Keras' layers as they are. It keeps no checkpoint,
no record and no probabilities, and its training accuracy is the running one. Prints each arm's test accuracy.
"""

import sys
import time

from experiments import location
from experiments.planning import plan
from experiments.studies import reading


def main() -> int:
    """Train every arm with each seed, one after the other."""
    import keras
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from experiments import catalog
    from experiments.trial import load

    document = reading.load(reading.find("compare"))
    document |= {"seeds": [int(seed) for seed in sys.argv[1:]], "claims": []}
    for planned in plan.trials(reading.parse(document, "compare"), location.WORK):
        began = time.perf_counter()
        trial, recipe = planned.trial, planned.trial.recipe
        keras.utils.set_random_seed(trial.seed)
        data = load.load(trial, location.WORK)
        images, validation, test = data.training, data.training.validation, data.test
        normalise = keras.layers.Normalization()
        normalise.adapt(images.images)
        steps = recipe.steps_per_epoch(len(images.images))
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, (recipe.epochs - 1) * steps, warmup_target=recipe.learning_rate, warmup_steps=steps
        )
        if recipe.optimizer == "adam":
            optimizer = keras.optimizers.Adam(rate, weight_decay=recipe.weight_decay)
        else:
            optimizer = keras.optimizers.SGD(rate, recipe.momentum, weight_decay=recipe.weight_decay)
        built = catalog.build(trial.model, images.input_shape, images.classes, trial.arguments)
        fitting = {"epochs": recipe.epochs, "batch_size": recipe.batch_size, "verbose": 0}
        inputs, held_out, unseen = (normalise(each.images) for each in (images, validation, test))
        if trial.model == "autoencoder_features":
            built.autoencoder.compile(optimizer, "mse")
            built.autoencoder.fit(inputs, inputs, validation_data=(held_out, held_out), **fitting)
            classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
            classifier.fit(built.encoder.predict(inputs, verbose=0), images.labels)
            accuracy = classifier.score(built.encoder.predict(unseen, verbose=0), test.labels)
        else:
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            built.compile(optimizer, loss, metrics=["accuracy"])
            built.fit(inputs, images.labels, validation_data=(held_out, validation.labels), **fitting)
            accuracy = built.evaluate(unseen, test.labels, verbose=0)[1]
        print(
            f"{planned.run_name}: test accuracy {accuracy:.3f}, {time.perf_counter() - began:.0f} s",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
