"""Residual networks beside their plain twins."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from reports.plots import convergence, training_error
from reports.plots.elements import twins
from reports.store.arms import Arm

# Of the small study's three arms two stay, as many times as pairs are asked for.
MODELS = ("resnet18", "resnet34")


@pytest.fixture
def pairs(depth):
    """The depth study with two residual networks and their twins in place of its arms."""
    runs, epochs, order = [], [], 0
    for model in MODELS:
        for plain, source in ((False, "residual"), (True, "cnn")):
            arm = f"{'plain' if plain else 'res'}{model[6:]}"
            arguments = {"width": "8"} | ({"shortcuts": "False"} if plain else {"shortcuts": "True"})
            changed = {"arm": arm, "title": arm, "label": arm, "arm_order": order}
            rows = depth.runs[depth.runs["arm"] == source]
            ids = {run: f"{run}{order}" for run in rows["run_id"]}
            runs.append(
                rows.assign(
                    **changed, model=model, arguments=json.dumps(arguments), run_id=rows["run_id"].map(ids)
                )
            )
            logged = depth.epochs[depth.epochs["arm"] == source]
            epochs.append(logged.assign(**changed, run_id=logged["run_id"].map(ids)))
            order += 1
    arms = {"resnet18": Arm("ResNet-18", "residual", 0, False)}
    runs, epochs = (pd.concat(each, ignore_index=True) for each in (runs, epochs))
    return replace(depth, runs=runs, epochs=epochs, arms=arms)


def test_pairs_differ_in_their_shortcuts_alone(pairs):
    assert [(each.residual, each.plain) for each in twins.pairs(pairs)] == [
        ("res18", "plain18"),
        ("res34", "plain34"),
    ]
    assert [each.column for each in twins.pairs(pairs)] == ["ResNet-18", "resnet34"]
    assert {each.row for each in twins.pairs(pairs)} == {""}


def test_an_arm_without_a_twin_leaves_none(pairs, small):
    assert twins.pairs(small) == []
    assert twins.pairs(replace(pairs, runs=pairs.runs[pairs.runs["arm"] != "plain34"])) == []


def test_what_else_differs_is_a_row(pairs):
    without = {"width": "8", "batch_norm": "False"}
    runs = pairs.runs.assign(
        model="resnet18",
        arguments=[
            json.dumps({**(without if "34" in arm else {"width": "8", "batch_norm": "True"})}
                       | {"shortcuts": str("plain" not in arm)})
            for arm in pairs.runs["arm"]
        ],
    )  # fmt: skip
    found = twins.pairs(replace(pairs, runs=runs))
    assert [each.row for each in found] == ["with batch norm", "without batch norm"]


@pytest.mark.parametrize("figure", [convergence.figure, training_error.figure])
def test_a_panel_a_pair_has_two_lines_of_two_colours(figure, pairs):
    page = figure(pairs)
    assert [ax.get_title(loc="left") for ax in page.axes] == ["ResNet-18", "resnet34"]
    for ax in page.axes:
        colors = [line.get_color() for line in ax.lines if len(line.get_xdata()) > 2]
        assert {*colors} == {twins.look(plain=False).color, twins.look(plain=True).color}


# Of the arms that the residual networks stand in for, one of three trials diverged.
@pytest.mark.parametrize("figure", [convergence.figure, training_error.figure])
def test_a_panel_says_which_of_its_trials_diverged(figure, pairs):
    for ax in figure(pairs).axes:
        assert "with shortcuts: 1 of 3 diverged" in [text.get_text() for text in ax.texts]
    trained = replace(
        pairs, runs=pairs.runs.assign(diverged=False), epochs=pairs.epochs.assign(diverged=False)
    )
    for ax in figure(trained).axes:
        assert not any("diverged" in text.get_text() for text in ax.texts)


# Arms of two versions of the study file, each the first there.
def test_arms_at_one_position_are_pairs_all_the_same(pairs):
    assert twins.pairs(replace(pairs, runs=pairs.runs.assign(arm_order=0))) == twins.pairs(pairs)
