"""From a study to a plan: prepares the data, lists the trials, and finds the cost of those to be trained."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments import names, processes
from experiments.data import crops, dataset
from experiments.data.dataset import Tell
from experiments.data.facts import Facts, Wanted
from experiments.logs import history, trial_folder
from experiments.planning import costs as network_costs
from experiments.planning import feasible, rates, rows
from experiments.processes import gpus
from experiments.processes.gpus import Card
from experiments.store import client, forecasts, page, registration, tracking, views
from experiments.store.client import Stored
from experiments.store.registration import Planned
from experiments.studies import cost, schedule
from experiments.studies.schedule import Schedule
from experiments.studies.specification import PlannedTrial
from experiments.studies.study import Digests, Study


@dataclass(frozen=True)
class Options:
    """How to plan a study.

    workers: trials at a time; None: as many as cores and memory allow. dry: nothing will be trained, so that
    published sizes do for a named data set that cannot be had here. outdate: runs of the experiment that the
    study does not ask for become outdated. command: its words for the reports' page, as
    `request.command_words` gives them. schedule: seeds and looks that go further than the study's own seeds.
    starter: of the processes that measure what networks cost; None: one of its own. cards: the GPUs that
    trials may use; None: whatever tensorflow finds.
    """

    work: Path
    store: str
    workers: int | None = None
    dry: bool = False
    outdate: bool = True
    command: Mapping[str, str] | None = None
    schedule: Schedule | None = None
    starter: processes.Starter | None = None
    cards: Sequence[Card] | None = None


@dataclass(frozen=True)
class Plan:
    """What a study still has to do.

    trials: all that are known, in order; waiting: those to be trained; unprojected: complete, but not in the
    store; later: those that follow once the sweep of the learning rate has ended, here at the recipe's rate.
    """

    study: Study
    data: dict[Wanted, Facts]
    trials: list[PlannedTrial]
    waiting: list[PlannedTrial]
    unprojected: list[PlannedTrial]
    later: list[PlannedTrial]
    costs: dict[str, cost.Cost]  # by trial id; of the waiting and later trials
    workers: int
    tags: dict[str, str]  # of the study's experiment, as far as the store has others
    page: views.Lacking  # what MLflow's page of the study lacks; what cannot be written of it is no loss
    roles: dict[str, str]  # by run id, as far as the store has others
    abandoned: list[str]  # ids of runs that the store calls RUNNING though their process is gone
    work: Path
    schedule: Schedule  # the seeds and looks by which the study's claims are judged
    devices: tuple[str, ...] = ()  # the GPU of each trial that runs side by side; empty: nobody chose any
    cards: Sequence[Card] = ()  # those that trials may use
    in_a_row: int = 1  # the most trials of a process

    @property
    def files(self) -> tracking.FilesOf:
        """The files that the images of each data set came from, of those that have any."""
        return {
            (facts.digest, facts.partition): facts.index
            for wanted, facts in self.data.items()
            if wanted.source.startswith("path:")
        }

    @property
    def has_work(self) -> bool:
        """Whether there is anything to train, or to bring to the store."""
        return bool(
            self.waiting or self.unprojected or self.tags or self.page.is_due or self.roles or self.abandoned
        )

    @property
    def model_sizes(self) -> list[tuple[PlannedTrial, int]]:
        """Each waiting or later trial and the bytes of its model, 4 a parameter."""
        return [(each, 4 * self.costs[each.trial.id].parameters) for each in self.waiting + self.later]

    @property
    def seconds(self) -> dict[str, float]:
        """Estimated wall clock of each waiting trial, by id."""
        return {each.trial.id: self.costs[each.trial.id].trial_seconds(each.trial) for each in self.waiting}

    @property
    def later_seconds(self) -> float:
        """Estimated wall clock of all later trials, one after the other."""
        return sum(self.costs[each.trial.id].trial_seconds(each.trial) for each in self.later)

    @property
    def in_order(self) -> list[PlannedTrial]:
        """The waiting trials seed by seed, the longest of a seed first: then workers end close together."""
        return rows.in_order(self.waiting, self.seconds)

    @property
    def eta_seconds(self) -> float:
        """Estimated wall clock of the study from here on."""
        return rows.study_seconds([self.waiting, self.later], self.costs, self.workers, self.in_a_row)


def make(study: Study, options: Options, tell: Tell) -> Plan:
    """Find out which trials are complete, which are not, and what those cost.

    Raises:
        UserError: data that cannot be had or is too small, or a network that cannot be built.
    """
    work = options.work
    facts = data_or_published(study, work, tell) if options.dry else data(study, work)
    by_content = {(each.digest, each.partition): each for each in facts.values()}
    sweep, results, tuned = _phases(study, _digests(facts), work)
    trials, later = (sweep + results, []) if tuned else (sweep, results)
    for planned in trials + later:
        feasible.check(planned, by_content[feasible.content_of(planned.trial)])
    feasible.check_splits(trials + later, by_content, work)
    stored = client.stored(options.store, study.name)
    in_store = {trial for _, trial, _ in stored.complete}
    complete = {
        each.trial.id for each in trials if trial_folder.is_complete(trial_folder.of(work, each.trial))
    }
    # The sweep is judged by its event logs: the store alone does not do.
    done = complete | (in_store - {each.trial.id for each in sweep})
    waiting = [each for each in trials if each.trial.id not in done]
    feasible.check_machine(each.trial for each in waiting + later)
    feasible.check_encoders((each.trial for each in waiting + later), work)
    standing = registration.standing_plan(
        study,
        options.schedule or schedule.once(study),
        work,
        stored.tags,
        begun=_begun(trials, stored, work),
    )
    costs, workers, devices = measured_costs(waiting, later, by_content, options, tell)
    return Plan(
        study=study,
        data=facts,
        trials=trials,
        waiting=waiting,
        unprojected=[each for each in trials if each.trial.id in complete - in_store],
        later=later,
        costs=costs,
        workers=workers,
        tags=_tags(study, facts.values(), stored, options, standing),
        page=views.lacking(
            study,
            [*standing.schedule.seeds, *(options.schedule.seeds if options.schedule else [])],
            stored,
            alone=options.outdate,
        ),
        roles=_roles([*trials, *_planned_looks(study, facts, stored, options)], stored)
        if options.outdate
        else {},
        abandoned=[run for run, process in stored.running.items() if processes.is_gone(process)],
        work=work,
        schedule=standing.schedule,
        devices=devices,
        cards=options.cards or (),
        in_a_row=in_a_row(options),
    )


def in_a_row(options: Options) -> int:
    """The most trials of a process."""
    return rows.MOST if options.starter is None or options.starter.forks else 1


def measured_costs(
    waiting: list[PlannedTrial],
    later: list[PlannedTrial],
    by_content: dict[tuple[str, str], Facts],
    options: Options,
    tell: Tell,
) -> tuple[dict[str, cost.Cost], int, tuple[str, ...]]:
    """The cost of each trial by its id, how many trials run side by side, and on which GPUs."""
    due = [each.trial for each in waiting + later]
    facts = {trial.id: by_content[feasible.content_of(trial)] for trial in due}
    cards = options.cards
    gpu = cards[0].name if cards else ""
    requests = {
        trial.id: cost.request_of(trial, facts[trial.id].image_shape, len(facts[trial.id].classes), gpu)
        for trial in due
    }
    if waiting and not (options.dry and network_costs.are_known(requests.values(), options.work)):
        _refuse_beside_another(options.work)
    threads = max((trial.recipe.threads for trial in due), default=1)
    at_once = options.workers or processes.default_workers(threads)
    if cards:
        at_once = 1  # two on one card would measure each other
    device = None if cards is None else cards[0].device if cards else ""
    measured = network_costs.measured(requests.values(), options.work, at_once, tell, options.starter, device)
    costs, memory = {}, []
    for trial in due:
        windows = crops.corners(*facts[trial.id].image_shape[:2], trial.crop, trial.windows)
        costs[trial.id] = measured[requests[trial.id].key].of_windows(len(windows))
        memory.append(feasible.memory_mib(trial, costs[trial.id], facts[trial.id]))
    largest = max(memory, default=processes.MIB_PER_WORKER)
    workers = options.workers or processes.default_workers(threads, largest)
    if cards is None:
        return costs, workers, ()
    if not cards:
        return costs, workers, ("",) * workers
    devices = gpus.slots(cards, max((each.device_mib for each in costs.values()), default=0.0), workers)
    return costs, len(devices), devices


def _refuse_beside_another(work: Path) -> None:
    """Refuse before anything is measured, which would disturb the trainings of another process.

    Raises:
        UserError: another process trains in this work folder.
    """
    with trial_folder.lock(work):
        pass


def _begun(trials: list[PlannedTrial], stored: Stored, work: Path) -> bool:
    """True if a result of the study is known, here or in the store, or is being trained."""
    results = [each.trial for each in trials if each.role == names.RESULT_ROLE]
    stored_result = any(role == names.RESULT_ROLE for _, _, role in stored.complete)
    return stored_result or any(trial_folder.log(trial_folder.of(work, trial)).exists() for trial in results)


def _tags(
    study: Study, facts: Collection[Facts], stored: Stored, options: Options, standing: Planned
) -> dict[str, str]:
    """The tags that the study's experiment must be given."""
    wanted = page.experiment_tags(study) | page.data_tags(facts)
    if options.command:
        wanted[names.OPTIONS] = json.dumps(options.command)
    changed = {key: value for key, value in wanted.items() if stored.tags.get(key) != value}
    if page.is_note(stored.tags.get(names.NOTE), wanted[names.NOTE]):
        changed.pop(names.NOTE, None)
    planned = registration.changed_plan(study, standing, options.work, stored.tags)
    changed |= forecasts.changed_tags(study.name, options.work, stored.tags)
    return changed | registration.changed_tags(study, options.work, stored.tags) | planned


