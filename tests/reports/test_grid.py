import pytest

from reports import grid


@pytest.mark.parametrize(
    ("setting", "assigned"),
    [
        ("", {}),
        ("data.train=250", {"data.train": "250"}),
        (
            "models.cnn-2.arguments.filters=[8, 16], recipe.optimizer=adam",
            {"models.cnn-2.arguments.filters": "[8, 16]", "recipe.optimizer": "adam"},
        ),
        (
            "recipe.flip=True, data.source=path:a, b=c, data.train=1",
            {"recipe.flip": "True", "data.source": "path:a, b=c", "data.train": "1"},
        ),
    ],
)
def test_assignments(setting, assigned):
    assert grid.assignments(setting) == assigned


def test_a_point_gathers_the_parts_of_a_full_setting():
    assert grid.points(["", "a.b=1", "a.b=1, c.d=2", "a.b=10"]) == {
        "a.b=1, c.d=2": ["", "a.b=1", "a.b=1, c.d=2"],
        "a.b=10": ["", "a.b=10"],  # not a.b=1, although its text begins alike
    }


def test_a_study_without_a_grid_has_one_point():
    assert grid.points([""]) == {"": [""]}
