"""Which models stay, and what a study needs of the disk."""

import pytest

from experiments import names
from experiments.errors import UserError
from experiments.execution import keeping
from experiments.logs import events, trial_folder
from experiments.studies import reading
from tests.support.small_study import DIGESTS, SMALL

# Of each arm and seed: the best validation accuracy. plain_cnn's seed 2 and resnet18's seed 1 are best.
ACCURACY = {("plain_cnn", 1): 0.5, ("plain_cnn", 2): 0.6, ("resnet18", 1): 0.7, ("resnet18", 2): 0.7}


@pytest.fixture
def trained(tmp_path):
    trials = reading.parse(SMALL, "small").trials(DIGESTS)
    for planned in trials:
        place = trial_folder.of(tmp_path, planned.trial)
        trial_folder.begin(place, planned.trial)
        (place / names.MODEL_FOLDER).mkdir()
        accuracy = ACCURACY[planned.arm, planned.trial.seed]
        metrics = {"validation/accuracy": accuracy, "validation/loss": 1.0}
        events.append(trial_folder.log(place), events.EpochEnded(epoch=1, metrics=metrics))
        events.append(trial_folder.log(place), events.Finished(epoch=1, metrics={}, diverged=False))
    return trials, tmp_path


def kept(trials, work):
    return {
        (each.arm, each.trial.seed)
        for each in trials
        if (trial_folder.of(work, each.trial) / names.MODEL_FOLDER).exists()
    }


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("all", set(ACCURACY)), ("none", set()), ("best", {("plain_cnn", 2), ("resnet18", 1)})],
)
def test_what_stays(trained, policy, expected):
    trials, work = trained
    without = keeping.Keeper(trials, work, policy).drop()
    assert kept(trials, work) == expected
    assert {(each.arm, each.trial.seed) for each in without} == set(ACCURACY) - expected


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_models_give_way_one_by_one_as_trials_finish(trained, order, monkeypatch):
    trials, work = trained
    logs = []
    score = keeping.history.validation_score
    monkeypatch.setattr(keeping.history, "validation_score", lambda log: logs.append(log) or score(log))
    with monkeypatch.context() as begin:  # none is complete yet
        begin.setattr(trial_folder, "is_complete", lambda folder: False)
        keeper = keeping.Keeper(trials, work, "best")
        assert keeper.drop() == []
    for position in order:
        keeper.finished(trials[position])
    assert kept(trials, work) == {("plain_cnn", 2), ("resnet18", 1)}
    assert len(logs) == len(trials)  # each log is read once


def test_a_trial_that_runs_keeps_what_it_has(trained):
    trials, work = trained
    running = trial_folder.of(work, trials[0].trial)
    trial_folder.log(running).unlink()
    keeping.Keeper(trials, work, "none").drop()
    assert kept(trials, work) == {(trials[0].arm, trials[0].trial.seed)}


# Models of 1, 2, 3 and 4 MiB, two workers. Checkpoints: 8 × (4 + 3); what else: 4 × 1.
@pytest.mark.parametrize(
    ("policy", "mib"),
    [
        ("all", 2 * (1 + 2 + 3 + 4) + 8 * 7 + 4),
        ("none", 8 * 7 + 4),
        ("best", 2 * (3 + 4) + 8 * 7 + 4),
    ],
)
def test_what_the_disk_must_hold(policy, mib):
    trials = reading.parse(SMALL, "small").trials(DIGESTS)
    assert [each.arm for each in trials] == ["plain_cnn", "resnet18"] * 2
    sizes = [(each, size * 2**20) for each, size in zip(trials, (1, 2, 3, 4), strict=True)]
    assert keeping.disk_bytes(sizes, 2, policy) == mib * 2**20


def test_a_disk_that_is_too_small_is_refused(tmp_path):
    [first, *_] = reading.parse(SMALL, "small").trials(DIGESTS)
    keeping.check_disk([(first, 2**20)], 1, "all", tmp_path / "not" / "yet")
    with pytest.raises(UserError, match=r"need up to .* GiB of disk, and .* are free; make room, choose"):
        keeping.check_disk([(first, 2**60)], 1, "all", tmp_path)
