"""Power before training: against scipy, against verdicts on simulated studies, and against logs of trials."""

import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from experiments.logs import events, trial_folder
from experiments.planning import overview, plan, power
from experiments.studies import reading
from reports.numbers import pairs
from tests.support import known_costs
from tests.support.small_study import changed

CLAIM = "resnet18 has higher test accuracy than plain_cnn"


def of_paired_t(seeds: float, level: float) -> float:
    """The effect at which the two-sided t test of pairs has power 0.8, by integrating over the spread."""
    freedom = seeds - 1
    critical = stats.t.ppf(1 - level / 2, freedom)

    def short(effect: float) -> float:
        def at(squares: float) -> float:
            bound, shift = critical * math.sqrt(squares / freedom), effect * math.sqrt(seeds)
            return (stats.norm.sf(bound - shift) + stats.norm.cdf(-bound - shift)) * stats.chi2.pdf(
                squares, freedom
            )

        return integrate.quad(at, 0, stats.chi2.isf(1e-12, freedom))[0] - 0.8

    return optimize.brentq(short, 0.05, 5)


@pytest.mark.parametrize(("seeds", "level"), [(10, 0.05), (20, 0.05), (20, 0.01), (40, 0.005)])
def test_many_seeds_show_what_the_t_test_shows_but_for_its_stated_costs(seeds, level):
    orders = level * 2 ** (seeds - 1)
    costs = power.SKEWNESS_COSTS + power.SIGNS_COST / orders
    assert power.detectable(seeds, level) == pytest.approx(costs * of_paired_t(seeds, level), rel=1e-4)


def test_the_t_test_is_that_of_other_programs():
    # R: power.t.test(delta = 0.5, power = 0.8, type = "paired") gives n = 33.36713.
    assert of_paired_t(33.36713, 0.05) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize(("seeds", "claims"), [(5, 1), (6, 2), (7, 4), (7, 5), (9, 13), (0, 1), (1, 1)])
def test_nothing_can_be_shown_where_seeds_that_all_agree_are_not_enough(seeds, claims):
    assert power.detectable(seeds, 0.05 / claims) == math.inf


@pytest.mark.parametrize(("seeds", "claims"), [(6, 1), (7, 3), (8, 5), (8, 6), (1000, 1)])
def test_a_difference_can_be_shown_from_the_floor_on(seeds, claims):
    assert power.detectable(seeds, 0.05 / claims) < 2.1


def test_seeds_that_share_a_pool_show_less():
    assert power.detectable(10, 0.05, 0.2) > 1.5 * power.detectable(10, 0.05)


@pytest.mark.parametrize(
    ("seeds", "level"),
    [(6, 0.05), (8, 0.01), (8, 0.05), (10, 0.01), pytest.param(12, 0.01, marks=pytest.mark.slow)],
)
def test_four_of_five_verdicts_are_given_at_the_difference_it_names(seeds, level):
    generator = np.random.default_rng(seeds)
    effect = power.detectable(seeds, level)
    decided = [pairs.p_value(generator.normal(effect, 1, seeds)) <= level for _ in range(1000)]
    assert np.mean(decided) == pytest.approx(0.8, abs=0.05)  # and 0.013 of chance


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """The plan of a study of six seeds and one claim, of which the first seeds have been trained."""

    def make(claim: str, accuracies: dict[str, list[float]], seeds: int = 6, **more) -> plan.Plan:
        known_costs.know(monkeypatch)
        document = changed("claims", [claim]) | {"seeds": [*range(1, seeds + 1)]} | more
        study = reading.parse(document, "small")
        options = plan.Options(tmp_path, f"sqlite:///{tmp_path / 'none.db'}", workers=2)
        for each in plan.make(study, options, print).trials:
            if each.trial.seed <= len(accuracies.get(each.arm, [])):
                place = trial_folder.of(tmp_path, each.trial)
                trial_folder.begin(place, each.trial)
                metrics = {"test/accuracy": accuracies[each.arm][each.trial.seed - 1]}
                events.append(
                    trial_folder.log(place), events.Finished(epoch=1, metrics=metrics, diverged=False)
                )
        return plan.make(study, options, print)

    return make


def test_a_plan_tells_the_difference_in_standard_deviations(planned):
    text = overview.text(planned(CLAIM, {"plain_cnn": [], "resnet18": []}))
    last = text.splitlines()[-1]
    assert last.startswith("claims: 80% of studies like this (6 seeds, 1 tested, level 0.05) decide one")
    assert "differ by 1.79 times" in last and "0.018, say, where it varies by 0.01" in last


def test_a_plan_tells_it_in_the_unit_of_the_metric_where_seeds_were_trained(planned):
    # Differences 0.1, 0.2, 0.3: their standard deviation is 0.1.
    accuracies = {"plain_cnn": [0.5, 0.5, 0.5], "resnet18": [0.6, 0.7, 0.8]}
    assert overview.text(planned(CLAIM, accuracies)).splitlines()[-1] == (
        f"  {CLAIM}: 0.18 (1.79 standard deviations of 0.1, as 3 seeds had it so far)"
    )


def test_two_seeds_give_no_spread(planned):
    error = "test error(resnet18) < test error(plain_cnn) - 0.01"
    two = {"plain_cnn": [0.5, 0.5], "resnet18": [0.6, 0.7]}
    last = overview.text(planned(error, two)).splitlines()[-1]
    assert last == f"  {error}: beyond the margin, 1.79 standard deviations"


def test_a_plan_says_where_no_difference_could_be_shown(planned):
    text = overview.text(planned(CLAIM, {"plain_cnn": [], "resnet18": []}, seeds=5))
    assert "claims: 5 seeds, 1 tested: none of the claims can be decided, whatever the difference" in text
    assert "claims: " not in overview.text(planned(CLAIM, {"plain_cnn": [], "resnet18": []}, splits="one"))
    assert "claims: " not in overview.text(
        planned("resnet18 has lower parameters than plain_cnn", {}, seeds=1)
    )


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("test accuracy", 0.7),
        ("test error", 0.3),
        ("macro F1", 0.65),
        ("validation accuracy", 0.75),
        ("train accuracy", 0.9),
        ("train error", 0.1),
        ("gap", 0.05),
        ("gap at last epoch", 0.2),
        ("training seconds", 20.0),
        ("log gradient norm at stem", -1.5),
        ("gap at equal training accuracy", None),
    ],
)
def test_the_metrics_of_a_log(metric, value):
    epochs = [
        events.EpochEnded(epoch=number, metrics={
            "train/accuracy": train, "validation/accuracy": validation, "train_seconds": 10 * number,
            "gradient_norm/stem": norm,
        })
        for number, (train, validation, norm) in enumerate([(0.8, 0.75, 0.1), (0.9, 0.7, 0.01)], start=1)
    ]  # fmt: skip
    end = events.Finished(epoch=1, metrics={"test/accuracy": 0.7, "test/macro_f1": 0.65}, diverged=False)
    found = power._of_metric(metric, end, epochs)
    assert found == (value if value is None else pytest.approx(value))
