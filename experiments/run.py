"""Train one network of the catalog: a study of one arm and one seed, through the same code.

python -m experiments run resnet50 --epochs 5
python -m experiments run resnet18 --data path:photographs --image-size 64 --crop 56 --set width=16
"""

import argparse

from experiments import catalog, command_line, compare, names
from experiments.command_line import Command, Parser
from experiments.logs import trial_folder
from experiments.planning import plan, request
from experiments.processes import Starter
from experiments.studies import reading

DESCRIPTION = """Train one network and log it to MLflow, in the experiment `run`. What the options leave open
comes from the shipped study `compare`: its data, sizes, recipe, and the arguments that it gives to this
network."""


def add_options(parser: Parser) -> None:
    """Its arguments."""
    parser.add_argument("model", help=f"one of: {', '.join(catalog.CATALOG)}")
    compare.add_options(parser)
    for option, help_text in (
        ("--train", "training images"),
        ("--validation", "validation images"),
        ("--test", "test images"),
        ("--image-size", "fit each image to so many pixels, square"),
        ("--crop", "pixels of the square that the network sees"),
    ):
        parser.add_argument(option, type=int, help=help_text)
    parser.add_argument("--epochs", type=int, help="passes over the training images")
    parser.add_argument("--batch-size", type=int, help="images a step")
    parser.add_argument("--learning-rate", type=float, help="the highest learning rate")
    parser.add_argument("--seed", type=int, default=1, help="of weights, order and augmentation (default: 1)")
    command_line.add_set(parser)
    parser.add_argument("--dry-run", action="store_true", help="print how long it takes, and train nothing")


def main(options: argparse.Namespace) -> int:
    """Run the network named on the command line."""
    document = reading.load(reading.find("compare"))
    arm = {"model": options.model, **(document["models"].get(options.model) or {})}
    arm["arguments"] = {**arm.get("arguments", {}), **command_line.set_arguments(options.set)}
    given = {name: value for name, value in vars(options).items() if value is not None}
    data = {
        name: given[name] for name in ("train", "validation", "test", "image_size", "crop") if name in given
    }
    recipe = {
        name: given[name] for name in ("epochs", "batch_size", "learning_rate", "precision") if name in given
    }
    if options.epochs is not None:
        # The warm-up is the shipped study's, which a shorter training may have no room for.
        usual = document["recipe"].get("warmup_epochs", 0)
        recipe["warmup_epochs"] = max(0, min(usual, options.epochs - 1))
    arm["recipe"] = {**arm.get("recipe", {}), **recipe}
    document |= {
        "name": "run",
        "question": "How does one network train?",
        "models": {options.model: arm},
        "claims": [],  # they compare arms
        "seeds": [options.seed],
        "data": {**document["data"], **data, **command_line.data_options(options)},
    }
    study = request.on_data(
        document, options.data, "command line", options.work, command_line.say, dry=options.dry_run
    )
    # Each call is a study of its own: none makes the runs of another outdated.
    with Starter(options.isolation) as starter:
        planning = plan.Options(
            options.work,
            options.store,
            options.workers,
            dry=options.dry_run,
            outdate=False,
            starter=starter,
            cards=compare.cards_of(options.devices),
        )
        planned = plan.make(study, planning, command_line.say)
        status = compare.execute(planned, options, starter, dry=options.dry_run)
    trial = planned.trials[0].trial
    # An imported trial is complete without a model.
    if (trial_folder.of(options.work, trial) / names.MODEL_FOLDER).is_dir():
        command_line.say(f"use it on a folder of images: make predict RUN={trial.id} IMAGES=folder")
    return status


RUN = Command(DESCRIPTION, "run resnet18 --epochs 5 --set width=16", add_options, main)