def _planned_looks(
    study: Study, facts: Mapping[Wanted, Facts], stored: Stored, options: Options
) -> list[PlannedTrial]:
    """The trials of the other seeds of a plan of several looks: none of their runs is outdated."""
    known = registration.earliest(registration.plans(options.work, study.name, stored.tags))
    schedules = [
        each for each in (known and known.schedule, options.schedule) if each and len(each.looks) > 1
    ]
    seeds = {seed for each in schedules for seed in each.seeds} - set(study.seeds)
    if not seeds:
        return []
    _, results, tuned = _phases(
        study.model_copy(update={"seeds": sorted(seeds)}), _digests(facts), options.work
    )
    return results if tuned else []


def _roles(trials: list[PlannedTrial], stored: Stored) -> dict[str, str]:
    """The runs whose role must change: a trial that the study file no longer asks for is outdated."""
    planned = {each.trial.id: each.role for each in trials}
    roles = {run: planned.get(trial, names.OUTDATED_ROLE) for run, trial, _ in stored.complete}
    return {run: roles[run] for run, _, role in stored.complete if role != roles[run]}


def _digests(facts: Mapping[Wanted, Facts]) -> Digests:
    return {wanted: (each.digest, each.partition) for wanted, each in facts.items()}


def trials(study: Study, work: Path) -> list[PlannedTrial]:
    """Every trial of a study that is known by now, its sweep included, in order."""
    sweep, results, tuned = _phases(study, _digests(data(study, work)), work)
    return sweep + results if tuned else sweep


