"""What people call the arms of a study."""

import pytest

from experiments.errors import UserError
from experiments.studies import arms, reading
from tests.support.small_study import SMALL


def called(**models):
    study = reading.parse({**SMALL, "models": models, "claims": []}, "small")
    return {name: arm.title for name, arm in arms.described(study.models).items()}


def test_a_network_has_its_name_of_the_catalog_and_an_arm_its_own():
    assert called(plain_cnn=None, resnet18=None, my_net={"model": "lenet5"}) == {
        "plain_cnn": "plain CNN",
        "resnet18": "ResNet-18",
        "my_net": "my net",
    }


def test_the_study_says_otherwise():
    assert called(plain_cnn={"title": "our CNN"}) == {"plain_cnn": "our CNN"}


# A name of the catalog that stands for another network would mislead.
def test_a_name_of_another_network_is_not_translated():
    assert called(resnet18={"model": "resnet34"}) == {"resnet18": "resnet18"}


def test_arms_that_would_be_called_alike_keep_their_names():
    alike = {"model": "plain_cnn", "title": "CNN"}
    assert called(one=alike, two=alike, lenet5=None) == {"one": "one", "two": "two", "lenet5": "LeNet-5"}


def test_a_residual_network_without_shortcuts_is_a_plain_twin():
    study = reading.parse(
        {
            **SMALL,
            "models": {"resnet34": None, "plain34": {"model": "resnet34", "arguments": {"shortcuts": False}}},
        }
        | {"claims": []},
        "small",
    )
    found = arms.described(study.models)
    assert found["resnet34"][1:] == ("residual", 1, False) and found["plain34"][1:] == ("plain", 1, True)


@pytest.mark.parametrize("title", ["", " CNN", "a\nb", "x" * 41, 3])
def test_a_title_that_cannot_be_drawn_is_refused(title):
    with pytest.raises(UserError, match=r"models\.plain_cnn\.title"):
        called(plain_cnn={"title": title})


def test_a_title_changes_no_trial():
    from tests.support.small_study import DIGESTS

    plain, titled = (
        reading.parse({**SMALL, "models": {"plain_cnn": arm}, "claims": []}, "small").trials(DIGESTS)
        for arm in (None, {"title": "our CNN"})
    )
    assert [each.trial.id for each in plain] == [each.trial.id for each in titled]
