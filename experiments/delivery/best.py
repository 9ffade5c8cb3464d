"""The trial of an arm that is best on validation: the test chooses nothing."""

from pathlib import Path
from typing import NamedTuple

from experiments import names, words
from experiments.errors import UserError
from experiments.logs import history, trial_folder
from experiments.planning import plan
from experiments.studies.specification import Trial
from experiments.studies.study import Study


class Best(NamedTuple):
    """The id of a trial, and how many of its arm are better and have no model here (any more)."""

    trial: str
    better: int


def best_trial(study: Study, arm: str, work: Path) -> Best:
    """The trial of highest validation, then lower loss, then lower seed, of an arm's with a model.

    Raises:
        UserError: the study has no such arm, or no trial of it has a model here.
    """
    results = [each for each in plan.trials(study, work) if each.role == names.RESULT_ROLE]
    arms = list(dict.fromkeys(each.arm for each in results)) or [*study.models]
    if arm not in arms:
        raise UserError(f"ARM={arm}: {words.unknown('no such arm', arm, arms)}")
    wanted = {_but_for_seeds(each.trial): place for place, each in enumerate(results) if each.arm == arm}
    ranked = []
    for folder in sorted(file.parent for file in work.glob(f"*/{names.SPECIFICATION_FILE}")):
        try:
            trial = trial_folder.specification(folder)
        except (OSError, ValueError):
            continue
        # Seeds that were added since count as well: the file need not name them.
        if _but_for_seeds(trial) in wanted and trial_folder.is_complete(folder):
            score = history.validation_score(trial_folder.log(folder))
            ranked.append(((*score, -trial.seed), folder))
    ranked.sort(reverse=True)
    found = [folder for _, folder in ranked if (folder / names.MODEL_FOLDER).is_dir()]
    if not found:
        raise UserError(
            f"ARM={arm}: no trial of it in '{study.name}' is complete and has a model in {work}: train the "
            "study there first (KEEP_MODELS=best or all)"
        )
    better = [folder for _, folder in ranked].index(found[0])
    return Best(found[0].name, better)


def _but_for_seeds(trial: Trial) -> str:
    return trial.model_dump_json(exclude={"seed", "split_seed"})
