"""The lines of a plan: what is to train, what the data is, whether the seeds do."""

from dataclasses import replace
from pathlib import Path

import pytest

from experiments.data.facts import Wanted
from experiments.planning import overview, plan
from experiments.studies import reading
from tests.support import known_costs
from tests.support.small_study import changed


@pytest.fixture
def planned(monkeypatch, tmp_path):
    """The plan of a small study with one field changed."""

    def make(path="seeds", value=(1, 2)) -> plan.Plan:
        known_costs.know(monkeypatch)
        study = reading.parse(changed(path, [*value] if isinstance(value, tuple) else value), "small")
        options = plan.Options(tmp_path, f"sqlite:///{tmp_path / 'none.db'}", workers=2)
        return plan.make(study, options, print)

    return make


def test_the_lines_name_the_question_the_data_and_the_trials(planned):
    first, data, note, trials = overview.text(planned()).splitlines()
    assert note.startswith("note: resnet18: stem imagenet ")  # on images of 8 pixels
    assert first == "small: Which?"
    assert "digits, 1,797 images of 10 classes, 8×8 grey: 100 training, 50 validation, 50 test images" in data
    assert trials.startswith("4 of 4 trials to train, ")
    assert ", 2 at a time on the processor (" in trials


def test_a_sweep_is_counted_apart_from_what_follows(planned):
    todo = planned("tune", {"learning_rate": [0.1, 0.2, 0.4, 0.8]})
    assert (len(todo.waiting), len(todo.later)) == (2 * 4 * 3, 4)
    line = overview.text(todo).splitlines()[-1]
    assert line.startswith("24 of them choose the learning rates first, the other 4 follow")
    assert line.endswith("up to 2 more there, 3 trials each")


def test_a_sweep_on_one_seed_as_older_files_have_it_is_not_extended(planned):
    todo = planned("tune", {"learning_rate": [0.1, 0.2], "seed": 100})
    assert (len(todo.waiting), len(todo.later)) == (4, 4)
    assert overview.text(todo).splitlines()[-1].endswith("the other 4 follow")


def test_the_longest_trial_of_a_seed_comes_first(planned):
    todo = planned()
    costs = {
        each.trial.id: todo.costs[each.trial.id].model_copy(
            update={"step_seconds": 1.0 if each.arm == "resnet18" else 0.1}
        )
        for each in todo.waiting
    }
    ordered = replace(todo, costs=costs).in_order
    assert [(each.trial.seed, each.arm) for each in ordered] == [
        (1, "resnet18"),
        (1, "plain_cnn"),
        (2, "resnet18"),
        (2, "plain_cnn"),
    ]


def test_one_estimate_serves_a_study_and_its_trials(planned):
    todo = planned()
    # 2 epochs of ceil(100 / 64) steps of 0.01 s, 2 × (50 + 50) + 50 images of 0.001 s, and 1 s to start.
    assert list(todo.seconds.values()) == pytest.approx([1 + 0.04 + 0.25] * 4)
    assert todo.eta_seconds == pytest.approx(2 * 1.29)
    assert set(todo.data) == {Wanted("digits")}
    assert todo.files == {}
    assert [size for _, size in todo.model_sizes] == [4000] * 4


# n pairs: 2 / 2^n is 1/16 for 5, 1/32 for 6, 1/64 for 7; on one split n against n, 2 / C(2n, n): 1/35 for 4.
@pytest.mark.parametrize(
    ("splits", "seeds", "claims", "enough"),
    [
        ("each", 5, 1, False),
        ("each", 6, 1, True),
        ("each", 6, 2, False),
        ("each", 7, 2, True),
        ("one", 3, 1, False),
        ("one", 4, 1, True),
        ("one", 4, 2, False),
        ("one", 5, 2, True),
    ],
)
def test_seeds_that_are_too_few_for_the_claims_are_noted(splits, seeds, claims, enough):
    said = ["resnet18 has higher test accuracy than plain_cnn", "gap(resnet18) > gap(plain_cnn)"]
    document = changed("claims", said[:claims]) | {"seeds": list(range(seeds)), "splits": splits}
    note = overview.too_few_seeds(reading.parse(document, "small"))
    assert (note is None) == enough


def test_numbers_that_are_equal_at_every_seed_need_no_seeds():
    document = changed("claims", ["resnet18 has lower parameters than plain_cnn"])
    assert overview.too_few_seeds(reading.parse(document, Path("small"))) is None


# Flat levels for one and for five claims over these looks are about 0.02 and 0.004; seeds that all agree have
# p = 2 / 2^n: 0.031 after 6, 0.0078 after 8, 0.002 after 10.
@pytest.mark.parametrize(
    ("claims", "early"),
    [
        (1, "look after 6 seeds cannot decide the claim:"),
        (5, "looks after 6, 8 seeds cannot decide a claim while all 5 are open:"),
    ],
)
def test_looks_too_early_for_a_verdict_are_told(claims, early):
    names = [
        "higher test accuracy",
        "higher validation accuracy",
        "higher gap",
        "lower test error",
        "higher train error",
    ]
    stated = [f"resnet18 has {name} than plain_cnn" for name in names[:claims]]
    study = reading.parse(changed("claims", stated), "small")
    note = overview.too_few_seeds(study, [6, 8, 10])
    assert note.startswith(f"the {early}")


def test_one_look_after_enough_seeds_needs_no_note():
    study = reading.parse(changed("claims", ["resnet18 has higher test accuracy than plain_cnn"]), "small")
    assert overview.too_few_seeds(study, [20, 30]) is None
