"""From a study file to a plan: the data is prepared, the trials are known, each with its cost."""

import json
from pathlib import Path
from typing import NamedTuple

from experiments import names, processes
from experiments.data import crops, dataset
from experiments.data.dataset import Tell
from experiments.data.facts import Facts, Wanted
from experiments.logs import history, trial_folder
from experiments.planning import feasible
from experiments.planning.costs import are_known, measured
from experiments.store import client, page, registration, tracking
from experiments.store.client import Stored
from experiments.studies import cost
from experiments.studies.specification import PlannedTrial
from experiments.studies.study import Digests, Rates, Study

Asked = dict[str, str]  # as `requested.as_asked` gives it


class Plan(NamedTuple):
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
    roles: dict[str, str]  # by run id, as far as the store has others
    abandoned: list[str]  # ids of runs that the store calls RUNNING though their process is gone

    @property
    def files(self) -> tracking.FilesOf:
        """The files that the images of each data set came from, of those that have any."""
        return {
            (facts.digest, facts.partition): Path(facts.kept_as)
            for wanted, facts in self.data.items()
            if wanted.source.startswith("path:")
        }

    @property
    def has_work(self) -> bool:
        """Whether there is anything to train, or to bring to the store."""
        return bool(self.waiting or self.unprojected or self.tags or self.roles or self.abandoned)

    @property
    def model_sizes(self) -> list[tuple[PlannedTrial, int]]:
        """Each waiting or later trial and the bytes of its model, 4 a parameter."""
        return [(each, 4 * self.costs[each.trial.id].parameters) for each in self.waiting + self.later]

    @property
    def seconds(self) -> dict[str, float]:
        """Estimated wall clock of each waiting trial, by id."""
        return {each.trial.id: self.costs[each.trial.id].trial_seconds(each.trial) for each in self.waiting}

    @property
    def eta_seconds(self) -> float:
        """Estimated wall clock of the study from here on."""
        total = 0.0
        for phase in (self.waiting, self.later):
            seconds = [self.costs[each.trial.id].trial_seconds(each.trial) for each in phase]
            total += max(max(seconds, default=0.0), sum(seconds) / self.workers)
        return total


def make(
    study: Study,
    work: Path,
    store: str,
    workers: int | None,
    tell: Tell,
    *,
    dry: bool = False,
    asked: Asked | None = None,
) -> Plan:
    """Find out what is done, what is not, and what that costs.

    asked: what a command line asked for, for the reports' page. A dry plan stands where a named
    data set cannot be had here: it takes its published sizes.

    Raises:
        UserError: data that cannot be had or is too small, or a network that cannot be built.
    """
    found = data(study, work, tell if dry else None)
    digests = {source: (each.digest, each.partition) for source, each in found.items()}
    sweep, results, tuned = _phases(study, digests, work)
    trials, later = (sweep + results, []) if tuned else (sweep, results)
    by_content = {(each.digest, each.partition): each for each in found.values()}
    for planned in trials + later:
        feasible.check(planned, by_content[feasible.content_of(planned.trial)])
    feasible.check_splits(trials + later, by_content, work)
    held = client.stored(store, study.name)
    stored = {trial for _, trial, _ in held.complete}
    complete = {
        each.trial.id for each in trials if trial_folder.is_complete(trial_folder.of(work, each.trial))
    }
    # The sweep is judged by its event logs: the store alone does not do.
    done = complete | (stored - {each.trial.id for each in sweep})
    waiting = [each for each in trials if each.trial.id not in done]
    unprojected = [each for each in trials if each.trial.id in complete - stored]
    requests, windows = {}, {}
    for trial in (each.trial for each in waiting + later):
        there = by_content[feasible.content_of(trial)]
        requests[trial.id] = cost.request_of(trial, there.image_shape, len(there.classes))
        windows[trial.id] = len(crops.corners(*there.image_shape[:2], trial.crop, trial.windows))
    if waiting and not (dry and are_known(requests.values(), work)):
        with trial_folder.lock(work):
            pass  # told before anything is measured: that would disturb the trainings of the one who holds it
    threads = max((each.trial.recipe.threads for each in waiting + later), default=1)
    known = measured(requests.values(), work, workers or processes.default_workers(threads), tell)
    costs = {key: known[request.key].of_windows(windows[key]) for key, request in requests.items()}
    memory = max(
        (
            feasible.memory_mib(each.trial, costs[each.trial.id], by_content[feasible.content_of(each.trial)])
            for each in waiting + later
        ),
        default=processes.MIB_PER_WORKER,
    )
    slots = workers or processes.default_workers(threads, memory)
    wanted = page.experiment_tags(study) | page.data_tags(found.values())
    wanted |= {names.ASKED: json.dumps(asked)} if asked else {}
    tags = {key: value for key, value in wanted.items() if held.tags.get(key) != value}
    tags |= registration.due(study, work, held.tags)
    abandoned = [run for run, process in held.running.items() if processes.is_gone(process)]
    roles = _roles(trials, held)
    return Plan(study, found, trials, waiting, unprojected, later, costs, slots, tags, roles, abandoned)


def _roles(trials: list[PlannedTrial], held: Stored) -> dict[str, str]:
    """The runs whose role must change: a trial that the study file no longer asks for is outdated."""
    asked = {each.trial.id: each.role for each in trials}
    due = {run: asked.get(trial, names.OUTDATED_ROLE) for run, trial, _ in held.complete}
    return {run: due[run] for run, _, role in held.complete if role != due[run]}


def trials(study: Study, work: Path) -> list[PlannedTrial]:
    """Every trial of a study that is known by now, its sweep included, in order."""
    digests = {source: (each.digest, each.partition) for source, each in data(study, work).items()}
    sweep, results, tuned = _phases(study, digests, work)
    return sweep + results if tuned else sweep


def _phases(
    study: Study, digests: Digests, work: Path
) -> tuple[list[PlannedTrial], list[PlannedTrial], bool]:
    """The sweep; the results, at the chosen rates or else at the recipe's; whether the sweep is complete."""
    sweep = study.tuning_trials(digests)
    if all(trial_folder.is_complete(trial_folder.of(work, each.trial)) for each in sweep):
        return sweep, study.trials(digests, chosen_rates(sweep, work)), True
    return sweep, study.trials(digests), False


def data(study: Study, work: Path, suppose: Tell | None = None) -> dict[Wanted, Facts]:
    """What is known of all data that a study uses; with `suppose`, as in `published.facts`."""
    return {wanted: dataset.facts_or_published(wanted, work, suppose) for wanted in study.sources()}


def chosen_rates(sweep: list[PlannedTrial], work: Path) -> Rates:
    """The rate of each (arm, setting) from the event logs of a complete sweep; of equals, the lower rate."""
    best: dict[tuple[str, str], tuple[tuple[float, float, float], float]] = {}
    for planned in sweep:
        rate = planned.trial.recipe.learning_rate
        judged = (*history.validation_score(trial_folder.log(trial_folder.of(work, planned.trial))), -rate)
        arm = (planned.arm, planned.setting)
        if arm not in best or judged > best[arm][0]:
            best[arm] = (judged, rate)
    return {arm: rate for arm, (_, rate) in best.items()}
