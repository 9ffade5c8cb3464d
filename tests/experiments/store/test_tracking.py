"""What the projection does in a real store where events alone do not tell."""

import mlflow

from experiments import names
from experiments.logs import events, trial_folder
from experiments.store import tracking
from experiments.studies import arms, reading
from tests.support.small_study import DIGESTS, SMALL


def test_a_run_that_a_slow_server_made_twice_stays_once(tmp_path):
    planned = reading.parse(SMALL, "small").trials(DIGESTS)[0]
    place = trial_folder.of(tmp_path / "work", planned.trial)
    trial_folder.begin(place, planned.trial)
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    told = [
        events.Started(tags={names.CPU: "a"}),
        events.EpochEnded(epoch=1, metrics={"train/accuracy": 0.5}),
    ]
    tracking.Projection(store, "small").project(planned, place, told)
    client = mlflow.MlflowClient(store)
    experiment = client.get_experiment_by_name("small").experiment_id
    [run] = client.search_runs([experiment])
    client.create_run(experiment, tags=run.data.tags)
    assert len(client.search_runs([experiment])) == 2

    # As by the next start of the study, which brings the whole log.
    told.append(events.EpochEnded(epoch=2, metrics={"train/accuracy": 0.75}))
    tracking.Projection(store, "small").project(planned, place, told)
    [left] = client.search_runs([experiment])
    history = client.get_metric_history(left.info.run_id, "train/accuracy")
    assert [(metric.step, metric.value) for metric in history] == [(1, 0.5), (2, 0.75)]
    assert left.data.tags[names.CPU] == "a"


def test_a_run_has_the_network_that_its_trial_left(tmp_path):
    left, without = reading.parse(SMALL, "small").trials(DIGESTS)[:2]
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    projection = tracking.Projection(store, "small")
    for planned in (left, without):
        place = trial_folder.of(tmp_path / "work", planned.trial)
        trial_folder.begin(place, planned.trial)
        if planned is left:
            (place / names.NETWORK_FILE).write_text('{"a": "é"}')
        told = [events.Started(tags={}), events.Finished(epoch=1, metrics={}, diverged=False)]
        projection.project(planned, place, told)
    client = mlflow.MlflowClient(store)
    runs = client.search_runs([client.get_experiment_by_name("small").experiment_id])
    files = {
        run.data.tags[names.ARM]: {file.path for file in client.list_artifacts(run.info.run_id)}
        for run in runs
    }
    assert files == {
        "plain_cnn": {names.SPECIFICATION_FILE, names.NETWORK_FILE},
        "resnet18": {names.SPECIFICATION_FILE},
    }


def test_a_run_has_the_gap_of_each_epoch_and_the_colour_of_its_arm(tmp_path):
    study = reading.parse(SMALL, "small")
    plain, residual = study.trials(DIGESTS)[:2]
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    projection = tracking.Projection(store, "small", colors=arms.colors(study.models))
    for planned in (plain, residual):
        place = trial_folder.of(tmp_path / "work", planned.trial)
        trial_folder.begin(place, planned.trial)
        told = [
            events.Started(tags={}),
            events.EpochEnded(epoch=1, metrics={"train/accuracy": 0.75, "validation/accuracy": 0.5}),
            events.EpochEnded(epoch=2, metrics={"train/accuracy": 0.8}),
        ]
        projection.project(planned, place, told)
    client = mlflow.MlflowClient(store)
    runs = client.search_runs([client.get_experiment_by_name("small").experiment_id])
    for run in runs:
        history = client.get_metric_history(run.info.run_id, names.OVERFITTING_GAP)
        assert [(metric.step, metric.value) for metric in history] == [(1, 0.25)]
    colors = {run.data.tags[names.ARM]: run.data.tags[names.RUN_COLOR] for run in runs}
    assert colors == {
        "plain_cnn": names.FAMILY_COLORS["plain"][0],
        "resnet18": names.FAMILY_COLORS["residual"][0],
    }
