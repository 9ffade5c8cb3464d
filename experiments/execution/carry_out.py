"""Carries a plan out: runs the trials, shows their events and brings them to the store, reports failures."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from experiments import files, names
from experiments.execution import keeping, progress, scheduler
from experiments.logs import events, trial_folder
from experiments.planning.plan import Plan
from experiments.processes import Starter
from experiments.store import forecasts, forwarding, registration, tracking
from experiments.store.client import StoreError
from experiments.studies import arms
from experiments.studies.specification import PlannedTrial

IMPATIENCE = 10.0  # seconds that somebody who stopped a study waits for the store
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Options:
    """How to carry out a plan; nothing of it changes a number.

    before: what the same command trained before, which the progress counts.
    """

    work: Path
    store: str
    keep: keeping.Policy
    patience: scheduler.Patience
    starter: Starter
    before: progress.Before = progress.NOTHING_BEFORE


def carry_out(plan: Plan, options: Options, tell: Callable[[str], None]) -> int:
    """Train what waits and bring the store up to date; returns the exit status.

    Raises:
        UserError: another process trains in this work folder, or the store cannot be written.
    """
    work = options.work
    keeper = keeping.Keeper(plan.trials, work, options.keep)
    for planned in plan.trials:
        trial_folder.tidy(trial_folder.of(work, planned.trial))
    for folder in ("costs", "data", "data/index", names.REGISTERED_FOLDER):
        files.sweep(work / folder)
    if options.keep == "all" and not plan.has_work:
        return 0
    with trial_folder.lock(work):
        if plan.waiting:  # the imports take as long as what follows before the first trial
            options.starter.prepare(plan.waiting[0].trial.recipe.threads)
        registration.keep(work, plan.study.name, plan.tags)
        forecasts.keep(work, plan.study.name, plan.tags)
        colors = arms.colors(plan.study.models)
        projection = tracking.Projection(options.store, plan.study.name, plan.files, colors)
        projection.describe(plan.tags, plan.roles)
        if refusal := projection.show(plan.study, plan.page):
            tell(refusal)
        projection.close_runs(plan.abandoned)
        for planned in plan.waiting:
            trial_folder.close_abandoned(trial_folder.of(work, planned.trial))
        lacking = []
        for planned in plan.unprojected + plan.waiting:
            folder = trial_folder.of(work, planned.trial)
            try:
                if logged := events.read(trial_folder.log(folder)):
                    projection.project(planned, folder, logged)
            except StoreError as error:
                tell(f"{planned.run_name}: {error}")
                lacking.append(planned)
        status = (
            _train(plan, options, keeper, projection, lacking, tell) if plan.waiting else int(bool(lacking))
        )
        try:
            for planned in keeper.drop():
                projection.drop_model(trial_folder.of(work, planned.trial))
        except StoreError as error:
            tell(f"{error}; models that need not stay are removed at the next start")
            return 1
    return status


def _train(
    plan: Plan,
    options: Options,
    keeper: keeping.Keeper,
    projection: tracking.Projection,
    lacking: list[PlannedTrial],
    tell: Callable[[str], None],
) -> int:
    workers = scheduler.LocalWorkers(
        plan.in_order,
        options.work,
        plan.workers,
        options.starter,
        options.patience,
        plan.devices,
        plan.in_a_row,
        plan.seconds,
    )
    # What is ignored stays so: `nohup` wants a study to outlive its terminal.
    heeded = [number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    forwarder: forwarding.Forwarder | None = None

    def stop(*_: object) -> None:
        workers.interrupt()
        if forwarder:
            forwarder.hurry(IMPATIENCE)

    previous = {number: signal.signal(number, stop) for number in heeded}
    before = options.before
    outlook = progress.Outlook(plan.seconds, plan.workers, later=plan.later_seconds, before=before.seconds)
    trials = before.trials + len(plan.waiting) + len(plan.later)
    shown = progress.Bars if Console().is_terminal else progress.Lines
    failures: dict[str, str] = {}
    try:
        with shown(outlook, trials, before.trials) as screen:
            forwarder = forwarding.Forwarder(projection, options.work, screen.tell)
            for planned in lacking:
                forwarder.grown(planned)
            for heard in workers.events():
                planned, event = heard.planned, heard.event
                if isinstance(event, events.Finished):
                    trial_folder.tidy(trial_folder.of(options.work, planned.trial))
                    keeper.finished(planned)
                forwarder.grown(planned)
                outlook.take(heard)
                screen.show(heard)
                if isinstance(event, events.Failed) and not heard.again:
                    output = trial_folder.of(options.work, planned.trial) / trial_folder.OUTPUT
                    failures[planned.run_name] = f"{event.reason} ({output})"
            lacking = forwarder.close()
    except BaseException:
        # Nobody to print to, say: the trials get their last events, and the logs reach the store.
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
        tell(f"{len(failures)} of {len(plan.waiting)} trials failed; start again to try them once more:")
        tell("\n".join(f"  {name}: {reason}" for name, reason in failures.items()))
    if lacking:
        tell(f"the store lacks events of {len(lacking)} trials; the same command brings them there")
    return 1 if workers.interrupted or failures or lacking else 0
