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


def drop(trials: list[PlannedTrial], work: Path, policy: Policy) -> list[PlannedTrial]:
    """Remove the models that do not stay from the work folder; the complete trials that have none (any more).

    Best is the trial of highest validation accuracy, then lower loss, then earlier in the study, among those
    that are complete by now.
    """
    if policy == "all":
        return []
    complete = [each for each in trials if trial_folder.is_complete(trial_folder.of(work, each.trial))]
    stay = {each.trial.id for each in _best(complete, work)} if policy == "best" else set()
    without = [each for each in complete if each.trial.id not in stay]
    for planned in without:
        shutil.rmtree(trial_folder.of(work, planned.trial) / names.MODEL_FOLDER, ignore_errors=True)
    return without


def _best(complete: list[PlannedTrial], work: Path) -> list[PlannedTrial]:
    best: dict[tuple[str, str, str], tuple[tuple[float, float], PlannedTrial]] = {}
    for planned in complete:
        score = history.validation_score(trial_folder.log(trial_folder.of(work, planned.trial)))
        arm = (planned.arm, planned.setting, planned.role)
        if arm not in best or score > best[arm][0]:
            best[arm] = (score, planned)
    return [planned for _, planned in best.values()]


def disk_bytes(models: Sizes, workers: int, policy: Policy) -> int:
    """What trials take at most.

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


def disk_told(models: Sizes, workers: int, policy: Policy, work: Path) -> str:
    """What the trials take of the disk, in words."""
    needed, free = map(words.bytes_amount, (disk_bytes(models, workers, policy), _free(work)))
    return f"disk: at most {needed} for models and checkpoints; {free} are free"


def check_disk(models: Sizes, workers: int, policy: Policy, work: Path) -> None:
    """Refuse what the disk cannot hold.

    Raises:
        UserError: it is too full.
    """
    needed, free = disk_bytes(models, workers, policy), _free(work)
    if needed > free:
        raise UserError(
            f"{work}: the trials need up to {words.bytes_amount(needed)} of disk, and "
            f"{words.bytes_amount(free)} are free; make room, choose another folder with --work, or keep "
            "fewer models (--keep-models best or none)"
        )


def _free(work: Path) -> int:
    there = next(folder for folder in (work.absolute(), *work.absolute().parents) if folder.exists())
    return shutil.disk_usage(there).free
