from reports.store import record


def test_a_point_gathers_the_parts_of_a_full_setting():
    assert record.grid_points(["", "a.b=1", "a.b=1, c.d=2", "a.b=10"]) == {
        "a.b=1, c.d=2": ["", "a.b=1", "a.b=1, c.d=2"],
        "a.b=10": ["", "a.b=10"],  # not a.b=1, although its text begins alike
    }


def test_a_study_without_a_grid_has_one_point():
    assert record.grid_points([""]) == {"": [""]}
