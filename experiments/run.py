"""Train one network of the catalog: a study of one arm and one seed, through the same code.

python -m experiments.run resnet50 --epochs 5
python -m experiments.run resnet18 --data path:photographs --image-size 64 --crop 56 --set width=16
"""

import sys

from experiments import arguments, attempts, catalog, compare, names, plan, requested, study_file
from experiments.errors import Parser, exit_status

DESCRIPTION = """Train one network and log it to MLflow, in the experiment `run`. What is not said comes from
the shipped study `compare`: its data, sizes, recipe, and the arguments that it gives to this network."""


def main() -> int:
    """Run the network named on the command line."""
    parser = Parser(description=DESCRIPTION)
    parser.add_argument("model", help=f"one of: {', '.join(catalog.CATALOG)}")
    compare.arguments_of(parser)
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
    arguments.add_to(parser)
    asked = parser.parse_args()
    document = study_file.load(study_file.find("compare"))
    arm = {"model": asked.model, **(document["models"].get(asked.model) or {})}
    arm["arguments"] = {**arm.get("arguments", {}), **arguments.settings(asked.set)}
    given = {name: value for name, value in vars(asked).items() if value is not None}
    data = {
        name: given[name] for name in ("train", "validation", "test", "image_size", "crop") if name in given
    }
    recipe = {name: given[name] for name in ("epochs", "batch_size", "learning_rate") if name in given}
    if asked.epochs is not None:
        # The warm-up is the shipped study's, which a shorter training may have no room for.
        usual = document["recipe"].get("warmup_epochs", 0)
        recipe["warmup_epochs"] = max(0, min(usual, asked.epochs - 1))
    arm["recipe"] = {**arm.get("recipe", {}), **recipe}
    document |= {
        "name": "run",
        "question": "How does one network train?",
        "models": {asked.model: arm},
        "claims": [],  # they compare arms
        "seeds": [asked.seed],
        "data": {**document["data"], **data, **compare.taken(asked)},
    }
    study = requested.on_data(
        document, asked.data, "command line", asked.work, compare.say, dry=asked.dry_run
    )
    made = plan.make(study, asked.work, asked.store, asked.workers, compare.say, dry=asked.dry_run)
    # Each call is a study of its own: none makes the runs of another outdated.
    status = compare.execute(made._replace(roles={}), asked)
    trial = made.trials[0].trial
    # An imported trial is complete without a model.
    if (attempts.folder(asked.work, trial) / names.MODEL_FOLDER).is_dir():
        compare.say(f"use it on a folder of images: make predict RUN={trial.id} IMAGES=folder")
    return status


if __name__ == "__main__":
    sys.exit(exit_status(main))
