"""When claims were registered is kept in two places, and the earlier time stands."""

import json
import math

import pytest

from experiments import names
from experiments.errors import UserError
from experiments.planning import overview, power
from experiments.store import registration
from experiments.studies.study import Study

FIRST = "gap(plain_cnn) > gap(lenet5)"
SECOND = "test accuracy(plain_cnn) > test accuracy(lenet5)"


def study(*claims, seeds=5):
    return Study.model_validate(
        {
            "name": "small",
            "question": "Which?",
            "data": {"source": "digits", "train": 100, "validation": 50, "test": 50},
            "models": {"plain_cnn": None, "lenet5": None},
            "seeds": list(range(1, seeds + 1)),
            "claims": list(claims),
        }
    )


def digests(*claims):
    return [claim.digest for claim in study(*claims).stated()]


def times(tags):
    return {key: json.loads(value)["registered"] for key, value in tags.items() if key != names.CLAIMS}


def test_a_claim_keeps_the_time_at_which_it_was_registered(tmp_path):
    before = registration.changed_tags(study(FIRST), tmp_path, {})
    registration.keep(tmp_path, "small", before)
    (first,) = digests(FIRST)
    assert registration.times(tmp_path, "small") == {first: times(before)[names.CLAIM + first]}
    # The store lost it: it comes back with its own time. Nothing is due where the store has it.
    assert registration.changed_tags(study(FIRST), tmp_path, {}) == before
    assert registration.changed_tags(study(FIRST), tmp_path, before) == {}


def test_of_two_times_the_earlier_stands(tmp_path):
    (first,) = digests(FIRST)
    registration.keep(tmp_path, "small", registration.tags(study(FIRST), {first: 1000}))
    held = registration.tags(study(FIRST), {first: 2000})
    assert times(registration.changed_tags(study(FIRST), tmp_path, held)) == {names.CLAIM + first: 1000}
    held = registration.tags(study(FIRST), {first: 500})
    assert registration.changed_tags(study(FIRST), tmp_path, held) == {}
    registration.keep(tmp_path, "small", registration.tags(study(FIRST), {first: 3000}))
    assert registration.times(tmp_path, "small") == {first: 1000}


def test_a_claim_that_leaves_the_file_stays_in_the_store(tmp_path):
    first, second = digests(FIRST, SECOND)
    held = registration.tags(study(FIRST, SECOND), {first: 1, second: 1})
    assert json.loads(held[names.CLAIMS]) == [first, second]
    assert registration.changed_tags(study(SECOND), tmp_path, held) == {names.CLAIMS: json.dumps([second])}
    assert registration.changed_tags(study(), tmp_path, held) == {names.CLAIMS: "[]"}
    assert registration.changed_tags(study(), tmp_path, {}) == {}


def test_a_damaged_record_is_told(tmp_path):
    registration.keep(tmp_path, "small", registration.tags(study(FIRST), {}))
    (tmp_path / "claims" / "small.json").write_text("[1]")
    with pytest.raises(UserError, match=r"small\.json: the times at which claims were registered"):
        registration.changed_tags(study(FIRST), tmp_path, {})


# Pairs, two-sided: 2 / 2^6 = 0.031, 2 / 2^8 = 0.0078. Unpaired: 2 / C(6, 3) = 0.1; 2 / C(10, 5) = 0.0079.
def test_least_p():
    assert [power.least_p(n) for n in (1, 6, 8)] == [1, 1 / 32, 1 / 128]
    assert [overview.least_p_unpaired(n) for n in (1, 3, 5)] == pytest.approx([1, 0.1, 2 / 252])
    assert overview.least_p_unpaired(4) == pytest.approx(2 / math.comb(8, 4))


PARTS = [
    "gap",
    "test error",
    "test accuracy",
    "train error",
    "macro F1",
    "train accuracy",
    "training seconds",
]
MANY = [f"{metric}(plain_cnn) > {metric}(lenet5)" for metric in PARTS]


# One claim takes 6 pairs, five take 8: 5 × 2 / 2^8 = 0.039.
def test_seeds_that_cannot_decide_are_warned_about():
    assert overview.too_few_seeds(study(seeds=1)) is None
    assert overview.too_few_seeds(study(FIRST, seeds=6)) is None
    assert overview.too_few_seeds(study(*MANY[:5], seeds=8)) is None
    assert "at most 3 of a study's claims" in overview.too_few_seeds(study(*MANY[:5], seeds=7))
    assert "this one states 5: use 8 seeds or more" in overview.too_few_seeds(study(*MANY[:5], seeds=7))
    assert "5 seeds can decide none" in overview.too_few_seeds(study(FIRST))
    assert "use 6 seeds or more" in overview.too_few_seeds(study(FIRST))
    assert "use 7 seeds or more" in overview.too_few_seeds(study(FIRST, SECOND))
    # Nothing is tested in these: they are the same at every seed.
    exact = "parameters(plain_cnn) > parameters(lenet5)"
    assert overview.too_few_seeds(study(exact, seeds=1)) is None
    assert overview.too_few_seeds(study(exact, *MANY[:5], seeds=8)) is None


def test_seeds_of_one_split_are_counted_as_before():
    def noted(*claims, seeds=5):
        on_one = study(*claims, seeds=seeds).model_copy(update={"splits": "one"})
        return overview.too_few_seeds(on_one)

    assert noted(*MANY[:6]) is None
    assert "at most 6 of a study's claims" in noted(*MANY)
    assert "this one states 7: use 6 seeds or more" in noted(*MANY)
    assert "use 4 seeds or more" in noted(FIRST, seeds=3)
    assert noted(FIRST, seeds=4) is None
