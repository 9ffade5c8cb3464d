"""Where the model of a run lies: in the work folder, or in the store."""

from pathlib import Path

from experiments import names
from experiments.errors import UserError
from experiments.logs import trial_folder
from experiments.store import client
from experiments.store.client import StoreError

MOST_LISTED = 5  # trials, in a message


def whole_id(run: str, work: Path, store: str) -> str:
    """The trial or run that an id names, or the beginning of one.

    Raises:
        UserError: several begin so.
    """
    if not run.isalnum() or (work / run).is_dir():
        return run
    trials = sorted(log.parent.name for log in work.glob(f"{run}*/{trial_folder.LOG}"))
    try:
        runs = client.runs_beginning(store, run)
    except StoreError:  # reported once the store is needed
        runs = {}
    others = sorted(each for each, trial in runs.items() if trial not in trials)
    if len(trials) + len(others) > 1:
        found = [f"trial {each}" for each in trials] + [f"run {each}" for each in others]
        more = f" and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
        raise UserError(f"RUN={run} fits {', '.join(found[:MOST_LISTED])}{more}; give more of the id")
    return (trials + others or [run])[0]


def model_folder(run: str, work: Path, store: str, target: Path) -> Path:
    """The model files of a trial in the work folder, or of a run in the store, brought below target.

    Raises:
        UserError: neither holds a model of it; lists some that there are.
    """
    folder = work / run if run.isalnum() else None
    if folder and (folder / names.MODEL_FOLDER).is_dir():
        return folder / names.MODEL_FOLDER
    if folder and trial_folder.log(folder).exists():
        raise UserError(
            f"{folder}: no model there: its trial was imported, or is not complete{_newest(work)}"
        )
    try:
        return client.download_model(store, run, target)
    except StoreError as error:
        raise UserError(f"{error}{_newest(work)}") from None


def _newest(work: Path) -> str:
    """The end of a message: the newest trials with a model."""
    models = sorted(work.glob(f"*/{names.MODEL_FOLDER}"), key=lambda path: path.stat().st_mtime, reverse=True)
    listed = ", ".join(filter(None, (_described(path.parent) for path in models[:MOST_LISTED])))
    return f"; newest trials with a model: {listed}" if listed else f"; {work} holds no trained model yet"


def _described(folder: Path) -> str:
    """The trial of a folder in a few words; empty where its specification cannot be read."""
    try:
        trial = trial_folder.specification(folder)
    except (OSError, ValueError):
        return ""
    return f"{folder.name} ({trial.model}, seed {trial.seed})"
