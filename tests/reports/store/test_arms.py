"""Arms as people call them, read from a study's tags."""

import json
from dataclasses import replace

import pytest

from experiments import names
from reports.plots import learning_rates, share_reached
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


def of(record, *kinds):
    """The record's first arms as what they are told to be, and what these are called."""
    order = record.runs.sort_values("arm_order")["arm"].unique()[: len(kinds)]
    found = dict(zip(order, (Arm(*kind) for kind in kinds), strict=False))
    runs = record.runs[record.runs["arm"].isin(order)]
    tuning = record.tuning[record.tuning["arm"].isin(order)]
    return replace(record, runs=runs, tuning=tuning, arms=found)


@pytest.fixture
def looks(small):
    """How a record's first arms look, given what they are."""
    return lambda *kinds: style.looks(of(small, *kinds))


def test_an_arm_looks_alike_wherever_it_stands(looks):
    assert looks(RESNET, CNN)("ResNet-18") == looks(CNN, RESNET)("ResNet-18")


def test_a_plain_twin_has_a_colour_of_plain_networks_and_another_line(looks):
    lightest, darkest = names.FAMILY_COLORS["plain"][0], names.FAMILY_COLORS["plain"][-1]
    cnn, twin = (looks(CNN, TWIN)(title) for title in ("plain CNN", "plain-18"))
    assert (cnn.color, twin.color) == (lightest, darkest)
    assert cnn.line != twin.line and cnn.marker != twin.marker


def test_deeper_is_darker_and_no_two_arms_look_alike(looks):
    deep = ["ResNet-34", "residual", 1, False]
    same = ["ResNet-18, other", "residual", 0, False]
    first, second = (looks(RESNET, deep)(title) for title in ("ResNet-18", "ResNet-34"))
    assert int(first.color[1:3], 16) > int(second.color[1:3], 16)
    alike = [looks(RESNET, same)(title) for title in ("ResNet-18", "ResNet-18, other")]
    assert alike[0].color != alike[1].color and alike[0].marker != alike[1].marker


def test_an_arm_keeps_its_colour_while_others_are_missing(small, looks):
    whole = looks(RESNET, ["ResNet-18, other", "residual", 0, False])
    order = small.runs.sort_values("arm_order")["arm"].unique()
    runs = small.runs[small.runs["arm"] == order[1]]
    found = {order[0]: Arm(*RESNET), order[1]: Arm("ResNet-18, other", "residual", 0, False)}
    assert (
        style.looks(replace(small, runs=runs, arms=found))("ResNet-18, other").color
        == whole("ResNet-18, other").color
    )


def test_where_no_arm_is_known_all_are_told_by_position(small):
    found = style.looks(small)
    assert [found(arm) for arm in ("cnn", "residual", "features")] == [style.arm(place) for place in range(3)]


def test_an_arm_that_the_store_does_not_know_is_of_no_family(small):
    known = replace(small, arms={"cnn": Arm(*CNN), "residual": Arm(*RESNET)})
    found = style.looks(known)
    assert found("cnn").color == names.FAMILY_COLORS["plain"][0]
    assert found("features").color == names.FAMILY_COLORS["other"][0]
    assert found("nobody").color == style.MUTED


# The sweep of an arm comes before its results: `learning_rates` draws it, and no other arm changes its look.
@pytest.mark.parametrize("known", [{}, {"cnn": Arm(*CNN), "residual": Arm(*RESNET), "features": Arm(*TWIN)}])
def test_an_arm_that_was_tuned_alone_has_its_look(small, known):
    whole = replace(small, arms=known)
    tuned = replace(whole, runs=small.runs[small.runs["arm"] != "cnn"])
    assert [style.looks(tuned)(arm) for arm in ("cnn", "residual", "features")] == [
        style.looks(whole)(arm) for arm in ("cnn", "residual", "features")
    ]
    page = learning_rates.figure(tuned)
    assert page.axes[0].lines[0].get_color() == style.looks(whole)("cnn").color


# Arms that came with two versions of a study file, each the first there.
def test_two_arms_at_one_position_are_two_arms(small):
    runs, epochs, tuning = (each.assign(arm_order=0) for each in (small.runs, small.epochs, small.tuning))
    same = replace(small, runs=runs, epochs=epochs, tuning=tuning)
    found = style.looks(same)
    assert len({found(arm) for arm in ("cnn", "residual", "features")}) == 3
    assert [arm for arm, _ in arms.by_arm(same.runs)] == ["cnn", "residual", "features"]
    steps = [ln for ln in share_reached.figure(same).axes[0].lines if ln.get_drawstyle() == "steps-post"]
    assert len({line.get_color() for line in steps}) == 3


def test_arms_stand_in_study_order_whatever_trial_was_first(small):
    turned = small.runs.iloc[::-1]
    assert [arm for arm, _ in arms.by_arm(turned)] == ["cnn", "residual", "features"]


# Arms that are scored once have no line: 20 of one family and rank are told by 14 markers, then lines.
def test_arms_of_one_kind_differ_without_their_lines(small):
    kinds = {f"code {place}": Arm(f"code {place}", "autoencoder", 0, False) for place in range(20)}
    found = style.looks(replace(small, arms=kinds))
    marks = [(found(arm).color, found(arm).marker) for arm in kinds]
    assert len({*marks[:14]}) == 14
    assert len({found(arm) for arm in kinds}) == 20
