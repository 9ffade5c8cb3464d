"""What differs between arms, and what is the same."""

import json
from dataclasses import replace

import pandas as pd

from experiments import names
from reports.tables import differences


def frame(*rows):
    """runs of: arm, setting, recipe; arms in order of appearance."""
    runs = pd.DataFrame(rows, columns=["arm", "setting", "recipe"])
    runs["arm_order"] = pd.factorize(runs["arm"])[0]
    runs["title"], runs["kind"] = runs["arm"], "network"
    return runs.assign(recipe=runs["recipe"].map(json.dumps))


SGD = {"learning_rate": "0.05", "optimizer": "sgd"}
ADAM = {"learning_rate": "0.003", "optimizer": "adam"}


def test_an_arm_that_departs_is_told_with_both_values():
    runs = frame(("cnn", "", SGD), ("features", "", ADAM), ("features", "", ADAM), ("residual", "", SGD))
    assert differences.departures(runs) == [
        "features trains by another recipe: learning_rate 0.003 (others 0.05), optimizer adam (others sgd)"
    ]


# Nothing of it is trained at a rate, for epochs or with augmentation.
def test_a_frozen_encoder_has_no_recipe_to_depart_with():
    runs = frame(("cnn", "", SGD), ("residual", "", SGD), ("features", "", ADAM))
    frozen = runs.assign(kind=["network", "network", names.FROZEN])
    assert differences.departures(frozen) == []
    assert len(differences.departures(runs)) == 1


def test_equal_recipes_and_a_single_arm_need_no_line():
    assert differences.departures(frame(("cnn", "", SGD), ("residual", "", SGD))) == []
    assert differences.departures(frame(("cnn", "", SGD))) == []


def test_of_two_equally_common_values_the_first_arms_is_the_usual_one():
    runs = frame(("cnn", "", SGD), ("a", "", SGD | {"epochs": "9"}), ("b", "", SGD | {"epochs": "5"}))
    assert differences.departures(runs) == [
        "a trains by another recipe: epochs 9 (others not recorded / 5)",
        "b trains by another recipe: epochs 5 (others not recorded / 9)",
    ]


def test_what_the_grid_varies_is_no_departure():
    runs = frame(
        ("cnn", "recipe.learning_rate=0.05", SGD),
        ("cnn", "recipe.learning_rate=0.1", SGD | {"learning_rate": "0.1"}),
        ("residual", "recipe.learning_rate=0.05", SGD),
        ("features", "", ADAM),
    )
    assert differences.departures(runs) == [
        "features trains by another recipe: learning_rate 0.003 (others varied), optimizer adam (others sgd)"
    ]


def test_a_tuned_learning_rate_is_no_departure():
    runs = frame(("cnn", "", SGD), ("other", "", SGD | {"learning_rate": "0.1"}), ("features", "", ADAM))
    assert differences.departures(runs, tuned={"cnn", "other", "features"}) == [
        "features trains by another recipe: optimizer adam (others sgd)"
    ]


def test_a_field_varied_for_one_arm_is_told_by_its_setting_already():
    runs = frame(
        ("cnn", "", SGD),
        ("other", "", SGD),
        ("residual", "models.residual.recipe.learning_rate=0.1", SGD | {"learning_rate": "0.1"}),
    )
    assert differences.departures(runs) == []


def test_fields_in_which_arms_differ_are_a_table(small):
    header, rows = differences.table(small)
    cells = {row[0]: row[1:] for row in rows}
    assert header == ["Field", "cnn", "residual", "features"]
    assert cells["recipe.optimizer"] == ["sgd", "sgd", "adam"]
    assert [len(row) for row in rows] == [4] * len(rows)
    assert not {name for name, _ in differences.alike(small)} & set(cells)


def test_what_all_arms_share_is_listed_with_its_value(small):
    alike = dict(differences.alike(small))
    assert alike["seeds"] == "0, 1, 2"
    assert "recipe.optimizer" not in alike


def test_many_arms_are_rows(small):
    arms = [f"arm{number}" for number in range(9)]
    runs = small.runs.assign(arm=arms, title=arms, arm_order=range(9), model=arms)
    header, rows = differences.table(replace(small, runs=runs))
    assert header[0] == "Arm"
    assert [row[0] for row in rows] == arms
