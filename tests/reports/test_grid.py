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


def test_fields_are_read_by_their_last_names():
    assert (
        grid.readable("data.train=250, models.cnn.arguments.filters=[8, 16]") == "train=250, filters=[8, 16]"
    )
    assert grid.readable("") == ""


def test_as_much_of_the_path_stays_as_tells_two_fields_apart():
    both = "models.a.arguments.width=4, models.b.arguments.width=8"
    assert grid.readable(both) == "a.arguments.width=4, b.arguments.width=8"
    assert grid.readable("models.a.arguments.width=4", among=[both]) == "a.arguments.width=4"
    rates = "recipe.learning_rate=1, models.a.recipe.learning_rate=2"
    assert grid.readable(rates) == "recipe.learning_rate=1, a.recipe.learning_rate=2"


def test_a_study_without_a_grid_has_one_point():
    assert grid.points([""]) == {"": [""]}
