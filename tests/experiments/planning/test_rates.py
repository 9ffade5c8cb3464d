"""Which rate a sweep chooses, and when its ladder grows: by hand, and through a plan of logged trials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.logs import events, trial_folder
from experiments.planning import overview, plan, rates
from experiments.studies import reading
from experiments.studies.sweep import Tune
from tests.support import known_costs
from tests.support.small_study import SMALL

LADDER = [0.01, 0.03, 0.1, 0.3]
TUNE = Tune(learning_rate=LADDER)
DIVERGED = (-1.0, 0.0)
ARM = ("plain_cnn", "")


def agreeing(accuracies: dict[float, float]) -> rates.Tried:
    """Three tuning seeds that agree, at each rate."""
    return {rate: [(accuracy, -1.0)] * 3 for rate, accuracy in accuracies.items()}


@pytest.mark.parametrize(
    ("tried", "best"),
    [
        ({0.1: [(0.6, -1), (0.8, -1), (0.7, -1)], 0.3: [(0.9, -1), (0.5, -1), (0.6, -1)]}, 0.1),  # 0.7, 0.667
        # One seed of three diverged: (0.9 + 0.9 + 0) / 3 = 0.6.
        ({0.1: [(0.61, -1)] * 3, 0.3: [(0.9, -1), (0.9, -1), DIVERGED]}, 0.1),
        ({0.1: [(0.59, -1)] * 3, 0.3: [(0.9, -1), (0.9, -1), DIVERGED]}, 0.3),
        ({0.1: [DIVERGED] * 3, 0.3: [(0.01, -9)] * 3}, 0.3),  # a trial that diverged is the worst there is
        ({0.1: [(0.5, -2)] * 3, 0.3: [(0.5, -1)] * 3}, 0.3),  # equal: the lower loss
        ({0.3: [(0.5, -1)] * 3, 0.1: [(0.5, -1)] * 3}, 0.1),  # and then the lower rate
    ],
)
def test_the_best_rate_has_the_highest_mean_over_the_tuning_seeds(tried, best):
    assert rates.best(tried) == best


def test_a_ladder_grows_by_its_own_factors():
    assert rates.beyond(LADDER) == ([0.00333, 0.00111], [0.9, 2.7])
    assert rates.beyond([0.2, 0.05, 0.012, 0.003]) == ([0.00075, 0.000188], [0.8, 3.2])


@pytest.mark.parametrize(
    ("accuracies", "taken"),
    [
        ({0.01: 0.5, 0.03: 0.7, 0.1: 0.6, 0.3: 0.1}, []),  # inside
        ({0.01: 0.5, 0.03: 0.6, 0.1: 0.7, 0.3: 0.8}, [0.9]),
        ({0.01: 0.5, 0.03: 0.6, 0.1: 0.7, 0.3: 0.8, 0.9: 0.7}, [0.9]),  # inside by now
        ({0.01: 0.5, 0.03: 0.6, 0.1: 0.7, 0.3: 0.8, 0.9: 0.9}, [0.9, 2.7]),
        ({0.01: 0.5, 0.03: 0.6, 0.1: 0.7, 0.3: 0.8, 0.9: 0.9, 2.7: 0.95}, [0.9, 2.7]),  # two steps at most
        ({0.01: 0.8, 0.03: 0.7, 0.1: 0.6, 0.3: 0.1}, [0.00333]),
        ({0.00333: 0.9, 0.01: 0.8, 0.03: 0.7, 0.1: 0.6, 0.3: 0.1}, [0.00333, 0.00111]),
    ],
)
def test_the_ladder_grows_where_the_best_rate_is_at_its_end(accuracies, taken):
    assert rates.further(TUNE, {ARM: agreeing(accuracies)}).get(ARM, []) == taken


def test_a_ladder_of_an_arm_s_own_grows_by_its_own_factors():
    own = Tune(learning_rate=LADDER, arms={ARM[0]: [0.0001, 0.0002, 0.0004, 0.0008]})
    assert rates.further(own, {ARM: agreeing({0.0001: 0.8, 0.0002: 0.7, 0.0004: 0.6, 0.0008: 0.1})}) == {
        ARM: [0.00005]
    }


def test_a_sweep_of_one_seed_as_older_files_have_it_is_not_extended():
    old = Tune(learning_rate=[0.01, 0.1], seed=100)
    assert rates.further(old, {ARM: {0.01: [(0.5, -1)], 0.1: [(0.9, -1)]}}) == {}


@given(st.lists(st.floats(1e-6, 10), min_size=4, max_size=8, unique=True), st.integers(0, 2**32 - 1))
def test_every_sweep_ends_within_two_steps_at_either_end(ladder, seed):
    tune = Tune(learning_rate=ladder)
    accuracy = {}
    below, above = rates.beyond(ladder)
    for step, rate in enumerate([*ladder, *below, *above]):
        accuracy.setdefault(rate, (seed * (step + 7919) ** 3 % 1009) / 1009)
    taken: list[float] = []
    for _ in range(2 * rates.MOST_STEPS + 1):
        tried = agreeing({rate: accuracy[rate] for rate in [*ladder, *taken]})
        longer = rates.further(tune, {ARM: tried}).get(ARM, [])
        if longer == taken:
            break
        taken = longer
    else:
        pytest.fail("it does not end")
    assert set(taken) <= {*below, *above}


def log_all(study, trials, work, accuracy):
    """Log the trials as complete, each with the accuracy of its arm and rate."""
    for planned in trials:
        place = trial_folder.of(work, planned.trial)
        trial_folder.begin(place, planned.trial)
        reached = accuracy(planned.arm, planned.trial.recipe.learning_rate)
        metrics = {"validation/accuracy": reached, "validation/loss": 1.0}
        events.append(trial_folder.log(place), events.EpochEnded(epoch=1, metrics=metrics))
        events.append(trial_folder.log(place), events.Finished(epoch=1, metrics={}, diverged=False))


def test_a_plan_extends_the_ladder_of_the_arm_that_needs_it_before_results_are_trained(tmp_path, monkeypatch):
    known_costs.know(monkeypatch)
    study = reading.parse({**SMALL, "tune": {"learning_rate": LADDER}}, "small")
    options = plan.Options(tmp_path, f"sqlite:///{tmp_path / 'none.db'}", workers=2)

    def accuracy(arm: str, rate: float) -> float:
        return 0.5 + rate / 10 if arm == "resnet18" and rate < 1 else 0.5 - abs(rate - 0.1)

    first = plan.make(study, options, print)
    assert (len(first.waiting), len(first.later)) == (24, 4)
    log_all(study, first.waiting, tmp_path, accuracy)
    second = plan.make(study, options, print)
    assert [(each.arm, each.trial.recipe.learning_rate) for each in second.waiting] == [("resnet18", 0.9)] * 3
    assert "extend the ladder" in overview.text(second)
    assert overview.after_sweep(second).startswith("3 trials extend the ladder")
    log_all(study, second.waiting, tmp_path, accuracy)
    third = plan.make(study, options, print)
    assert [each.trial.recipe.learning_rate for each in third.waiting] == [2.7] * 3
    log_all(study, third.waiting, tmp_path, accuracy)
    last = plan.make(study, options, print)
    assert not last.later
    assert [(each.arm, each.trial.recipe.learning_rate) for each in last.waiting] == [
        ("plain_cnn", 0.1),
        ("resnet18", 0.9),
    ] * 2
    rates_told, follow = overview.after_sweep(last).splitlines()
    assert rates_told.endswith("plain_cnn 0.1, resnet18 0.9") and follow.startswith("4 trials follow: ")
    assert [each.trial.id for each in plan.trials(study, tmp_path)] == [each.trial.id for each in last.trials]
