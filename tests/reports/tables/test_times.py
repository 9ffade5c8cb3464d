"""Times to targets in the small study, which can be told in the head."""

import math

import pytest

from reports.plots import share_reached
from reports.tables import times


@pytest.fixture(scope="module")
def by(small):
    return times.frame(small).set_index(["label", "target", "cost"])


def test_medians_where_half_get_there(by):
    cnn = by.loc[("cnn", 0.5, "epochs")]  # at epochs 2, 2, 3
    assert (cnn["trials"], cnn["reached"], cnn["median"]) == (3, 3, 2)
    assert by.loc[("cnn", 0.5, "seconds"), "median"] == 20
    assert by.loc[("cnn", 0.5, "images"), "median"] == 200
    assert by.loc[("cnn", 0.5, "MACs"), "median"] == 3 * 50_000 * 200


def test_a_median_that_is_not_reached_leaves_a_restricted_mean(by):
    cnn = by.loc[("cnn", 0.75, "epochs")]  # never, never, at 3, of a budget of 3
    assert cnn["reached"] == 1 and math.isnan(cnn["median"])
    assert cnn["restricted_mean"] == pytest.approx(3)
    assert math.isnan(cnn["low"])  # three seeds have no interval


def test_a_diverged_trial_stays_to_the_end_of_the_budget(by):
    residual = by.loc[("residual", 0.75, "epochs")]  # at 2, at 3, diverged after 2: 3
    assert residual["reached"] == 2
    assert residual["restricted_mean"] == pytest.approx((2 + 3 + 3) / 3)


def test_restricted_means_are_over_one_budget_for_all_arms(by):
    assert by.xs((0.75, "seconds"), level=("target", "cost"))["budget"].nunique() == 1
    assert by.loc[("cnn", 0.75, "seconds"), "budget"] == 30  # of the cnn, whose two trials never got there


def test_the_table_is_written_for_people(small):
    header, rows = times.table(times.frame(small))
    assert header[:4] == ["Arm", "Target", "Reached", "Epochs"]
    cnn = next(row for row in rows if row[:2] == ["cnn", "0.75"])
    assert cnn[2:5] == ["1 of 3", "not reached", "3.0"]
    assert all(len(row) == len(header) for row in rows)


def test_held_targets_stand_beside_first_crossings(small):
    found = times.frame(small).set_index(["label", "target", "cost"])
    cnn, residual = (found.loc[(label, 0.5, "epochs")] for label in ("cnn", "residual"))
    assert (cnn["reached"], cnn["held"], cnn["held_median"]) == (3, 2, 2)  # the third reaches it at its end
    assert (residual["held"], residual["held_median"]) == (2, 1)
    assert found.loc[("cnn", 0.5, "seconds"), "held_median"] == 20
    features = found.loc[("features", 0.5, "epochs")]  # scored once, at its end, where it stays
    assert (features["held"], features["held_median"]) == (3, 3)
    header, rows = times.table(times.frame(small), {"features"})
    at = header.index("Held")
    told = {(row[0], row[1]): row[at : at + 2] for row in rows}
    assert header[at + 1] == "Epochs, held"
    assert told["cnn", "0.50"] == ["2 of 3", "2"]
    assert told["cnn", "0.75"] == ["0 of 3", "not held"]
    assert told["features", "0.50"] == ["3 of 3", "≤ 3"]


def test_no_targets_no_figure_and_no_rows(ready):
    from reports.store.record import read_record

    record = read_record(ready.uri, "grid")
    assert share_reached.figure(record) is None
    assert times.frame(record).empty and times.table(times.frame(record))[1] == []


def test_the_curve_steps_up_where_trials_get_there(small):
    page = share_reached.figure(small)
    steps = [line.get_ydata() for line in page.axes[0].lines if line.get_drawstyle() == "steps-post"]
    assert steps[0] == pytest.approx([0, 2 / 3, 1, 1])  # the cnn: two at 2, one at 3
    page.canvas.draw()
    assert all(ax.get_window_extent().width > 100 for ax in page.axes)  # an empty mark once collapsed them


def test_the_band_begins_with_the_axis(small):
    ax = share_reached.figure(small).axes[0]
    # Three trials each, none there at 0: 1 − (α / 2)^(1 / 3), drawn up to the first that is.
    for band in ax.collections:
        x, y = band.get_paths()[0].vertices.T
        assert y[x == 0].max() == pytest.approx(1 - 0.025 ** (1 / 3))


def test_each_curve_ends_at_what_the_table_says(small):
    page = share_reached.figure(small)
    table = times.frame(small, ["epochs", "seconds"]).set_index(["target", "cost", "label"])
    panels = [(target, cost) for cost in ("epochs", "seconds") for target in small.targets]
    for ax, (target, cost) in zip(page.axes, panels, strict=True):
        rows = table.loc[(target, cost)]
        steps = [line.get_ydata()[-1] for line in ax.lines if line.get_drawstyle() == "steps-post"]
        assert steps == pytest.approx(list(rows["reached"] / rows["trials"]))
