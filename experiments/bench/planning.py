"""How long a plan takes of a study of many trials that are all complete."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ruamel.yaml import YAML

from experiments import location, names
from experiments.errors import UserError
from experiments.logs import events, trial_folder
from experiments.planning import plan
from experiments.store import client
from experiments.studies import reading

ARMS, EPOCHS = 4, 20


def seconds(trials: int, times: int) -> list[float]:
    """Of so many plans, process included, of as many complete trials in store and event logs."""
    document = {
        "name": "planned",
        "question": "How long does a plan take?",
        "data": {"source": "digits", "train": 300, "validation": 200, "test": 400},
        "models": {
            f"cnn{arm}": {"model": "plain_cnn", "arguments": {"dense": 8 + arm}} for arm in range(ARMS)
        },
        "recipe": {"epochs": EPOCHS},
        "seeds": list(range(1, trials // ARMS + 1)),
        "targets": [0.5],
    }
    with tempfile.TemporaryDirectory() as name:
        work, file = Path(name, "work"), Path(name, "planned.yaml")
        work.mkdir()
        YAML().dump(document, file)
        store_uri = f"{location.SQLITE}{Path(name, 'mlflow.db')}"
        study = reading.parse(reading.load(file), file)
        store = client.opened(store_uri)
        experiment = store.create_experiment(study.name)
        log = "".join(f"{event.model_dump_json()}\n" for event in _log())
        for planned in plan.trials(study, work):
            folder = trial_folder.of(work, planned.trial)
            trial_folder.begin(folder, planned.trial)
            trial_folder.log(folder).write_text(log)
            run = store.create_run(experiment).info.run_id
            tags = {names.TRIAL: planned.trial.id, names.ROLE: names.RESULT_ROLE, names.COMPLETE: "true"}
            client.log_batch(store, run, [], {}, tags, 0)
            store.set_terminated(run)
        command = [sys.executable, "-m", "experiments", "plan", str(file), "--work", str(work)]
        found = []
        for _ in range(times):
            began = time.perf_counter()
            done = subprocess.run(
                [*command, "--store", store_uri],
                cwd=location.ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            found.append(time.perf_counter() - began)
            if f"all {trials} trials are complete" not in done.stdout:
                raise UserError(f"the plan of {trials} complete trials says: {done.stdout}{done.stderr}")
    return found


def _log() -> list[events.Event]:
    metrics = {
        names.metric(split, measure): 0.5
        for split in (names.TRAIN, names.VALIDATION)
        for measure in (names.ACCURACY, names.LOSS)
    }
    epochs = [events.EpochEnded(epoch=number, metrics=metrics) for number in range(1, EPOCHS + 1)]
    return [events.Started(tags={}), *epochs, events.Finished(epoch=EPOCHS, metrics={}, diverged=False)]
