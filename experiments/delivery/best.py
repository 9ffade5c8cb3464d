"""The trial of an arm that is best on validation: the test chooses nothing."""

from pathlib import Path

from experiments import names, words
from experiments.errors import UserError
from experiments.logs import history, trial_folder
from experiments.planning import plan
from experiments.studies.study import Study


def best_trial(study: Study, arm: str, work: Path) -> str:
    """The id of the trial of highest validation, then lower loss, among an arm's complete ones with a model.

    Raises:
        UserError: the study has no such arm, or no trial of it has a model here.
    """
    results = [each for each in plan.trials(study, work) if each.role == names.RESULT_ROLE]
    arms = list(dict.fromkeys(each.arm for each in results)) or [*study.models]
    if arm not in arms:
        raise UserError(f"ARM={arm}: {words.unknown('no such arm', arm, arms)}")
    found = [
        (history.validation_score(trial_folder.log(folder)), each.trial.id)
        for each in results
        if each.arm == arm
        and trial_folder.is_complete(folder := trial_folder.of(work, each.trial))
        and (folder / names.MODEL_FOLDER).is_dir()
    ]
    if not found:
        raise UserError(
            f"ARM={arm}: no trial of it in '{study.name}' is complete and has a model in {work}: train the "
            "study there first (KEEP_MODELS=best or all)"
        )
    return max(found)[1]
