"""Run a study: plan it, skip what is complete, train the rest, and log everything to MLflow.

    python -m experiments.compare compare --dry-run
    python -m experiments.compare compare

Stop it at any time and start it again: complete trials are never trained twice.
"""

import argparse
import signal
import sys
from pathlib import Path

from rich.console import Console

from experiments import attempts, events, location, plan, progress, requested, scheduler, tracking
from experiments.arguments import positive
from experiments.errors import exit_status
from experiments.specification import PlannedTrial
from experiments.stored import StoreError

DESCRIPTION = """Run every trial of a study that is not complete yet, each in a process of its own, and log
it to MLflow. Studies are YAML files (docs/studies.md); those that ship lie in experiments/studies/."""
EXIT = """exit status: 0 all trials complete; 1 some failed or were ended (a later start trains those again);
2 the study, the data or an argument cannot be used"""


def arguments_of(parser: argparse.ArgumentParser) -> None:
    """The options that every way to run trials has."""
    parser.add_argument("--data", help="other data than the study's: a named source or path:FOLDER")
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
        "--dry-run",
        action="store_true",
        help="tell what would be trained and how long that takes, and train nothing; what the estimate needs "
        "(the data, what a step of each network costs here) is found out once and kept",
    )


def main() -> int:
    """Run the study named on the command line."""
    parser = argparse.ArgumentParser(description=DESCRIPTION, epilog=EXIT)
    parser.add_argument(
        "study", help="the name of a shipped study (compare, smoke, …) or a path to a YAML file"
    )
    arguments_of(parser)
    parser.add_argument(
        "--smoke", action="store_true", help="the same arms and grid, tiny: does it run at all?"
    )
    asked = parser.parse_args()
    study = requested.read_study(
        asked.study, asked.data, asked.work, say, smoke=asked.smoke, dry=asked.dry_run
    )
    while True:
        made = plan.make(study, asked.work, asked.store, asked.workers, say, dry=asked.dry_run)
        status = execute(made, asked)
        if status or asked.dry_run or not made.later:
            return status


def execute(made: plan.Plan, asked: argparse.Namespace) -> int:
    """Tell the plan and, unless this is a dry run, carry it out; returns the exit status."""
    say(overview(made))
    if asked.dry_run:
        for planned in made.waiting:
            cost, seconds = made.costs[planned.trial.id], made.seconds[planned.trial.id]
            macs = cost.training_macs(planned.trial)
            say(
                f"  {planned.trial.id}  {planned.run_name:40}  {_amount(macs):>15}  "
                f"{progress.duration(seconds):>12}"
            )
        return 0
    if not (made.waiting or made.unprojected or made.tags or made.roles):
        return 0
    with attempts.lock(asked.work):
        projection = tracking.Projection(asked.store, made.study.name)
        projection.describe(made.tags, made.roles)
        for planned in made.unprojected:
            place = attempts.folder(asked.work, planned.trial)
            projection.project(planned, place, events.read(attempts.log(place)))
        for planned in made.waiting:
            _close_abandoned(projection, planned, attempts.folder(asked.work, planned.trial))
        return _train(made, asked.work, projection) if made.waiting else 0


def overview(made: plan.Plan) -> str:
    """The plan in one paragraph."""
    study, waiting = made.study, len(made.waiting)
    done = len(made.trials) - waiting
    lines = [f"{study.name}: {study.question}"]
    if not waiting:
        told = "its trial is complete" if done == 1 else f"all {done} trials are complete"
        return "\n".join([*lines, f"{told}; nothing to train"])
    due = made.waiting + made.later
    macs = sum(made.costs[each.trial.id].training_macs(each.trial) for each in due)
    total = len(made.trials) + len(made.later)
    lines.append(
        f"{waiting + len(made.later)} of {total} trials to train, {_amount(macs)}, "
        f"{made.workers} at a time: about {progress.duration(made.eta_seconds)}"
    )
    if made.later:
        lines.append(f"{waiting} of them choose the learning rates first, the other {len(made.later)} follow")
    return "\n".join(lines)


def _amount(macs: float) -> str:
    return f"{macs / 1e12:,.1f} T MACs" if macs >= 1e11 else f"{macs / 1e9:,.1f} G MACs"


def _close_abandoned(projection: tracking.Projection, planned: PlannedTrial, place: Path) -> None:
    """An attempt whose processes died without a word ends here, in its log and in the store."""
    told = events.read(attempts.log(place))
    if told:
        if not isinstance(told[-1], events.ENDS):
            told.append(events.Killed(reason="its processes were ended from outside"))
            events.append(attempts.log(place), told[-1])
        projection.project(planned, place, told)


def _train(made: plan.Plan, work: Path, projection: tracking.Projection) -> int:
    workers = scheduler.LocalWorkers(made.waiting, work, made.workers)
    previous = {number: signal.signal(number, lambda *_: workers.interrupt()) for number in STOPPING}
    outlook = progress.Outlook(made.seconds, made.workers)
    shown = progress.Bars if Console().is_terminal else progress.Lines
    failures: list[str] = []
    behind: dict[str, PlannedTrial] = {}  # trials of which the store lacks something
    try:
        with shown(outlook, len(made.waiting)) as screen:
            for planned, event in workers.told():
                place = attempts.folder(work, planned.trial)
                try:
                    projection.project(planned, place, [event])
                except StoreError as error:
                    if not behind:
                        say(f"{error}; training goes on, and the store is brought up to date later")
                    behind[planned.trial.id] = planned
                outlook.heard(planned, event)
                screen.show(planned, event)
                if isinstance(event, events.Failed):
                    failures.append(f"{planned.run_name}: {event.reason} ({place / scheduler.OUTPUT})")
    finally:
        workers.end()
        for number, handler in previous.items():
            signal.signal(number, handler)
    for planned in behind.values():
        place = attempts.folder(work, planned.trial)
        # If the store fails again, its one line ends the program; the next start tries once more.
        projection.project(planned, place, events.read(attempts.log(place)))
    if workers.interrupted:
        say("stopped; complete trials are kept. The same command goes on with the others")
    elif failures:
        say(f"{len(failures)} of {len(made.waiting)} trials failed; start again to retry them:")
        say("\n".join(f"  {failure}" for failure in failures))
    return 1 if workers.interrupted or failures else 0


STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(text: str) -> None:
    """One message to the person at the terminal."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(exit_status(main))
