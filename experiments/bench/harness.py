"""The training of a trial as a way to be timed: its learner, its stream of batches, its own clock.

    python -m experiments.bench.harness NETWORK PRECISION ROUNDS

The clock of a trial stands still between epochs: that is where this process waits for its turn.
"""

import sys
import time

from experiments import names
from experiments.bench import standing
from experiments.bench.networks import NETWORKS


def main() -> int:
    """Train an epoch a round."""
    from experiments.trial import build, process

    timed, precision, rounds = NETWORKS[sys.argv[1]], sys.argv[2], int(sys.argv[3])
    recipe = timed.recipe(precision, rounds)
    process.prepare_process(recipe.threads)
    data = timed.data()
    learner = build.learner(timed.model, timed.complete_arguments, data, recipe, seed=0)
    before = 0.0

    def report(epoch: int, metrics: dict[str, float]) -> None:
        nonlocal before
        seconds = metrics[names.TRAIN_SECONDS] - before
        before = metrics[names.TRAIN_SECONDS]
        if epoch == 1:
            standing.say_ready()
        else:
            standing.answer(timed.steps * timed.batch / seconds)
        if epoch <= rounds:
            standing.await_turn()

    learner.fit(data.evaluate, report)
    time.sleep(600)  # the parent ends it
    return 0


if __name__ == "__main__":
    sys.exit(main())
