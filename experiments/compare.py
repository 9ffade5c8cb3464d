"""Run a study: plan it, skip what is complete, train the rest, and log everything to MLflow.

    python -m experiments plan compare
    python -m experiments compare compare

Stop it at any time and start it again: it goes on from the last checkpoints, and nothing is trained twice.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from experiments import command_line, location, names, words
from experiments.command_line import Command, Parser, positive, say, seconds, silence
from experiments.errors import UserError
from experiments.execution import carry_out, keeping, progress, scheduler
from experiments.logs import checkpoint
from experiments.planning import minutes, overview, plan, request
from experiments.processes import ISOLATIONS, Starter, gpus, usual_isolation
from experiments.processes.gpus import Card
from experiments.studies import schedule
from experiments.studies.schedule import Schedule
from experiments.studies.study import Study

DESCRIPTION = """Run every trial of a study that is not complete yet, in processes of their own, and log
them to MLflow. Studies are YAML files (docs/studies.md); those that ship lie in experiments/studies/."""
EXIT = """exit status: 0 all trials complete; 1 some failed or were ended (a later start goes on with those);
2 the study, the data or an argument cannot be used"""


def add_options(parser: Parser) -> None:
    """The options that every way to run trials has."""
    command_line.add_data_options(parser)
    command_line.add_precision(parser)
    parser.add_argument(
        "--workers", type=positive, help="trials at a time (default: one a core, as memory allows)"
    )
    parser.add_argument(
        "--devices",
        help="the GPUs that trials run on, as 0,1 or by UUID, or none (default: all there are); each trial "
        "sees one, which several share as far as its memory carries them",
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
        "--isolation",
        choices=ISOLATIONS,
        default=usual_isolation(),
        help="a trial's process: a fork of one that has imported everything, or a fresh one; the numbers are "
        "the same (default: %(default)s)",
    )


def cards_of(devices: str | None) -> list[Card] | None:
    """The GPUs that `--devices` names; None where none was named and none is known.

    Raises:
        UserError: one of them is not there.
    """
    try:
        return gpus.chosen(devices) or (None if devices is None else [])
    except ValueError as error:
        raise UserError(f"devices: {error}") from None


def add_study(parser: Parser) -> None:
    """The study, and how to run it."""
    parser.add_argument(
        "study",
        nargs="?",
        help="the name of a shipped study (compare, smoke, …) or a path to a YAML file (default: compare, of "
        "photographs of one's own, --data path:…, photographs)",
    )
    add_options(parser)
    parser.add_argument(
        "--smoke", action="store_true", help="the same arms and grid, tiny: does it run at all?"
    )
    looks = ", ".join(map(str, names.LOOKS))
    parser.add_argument(
        "--until",
        choices=("decided",),
        help=f"train seeds until every claim is decided, at planned looks: after {looks} seeds",
    )
    parser.add_argument(
        "--seeds",
        type=positive,
        help=f"with --until decided: the most seeds, at which the last look is (default: {names.LOOKS[-1]})",
    )
    parser.add_argument(
        "--minutes",
        type=positive,
        help="of a study with a ladder, such as photographs: how long it may take, its size follows "
        f"(default: {names.USUAL_MINUTES}); with --until decided: begin no seed that would end later",
    )


def add_compare(parser: Parser) -> None:
    """As for a plan, and whether it is to be one."""
    add_study(parser)
    parser.add_argument("--dry-run", action="store_true", help="the same as the command `plan`")


def compare(options: argparse.Namespace) -> int:
    """Run the study named on the command line."""
    return _run(options, dry=options.dry_run)


def plan_only(options: argparse.Namespace) -> int:
    """Print what the study would train and how long that takes."""
    return _run(options, dry=True)


def _run(options: argparse.Namespace, *, dry: bool) -> int:
    began, taken = time.monotonic(), command_line.data_options(options)
    name = options.study or request.usual_study(options.data)
    chosen: list[minutes.Choice] = []
    with Starter(options.isolation) as starter:
        planning = plan.Options(
            options.work,
            options.store,
            options.workers,
            dry=dry,
            starter=starter,
            cards=cards_of(options.devices),
        )

        def fitted(document: dict[str, Any], path: Path) -> dict[str, Any]:
            given = options.minutes or names.USUAL_MINUTES
            document, choice = minutes.settled(document, path, given, planning, began, say)
            chosen.append(choice)
            return document

        study = request.read_study(
            name,
            options.data,
            options.work,
            say,
            smoke=options.smoke,
            dry=dry,
            taken=taken,
            precision=options.precision,
            seeds=options.seeds,
            fitted=fitted,
        )
        command = request.command_words(name, options.data, study, taken, options.precision)
        if chosen:
            command |= {"minutes": str(chosen[0].minutes), "chosen": chosen[0].text}
        planning = replace(planning, command=None if options.smoke else command)
        return _as_asked(study, planning, options)


def _as_asked(study: Study, planning: plan.Options, options: argparse.Namespace) -> int:
    """Train the seeds of the study file, or more of them until it is decided; returns the exit status."""
    if options.until:
        if options.smoke:
            raise UserError("--smoke tries whether a study runs, and decides nothing: drop UNTIL")
        return _until_decided(study, planning, options)
    if options.seeds is not None:
        raise UserError("SEEDS belongs to UNTIL=decided; the seeds of a study stand in its file")
    if options.minutes is not None and not study.ladder:
        raise UserError(
            f"MINUTES belongs to studies with a ladder, such as photographs, and to UNTIL=decided; "
            f"{study.name} is as large as its file says"
        )
    return _train(study, planning, options)[0]


def _train(study: Study, planning: plan.Options, options: argparse.Namespace) -> tuple[int, Schedule]:
    """Carry out a study, the sweep of its learning rates first.

    Returns the exit status, and the seeds and looks by which its claims are judged.
    """
    before = progress.NOTHING_BEFORE
    while True:
        planned = plan.make(study, planning, say)
        status = execute(planned, options, planning.starter, dry=planning.dry, before=before)
        if status or planning.dry or not planned.later:
            return status, planned.schedule
        before = progress.Before(
            before.trials + len(planned.waiting), before.seconds + sum(planned.seconds.values())
        )


def _until_decided(study: Study, planning: plan.Options, options: argparse.Namespace) -> int:
    """Train seeds and judge at the planned looks, until no claim is undecided; returns the exit status.

    The looks are those of the numbers of seeds alone: killed anywhere and started again, the study takes the
    same ones. The clock only keeps a further seed, of all arms, from being begun.
    """
    wanted = schedule.until_decided(study, options.seeds or names.LOOKS[-1])
    planning = replace(planning, schedule=wanted)
    say(f"looks after {', '.join(map(str, wanted.looks))} seeds, until every claim is decided")
    began, done = time.monotonic(), 0
    for count in wanted.looks:
        for upto in range(done + 1, count + 1) if options.minutes and not planning.dry else [count]:
            part = study.model_copy(update={"seeds": wanted.seeds[:upto]})
            if options.minutes and not _in_time(part, planning, began, 60 * options.minutes):
                say(f"stopped by MINUTES={options.minutes} before seed {upto}; the next look: {count} seeds")
                return 0
            status, standing = _train(part, planning, options)
            if not done and standing.looks != wanted.looks:
                say(_another_plan(standing))
            if status or planning.dry:
                return status
        done = count
        undecided, total = _undecided(study, wanted.seeds[:count], options.store)
        say(f"{_taken(count, standing)}: {total - undecided} of {total} claims decided")
        if not undecided:
            break
    return 0


def _another_plan(standing: Schedule) -> str:
    """A line where the study was begun with another plan, which stands."""
    looks = ", ".join(map(str, standing.looks))
    return (
        f"note: the plan that was registered before the first trial stands: a look after {looks} seeds; "
        "seeds beyond it are judged by an e-value"
    )


def _taken(count: int, standing: Schedule) -> str:
    """Which look was taken at so many seeds, by the plan that was registered before the first trial."""
    if count in standing.looks:
        return f"look {standing.looks.index(count) + 1} of {len(standing.looks)}, {count} seeds"
    registered = ", ".join(map(str, standing.looks))
    judged = "judged by an e-value" if count > standing.looks[-1] else "judged at the planned looks alone"
    return (
        f"{count} seeds, no look of the plan that was registered first (after {registered} seeds): {judged}"
    )


def _in_time(part: Study, planning: plan.Options, began: float, allowed: float) -> bool:
    """True if the trials that wait would end within the seconds allowed; always where none waits."""
    planned = plan.make(part, planning, say)
    return not planned.waiting or time.monotonic() - began + planned.eta_seconds <= allowed


def _undecided(study: Study, seeds: Sequence[int], store: str) -> tuple[int, int]:
    """How many claims are undecided with these seeds, and how many there are; a report judges.

    The store may have further seeds, of a run that was ended after a later look.

    Raises:
        UserError: the report cannot judge them; its own line.
    """
    command = [
        sys.executable,
        "-m",
        "reports",
        "judge",
        study.name,
        "--store",
        store,
        "--seeds",
        *map(str, seeds),
    ]
    done = subprocess.run(command, cwd=location.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError((done.stderr.strip().splitlines() or ["reports judge failed"])[-1])
    found = json.loads(done.stdout.splitlines()[-1])
    return found["undecided"], len(found["claims"])


def execute(
    study: plan.Plan,
    options: argparse.Namespace,
    starter: Starter,
    *,
    dry: bool,
    before: progress.Before = progress.NOTHING_BEFORE,
) -> int:
    """Print the plan and, unless this is a dry run, carry it out; returns the exit status.

    starter: of the trials' processes; before: what the same command trained before, by its sweep.

    Raises:
        UserError: the disk is too small, among others.
    """
    say(overview.after_sweep(study) if before.trials else overview.text(study))
    if study.waiting and not before.trials:
        say(keeping.disk_line(study.model_sizes, study.workers, options.keep_models, options.work))
    if dry:
        for planned in study.waiting:
            cost, seconds = study.costs[planned.trial.id], study.seconds[planned.trial.id]
            macs = cost.training_macs(planned.trial)
            say(
                f"  {planned.trial.id}  {planned.run_name:40}  {words.macs_amount(macs):>15}  "
                f"{words.duration(seconds):>12}"
            )
        return 0
    keeping.check_disk(study.model_sizes, study.workers, options.keep_models, options.work)
    patience = scheduler.Patience(
        silence_seconds=options.hang_seconds, checkpoint_seconds=options.checkpoint_seconds
    )
    return carry_out.carry_out(
        study,
        carry_out.Options(options.work, options.store, options.keep_models, patience, starter, before),
        say,
    )


COMPARE = Command(DESCRIPTION, "compare smoke --workers 2", add_compare, compare, EXIT)
PLAN = Command(
    "Tell what a study would still train and how long that takes, and train nothing. What the estimate needs "
    "(the data,\nwhat a step of each network costs here) is found out once and kept.",
    "plan depth",
    add_study,
    plan_only,
)
