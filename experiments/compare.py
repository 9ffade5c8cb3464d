"""Run a study: plan it, skip what is complete, train the rest, and log everything to MLflow.

    python -m experiments.compare compare --dry-run
    python -m experiments.compare compare

Stop it at any time and start it again: it goes on from the last checkpoints, and nothing is trained twice.
"""

import argparse
import sys
from pathlib import Path

from experiments import (
    checkpoint,
    execution,
    keeping,
    location,
    overview,
    plan,
    progress,
    requested,
    scheduler,
)
from experiments.arguments import positive, seconds, silence
from experiments.errors import Parser, exit_status

DESCRIPTION = """Run every trial of a study that is not complete yet, each in a process of its own, and log
it to MLflow. Studies are YAML files (docs/studies.md); those that ship lie in experiments/studies/."""
EXIT = """exit status: 0 all trials complete; 1 some failed or were ended (a later start goes on with those);
2 the study, the data or an argument cannot be used"""


def arguments_of(parser: argparse.ArgumentParser) -> None:
    """The options that every way to run trials has."""
    data_arguments_of(parser)
    parser.add_argument(
        "--workers", type=positive, help="trials at a time (default: one a core, as memory allows)"
    )
    parser.add_argument("--work", type=Path, default=location.WORK, help="event logs and prepared data")
    parser.add_argument(
        "--store",
        type=location.absolute,
        default=location.store_uri(),
        help="MLflow store (default: MLFLOW_TRACKING_URI, or mlflow.db in the repository)",
    )
    parser.add_argument(
        "--keep-models",
        choices=keeping.POLICIES,
        default="all",
        help="models that stay on the disk: all, the best on validation of each arm, or none (default: all)",
    )
    parser.add_argument(
        "--checkpoint-seconds",
        type=seconds,
        default=checkpoint.SECONDS,
        help="between two checkpoints of a trial (default: %(default)g)",
    )
    parser.add_argument(
        "--hang-seconds",
        type=silence,
        default=scheduler.Patience().silence_seconds,
        help="a trial without a sign of life for so long is ended and tried again (default: %(default)g)",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="tell what would be trained and how long that takes, and train nothing; what the estimate needs "
        "(the data, what a step of each network costs here) is found out once and kept",
    )


def data_arguments_of(parser: argparse.ArgumentParser) -> None:
    """The options that name the data of a study."""
    parser.add_argument(
        "--data", help="other data than the study's: a named source, path:FOLDER or path:LIST.csv"
    )
    parser.add_argument(
        "--on-bad",
        choices=("stop", "skip"),
        help="files that cannot be used: stop there, or leave them out (default: as the study says, stop)",
    )
    parser.add_argument(
        "--near-duplicates",
        choices=("together", "apart"),
        help="photographs that look nearly the same: on one side of a split, or wherever they fall (default: "
        "as the study says, together)",
    )


def taken(asked: argparse.Namespace) -> dict[str, str]:
    """How the data is taken, as far as `data_arguments_of` was answered: fields of a study's data."""
    given = {"on_bad": asked.on_bad, "near_duplicates": asked.near_duplicates}
    return {field: value for field, value in given.items() if value is not None}


def main() -> int:
    """Run the study named on the command line."""
    parser = Parser(description=DESCRIPTION, epilog=EXIT)
    parser.add_argument(
        "study", help="the name of a shipped study (compare, smoke, …) or a path to a YAML file"
    )
    arguments_of(parser)
    parser.add_argument(
        "--smoke", action="store_true", help="the same arms and grid, tiny: does it run at all?"
    )
    asked = parser.parse_args()
    study = requested.read_study(
        asked.study, asked.data, asked.work, say, smoke=asked.smoke, dry=asked.dry_run, taken=taken(asked)
    )
    while True:
        made = plan.make(
            study,
            asked.work,
            asked.store,
            asked.workers,
            say,
            dry=asked.dry_run,
            asked=None if asked.smoke else requested.as_asked(asked.study, asked.data, study, taken(asked)),
        )
        status = execute(made, asked)
        if status or asked.dry_run or not made.later:
            return status


def execute(made: plan.Plan, asked: argparse.Namespace) -> int:
    """Tell the plan and, unless this is a dry run, carry it out; returns the exit status.

    Raises:
        UserError: the disk is too small, among others.
    """
    say(overview.told(made))
    if made.waiting:
        say(keeping.disk_told(made.model_sizes, made.workers, asked.keep_models, asked.work))
    if asked.dry_run:
        for planned in made.waiting:
            cost, seconds = made.costs[planned.trial.id], made.seconds[planned.trial.id]
            macs = cost.training_macs(planned.trial)
            say(
                f"  {planned.trial.id}  {planned.run_name:40}  {overview.amount(macs):>15}  "
                f"{progress.duration(seconds):>12}"
            )
        return 0
    keeping.check_disk(made.model_sizes, made.workers, asked.keep_models, asked.work)
    patience = scheduler.Patience(
        silence_seconds=asked.hang_seconds, checkpoint_seconds=asked.checkpoint_seconds
    )
    return execution.carry_out(
        made, execution.Options(asked.work, asked.store, asked.keep_models, patience), say
    )


def say(text: str) -> None:
    """One message to the person at the terminal."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(exit_status(main))
