"""What people call the arms of a study."""

import pytest

from experiments import names
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


def colors(**models):
    return arms.colors(reading.parse({**SMALL, "models": models, "claims": []}, "small").models)


def test_an_arm_has_the_colour_of_its_family_and_rank_whatever_else_the_study_has():
    found = colors(resnet50=None, plain_cnn=None, resnet18=None)
    residual, plain = names.FAMILY_COLORS["residual"], names.FAMILY_COLORS["plain"]
    assert found == {"resnet50": residual[2], "plain_cnn": plain[0], "resnet18": residual[0]}
    assert [*found] == ["resnet50", "plain_cnn", "resnet18"]


def test_arms_of_one_kind_go_from_light_to_dark_by_rank_and_order():
    narrow = {"model": "resnet18", "arguments": {"width": 8}}
    found = colors(resnet34=None, resnet18=None, narrow=narrow, plain_cnn=None)
    shades = names.FAMILY_COLORS["residual"]
    # Half way from the second of four shades, 0A5C95, to the third, 063C63.
    assert found == {
        "resnet18": shades[0],
        "narrow": "#084C7C",
        "resnet34": shades[3],
        "plain_cnn": names.FAMILY_COLORS["plain"][0],
    }


@pytest.mark.parametrize("model", ["resnet152", "googlenet", "plain_cnn", "lenet5", "finetuned", "pca"])
def test_no_two_arms_have_one_colour(model):
    found = colors(**{f"arm{index}": {"model": model} for index in range(20)})
    assert len({*found.values()}) == 20


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
