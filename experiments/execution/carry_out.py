"""A plan is carried out: trials run, what they tell is shown and brought to the store, failures are told."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from experiments import files
from experiments.execution import keeping, progress, scheduler
from experiments.logs import events, trial_folder
from experiments.planning import plan
from experiments.store import forwarding, registration, tracking
from experiments.store.client import StoreError
from experiments.studies.specification import PlannedTrial

IMPATIENCE = 10.0  # seconds that somebody who stopped a study waits for the store
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Options(NamedTuple):
    """How to carry out; nothing of it changes a number."""

    work: Path
    store: str
    keep: keeping.Policy
    patience: scheduler.Patience


def carry_out(made: plan.Plan, options: Options, tell: Callable[[str], None]) -> int:
    """Train what waits and bring the store up to date; returns the exit status.

    Raises:
        UserError: another process trains in this work folder, or the store cannot be written.
    """
    work, keep = options.work, options.keep
    for planned in made.trials:
        trial_folder.tidy(trial_folder.of(work, planned.trial))
    for folder in ("costs", "data", "data/index", registration.FOLDER):
        files.sweep(work / folder)
    if keep == "all" and not made.has_work:
        return 0
    with trial_folder.lock(work):
        registration.keep(work, made.study.name, made.tags)
        projection = tracking.Projection(options.store, made.study.name, made.files)
        projection.describe(made.tags, made.roles)
        projection.close_runs(made.abandoned)
        for planned in made.waiting:
            trial_folder.close_abandoned(trial_folder.of(work, planned.trial))
        lacking = []
        for planned in made.unprojected + made.waiting:
            place = trial_folder.of(work, planned.trial)
            try:
                if told := events.read(trial_folder.log(place)):
                    projection.project(planned, place, told)
            except StoreError as error:
                tell(f"{planned.run_name}: {error}")
                lacking.append(planned)
        status = _train(made, options, projection, lacking, tell) if made.waiting else int(bool(lacking))
        try:
            for planned in keeping.drop(made.trials, work, keep):
                projection.drop_model(trial_folder.of(work, planned.trial))
        except StoreError as error:
            tell(f"{error}; models that need not stay are removed at the next start")
            return 1
    return status


def _train(
    made: plan.Plan,
    options: Options,
    projection: tracking.Projection,
    lacking: list[PlannedTrial],
    tell: Callable[[str], None],
) -> int:
    workers = scheduler.LocalWorkers(made.waiting, options.work, made.workers, options.patience)
    # What is ignored stays so: `nohup` wants a study to outlive its terminal.
    heeded = [number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    forwarder: forwarding.Forwarder | None = None

    def stop(*_: object) -> None:
        workers.interrupt()
        if forwarder:
            forwarder.hurry(IMPATIENCE)

    previous = {number: signal.signal(number, stop) for number in heeded}
    outlook = progress.Outlook(made.seconds, made.workers)
    shown = progress.Bars if Console().is_terminal else progress.Lines
    failures: dict[str, str] = {}
    try:
        with shown(outlook, len(made.waiting)) as screen:
            forwarder = forwarding.Forwarder(projection, options.work, screen.tell)
            for planned in lacking:
                forwarder.grown(planned)
            for told in workers.told():
                planned, event = told.planned, told.event
                if isinstance(event, events.Finished):
                    trial_folder.tidy(trial_folder.of(options.work, planned.trial))
                    keeping.drop(made.trials, options.work, options.keep)
                forwarder.grown(planned)
                outlook.heard(told)
                screen.show(told)
                if isinstance(event, events.Failed) and not told.again:
                    failures[planned.run_name] = (
                        f"{event.reason} ({trial_folder.of(options.work, planned.trial) / scheduler.OUTPUT})"
                    )
            lacking = forwarder.close()
    except BaseException:
        # Nobody to print to, say: the trials get their ends, and what is told reaches the store.
        workers.abandon()
        if forwarder:
            forwarder.close(IMPATIENCE)
        raise
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if workers.no_space:
        tell(f"stopped: {workers.no_space}; make room, then the same command goes on")
    elif workers.interrupted:
        tell("stopped; every finished epoch is kept. The same command goes on from there")
    if failures:
        tell(f"{len(failures)} of {len(made.waiting)} trials failed; start again to try them once more:")
        tell("\n".join(f"  {name}: {reason}" for name, reason in failures.items()))
    if lacking:
        tell(f"the store lacks what {len(lacking)} trials told; the same command brings it there")
    return 1 if workers.interrupted or failures or lacking else 0
