"""Trials of one arm at several numbers of training images, their errors as a test wants them."""

from dataclasses import replace

import pandas as pd

from experiments import names


def of_sizes(record, errors, seeds=3, diverged=False):
    """The record with runs of one arm: seeds at each size, whose errors differ by a tenth up and down."""
    factors = [0.9, 1.0, 1 / 0.9, 1.0, 1.0][:seeds]
    runs, epochs = record.runs.iloc[0].to_dict(), record.epochs.iloc[0].to_dict()
    of_run = [
        {
            "run_id": f"{size}-{seed}",
            "seed": seed,
            "setting": f"data.train={size}",
            "train_size": size,
            "diverged": diverged and seed == 0,
            names.metric(names.TEST, names.ACCURACY): 1 - error * factors[seed],
        }
        for size, error in errors.items()
        for seed in range(seeds)
    ]
    return replace(
        record,
        runs=pd.DataFrame([runs | each for each in of_run]),
        epochs=pd.DataFrame([epochs | {"run_id": each["run_id"]} for each in of_run]),
    )


# 0.8 × (n / 100)^-0.5: halved by four times the images; at 1,600 images 0.2, at 3,200 0.1414.
HALVED = {100: 0.8, 200: 0.8 / 2**0.5, 400: 0.4, 800: 0.8 / 8**0.5, 1600: 0.2}
