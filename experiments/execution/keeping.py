"""Which models stay on the disk: all, none, or of each arm the one that is best on validation."""

import shutil
from pathlib import Path
from typing import Literal, get_args

from experiments import names, words
from experiments.errors import UserError
from experiments.logs import history, trial_folder
from experiments.studies.specification import PlannedTrial

Policy = Literal["all", "best", "none"]
Sizes = list[tuple[PlannedTrial, int]]  # bytes of each trial's model
POLICIES: tuple[str, ...] = get_args(Policy)


class Keeper:
    """Removes the models that do not stay; reads the log of each trial once while a study runs.

    Best is the trial of highest validation accuracy, then lower loss, then earlier in the study, among those
    that are complete by now.
    """

    def __init__(self, trials: list[PlannedTrial], work: Path, policy: Policy) -> None:
        self._trials, self._work, self._policy = trials, work, policy
        self._positions = {planned.trial.id: position for position, planned in enumerate(trials)}
        self._best: dict[tuple[str, str, str], tuple[tuple[float, ...], PlannedTrial]] = {}
        self._looked = False

    def drop(self) -> list[PlannedTrial]:
        """Remove every model that does not stay; the complete trials that have none (any more)."""
        if self._policy == "all":
            return []
        self._looked = True
        complete = [
            each for each in self._trials if trial_folder.is_complete(trial_folder.of(self._work, each.trial))
        ]
        for planned in complete:
            self._take(planned)
        staying = {planned.trial.id for _, planned in self._best.values()}
        return [each for each in complete if each.trial.id not in staying]

    def finished(self, planned: PlannedTrial) -> None:
        """Remove the model of a trial that has just become complete, or the one that gives way to it."""
        if self._policy == "all":
            return
        if self._looked:
            self._take(planned)
        else:
            self.drop()

    def _take(self, planned: PlannedTrial) -> None:
        leaving: PlannedTrial | None = planned
        if self._policy == "best":
            arm = (planned.arm, planned.setting, planned.role)
            rank = self._rank(planned)
            if arm not in self._best:
                leaving = None
                self._best[arm] = (rank, planned)
            elif rank > self._best[arm][0]:
                leaving = self._best[arm][1]
                self._best[arm] = (rank, planned)
            elif planned.trial.id == self._best[arm][1].trial.id:
                leaving = None
        if leaving is not None:
            model = trial_folder.of(self._work, leaving.trial) / names.MODEL_FOLDER
            shutil.rmtree(model, ignore_errors=True)

    def _rank(self, planned: PlannedTrial) -> tuple[float, ...]:
        score = history.validation_score(trial_folder.log(trial_folder.of(self._work, planned.trial)))
        return (*score, -self._positions[planned.trial.id])


def disk_bytes(models: Sizes, workers: int, policy: Policy) -> int:
    """The bytes that trials take of the disk at most.

    A model stays twice, in the work folder and in the store; a running trial keeps its weights, its
    optimizer's two moments and its best weights in a checkpoint, and writes the next one beside it. What
    else a trial leaves (logs, pictures) is below a MiB.

    Args:
        models: of each trial that is to be trained.
        workers: trials that run side by side.
        policy: which models stay.
    """
    sizes = sorted((size for _, size in models), reverse=True)
    if policy == "all":
        stay = sum(sizes)
    elif policy == "best":
        largest: dict[tuple[str, str, str], int] = {}
        for planned, size in models:
            arm = (planned.arm, planned.setting, planned.role)
            largest[arm] = max(size, largest.get(arm, 0))
        stay = sum(largest.values())
    else:
        stay = 0
    return 2 * stay + 8 * sum(sizes[:workers]) + len(sizes) * 2**20


def disk_line(models: Sizes, workers: int, policy: Policy, work: Path) -> str:
    """The line of a plan about the disk."""
    needed, free = map(words.bytes_amount, (disk_bytes(models, workers, policy), _free(work)))
    return f"disk: at most {needed} for models and checkpoints; {free} are free"


def check_disk(models: Sizes, workers: int, policy: Policy, work: Path) -> None:
    """Refuse trials that the disk cannot hold.

    Raises:
        UserError: the disk is too full.
    """
    needed, free = disk_bytes(models, workers, policy), _free(work)
    if needed > free:
        raise UserError(
            f"{work}: the trials need up to {words.bytes_amount(needed)} of disk, and "
            f"{words.bytes_amount(free)} are free; make room, choose another folder with --work, or keep "
            "fewer models (--keep-models best or none)"
        )


def _free(work: Path) -> int:
    existing = next(folder for folder in (work.absolute(), *work.absolute().parents) if folder.exists())
    return shutil.disk_usage(existing).free