def _phases(
    study: Study, digests: Digests, work: Path
) -> tuple[list[PlannedTrial], list[PlannedTrial], bool]:
    """The sweep; the results, at the chosen rates or else at the recipe's; whether the sweep is complete.

    A complete ladder whose best rate is at its edge grows, and the sweep is complete once it no longer does.
    """
    further: dict[rates.ArmSetting, list[float]] = {}
    while True:
        sweep = study.tuning_trials(digests, further)
        if not all(trial_folder.is_complete(trial_folder.of(work, each.trial)) for each in sweep):
            return sweep, study.trials(digests), False
        tried = scores_of(sweep, work)
        if not study.tune or (longer := rates.further(study.tune, tried)) == further:
            return sweep, study.trials(digests, rates.chosen(tried)), True
        further = longer


def data(study: Study, work: Path) -> dict[Wanted, Facts]:
    """The facts of all data that a study uses."""
    return {wanted: dataset.summary(wanted, work) for wanted in study.sources()}


def data_or_published(study: Study, work: Path, tell: Tell) -> dict[Wanted, Facts]:
    """The same; published forms stand for data that cannot be had here, and `tell` gets a line about it."""
    return {wanted: dataset.summary_or_published(wanted, work, tell) for wanted in study.sources()}


def scores_of(sweep: list[PlannedTrial], work: Path) -> dict[rates.ArmSetting, rates.Tried]:
    """By (arm, setting) and rate, the score of each tuning seed, from the event logs of a complete sweep."""
    found: dict[rates.ArmSetting, rates.Tried] = {}
    for planned in sweep:
        tried = found.setdefault((planned.arm, planned.setting), {})
        log = trial_folder.log(trial_folder.of(work, planned.trial))
        tried.setdefault(planned.trial.recipe.learning_rate, []).append(history.validation_score(log))
    return found
