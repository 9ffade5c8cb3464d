"""What gives way, in which order, and what a study is at each rung."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from experiments.errors import UserError
from experiments.studies import ladder, reading
from experiments.studies.ladder import Ladder, Setting

RUNGS = {"image_size": [96, 64, 32], "width": [32, 16], "epochs": [20, 10, 5], "seeds": [8, 6]}
SHIPPED = reading.find("photographs")


def test_image_size_gives_way_first_then_width_epochs_and_seeds():
    found = [tuple(each) for each in Ladder(**RUNGS).settings(500)]
    assert found == [
        (96, 32, 20, 8),
        (64, 32, 20, 8),
        (64, 16, 20, 8),
        (64, 16, 10, 8),
        (64, 16, 5, 8),
        (64, 16, 5, 6),
    ]


# Below 64 pixels the stem is the small one, which costs more at 32 pixels than the paper's at 64.
def test_small_images_have_rungs_of_their_own():
    assert [each.image_size for each in Ladder(**RUNGS).settings(60)] == [32] * 5
    assert {each.image_size for each in Ladder(**RUNGS).settings(64)} == {64}


@pytest.mark.parametrize(("short_side", "largest"), [(500, 96), (96, 96), (95, 64), (63, 32), (20, 32)])
def test_no_photograph_is_enlarged_unless_the_least_rung_is_larger(short_side, largest):
    assert next(Ladder(**RUNGS).settings(short_side)).image_size == largest


falling = st.lists(st.integers(6, 500), min_size=1, max_size=6, unique=True).map(
    lambda found: sorted(found, reverse=True)
)


@given(st.fixed_dictionaries(dict.fromkeys(RUNGS, falling)), st.integers(1, 600))
def test_every_rung_is_below_the_one_before_in_one_thing(rungs, short_side):
    found = [*Ladder(**rungs).settings(short_side)]
    for above, below in itertools.pairwise(found):
        fallen = [one > other for one, other in zip(above, below, strict=True)]
        assert sum(fallen) == 1 and all(one >= other for one, other in zip(above, below, strict=True))
    assert found[-1][1:] == tuple(rungs[name][-1] for name in Setting._fields[1:])


@pytest.mark.parametrize(
    ("field", "rungs"), [("epochs", [5, 10]), ("width", [16, 16]), ("seeds", [8, 5]), ("image_size", [])]
)
def test_rungs_that_do_not_fall_or_are_too_few_are_refused(field, rungs):
    with pytest.raises(ValidationError) as error:
        Ladder(**{**RUNGS, field: rungs})
    assert error.value.errors()[0]["loc"] == (field,)


@pytest.mark.parametrize(("arms", "wrong"), [
    ({"a": [5, 2]}, "arms.a: 2 rungs; epochs has 3"),
    ({"a": [5, 2, 3]}, "must not rise"),
])  # fmt: skip
def test_epochs_of_an_arm_have_as_many_rungs_and_do_not_rise(arms, wrong):
    assert Ladder(**RUNGS, arms={"a": [5, 5, 1]}).arms["a"] == [5, 5, 1]
    with pytest.raises(ValidationError, match=wrong):
        Ladder(**RUNGS, arms=arms)


def test_rungs_of_an_arm_that_the_study_lacks_are_refused():
    document = reading.load(SHIPPED)
    rungs = {**document["ladder"], "arms": {"other": document["ladder"]["epochs"]}}
    with pytest.raises(UserError, match=r"ladder\.arms\.other: no such arm"):
        reading.parse({**document, "ladder": rungs}, SHIPPED)


# The stem of 3×3 pixels is for images below 64; what an arm states stays.
@pytest.mark.parametrize(("size", "stem"), [(32, "small"), (48, "small"), (64, "imagenet"), (96, "imagenet")])
def test_a_study_at_a_rung(size, stem):
    document = reading.load(SHIPPED)
    study = reading.parse(ladder.at(document, Setting(size, 16, 7, 10)), SHIPPED)
    assert (study.data.image_size, study.recipe.epochs, study.seeds) == (size, 7, [*range(1, 11)])
    assert study.models["resnet18"].arguments == {"width": 16, "stem": stem}
    assert study.models["plain_cnn"].arguments == {}
    assert study.models["finetuned"].arguments == {"pixels": 64}
    # An epoch of fine-tuning costs more, and it begins with learnt features: it has rungs of its own.
    assert study.recipe_of(study.models["finetuned"]).epochs == 2


# Of a file with seeds of its own these come first, then the numbers after them; none of the sweep's.
def test_seeds_are_those_of_the_file_and_the_numbers_after_them():
    document = reading.load(SHIPPED) | {"seeds": [7, 98, 99], "tune": {"learning_rate": [1, 2, 3, 4]}}
    found = ladder.at(document, Setting(32, 16, 7, 5))["seeds"]
    assert found == [7, 98, 99, 103, 104]
    assert ladder.at(document, Setting(32, 16, 7, 2))["seeds"] == [7, 98]


def test_the_sweep_is_on_few_images_and_of_arms_that_have_a_rate():
    document = reading.load(SHIPPED)
    sizes = {"train": 3000, "validation": 500, "test": 1500}
    study = reading.parse({**document, "data": {**document["data"], **sizes}}, SHIPPED)
    digests = dict.fromkeys(study.sources(), ("d", "p"))
    sweep = study.tuning_trials(digests)
    assert {(each.trial.train, each.trial.validation, each.trial.test) for each in sweep} == {(500, 500, 500)}
    assert {each.arm for each in sweep} == set(study.models) - {"pretrained_features"}
    assert len(sweep) == 4 * 4 * 3
    assert {each.trial.train for each in study.trials(digests)} == {3000}
