"""Arms as people call them, read from a study's tags."""

import json
from dataclasses import replace

import pytest

from experiments import names
from reports.plots.elements import style
from reports.store import arms
from reports.store.arms import Arm

CNN, RESNET, TWIN = (
    ["plain CNN", "plain", 0, False],
    ["ResNet-18", "residual", 0, False],
    ["plain-18", "plain", 0, True],
)


def read(**stated):
    return arms.read({names.ARMS: json.dumps(stated)})


def test_arms_are_read_by_their_names_in_the_study():
    assert read(cnn=CNN, resnet18=RESNET) == {"cnn": Arm(*CNN), "resnet18": Arm(*RESNET)}


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "3", '{"cnn": ["plain CNN"]}', '{"cnn": ["", "plain", 0, false]}']
)
def test_what_somebody_edited_is_left_out(text):
    assert arms.read({names.ARMS: text}) == {}


def test_no_store_had_them_before():
    assert arms.read({}) == {}


def test_titles_that_name_two_arms_name_none():
    assert read(one=CNN, two=CNN, three=RESNET) == {"three": Arm(*RESNET)}


@pytest.fixture
def looks(small):
    """How a record's first arms look, given what they are."""

    def of(*kinds):
        order = small.runs.sort_values("arm_order")["arm"].unique()
        runs = small.runs[small.runs["arm"].isin(order[: len(kinds)])]
        found = dict(zip(order, (Arm(*kind) for kind in kinds), strict=False))
        return style.looks(replace(small, runs=runs, arms=found))

    return of


def test_an_arm_looks_alike_wherever_it_stands(looks):
    assert looks(RESNET, CNN)(0) == looks(CNN, RESNET)(1)


def test_a_plain_twin_has_a_colour_of_plain_networks_and_another_line(looks):
    lightest, darkest = names.FAMILY_COLORS["plain"][0], names.FAMILY_COLORS["plain"][-1]
    cnn, twin = (looks(CNN, TWIN)(order) for order in (0, 1))
    assert (cnn.color, twin.color) == (lightest, darkest)
    assert cnn.line != twin.line and cnn.marker != twin.marker


def test_deeper_is_darker_and_no_two_arms_look_alike(looks):
    deep = ["ResNet-34", "residual", 1, False]
    same = ["ResNet-18, other", "residual", 0, False]
    first, second = (looks(RESNET, deep)(order) for order in (0, 1))
    assert int(first.color[1:3], 16) > int(second.color[1:3], 16)
    alike = [looks(RESNET, same)(order) for order in (0, 1)]
    assert alike[0].color != alike[1].color and alike[0].marker != alike[1].marker


def test_an_arm_keeps_its_colour_while_others_are_missing(small, looks):
    whole = looks(RESNET, ["ResNet-18, other", "residual", 0, False])
    order = small.runs.sort_values("arm_order")["arm"].unique()
    runs = small.runs[small.runs["arm"] == order[1]]
    found = {order[0]: Arm(*RESNET), order[1]: Arm("ResNet-18, other", "residual", 0, False)}
    assert style.looks(replace(small, runs=runs, arms=found))(1).color == whole(1).color


def test_where_an_arm_is_unknown_all_are_told_by_position(small):
    assert style.looks(small) is style.arm
