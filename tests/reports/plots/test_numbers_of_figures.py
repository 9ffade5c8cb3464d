"""Every number that a figure shows is the table's: the figures of recorded studies beside their CSV files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from experiments import export, names
from reports import drawing, words
from reports.answers import claims_table
from reports.plots import (
    claims,
    convergence,
    cost_accuracy,
    crops,
    learning_curves,
    overfitting,
    representations,
    settings,
    share_reached,
    time_to_target,
)
from reports.plots.elements import style

PACKS = Path(__file__).parents[3] / "docs" / "results"
STUDIES = ("compare", "crop", "depth", "features", "train_size")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=STUDIES)
def report(request, tmp_path_factory):
    """A published study, read from its event logs."""
    place = tmp_path_factory.mktemp(request.param)
    uri = f"sqlite:///{place / 'mlflow.db'}"
    study, _ = export.unpack(PACKS / f"{request.param}.tar.xz", place / "work", uri)
    return drawing.read_fair(uri, study)


def of(report, one):
    """The rows of results.csv for one setting, by what its figures call each arm."""
    whole = report.record.runs.set_index("run_id")["label"]
    called = dict(zip(whole[one.runs["run_id"]], one.runs["label"], strict=True))
    rows = report.arms.set_index("label").loc[[*called]]
    return rows.rename(index=called)


def marks(ax):
    """The places of marks that have an interval, and their colours."""
    return [(bars.lines[0].get_xydata()[0], bars.lines[0].get_color()) for bars in ax.containers]


def same_place(found, expected):
    """Whether both lists of points, in any order, are the same."""
    one, other = (sorted(map(tuple, np.asarray(each, float).tolist())) for each in (found, expected))
    assert len(one) == len(other)
    np.testing.assert_allclose(one, other, rtol=1e-9)


def test_cost_and_accuracy_are_those_of_the_table(report):
    columns = {
        "parameters": "parameters",
        "forward_macs": "forward MACs",
        "training_seconds": "training time",
    }
    for one in report.record.by_setting():
        rows = of(report, one)
        page = cost_accuracy.figure(one)
        looks = style.looks(one)
        for ax, (column, title) in zip(page.axes, columns.items(), strict=True):
            assert ax.get_xlabel().startswith(title)
            known = rows[rows[column] > 0]
            same_place([place for place, _ in marks(ax)], known[[column, "test_accuracy"]].to_numpy())
            # Each mark is the arm's whose numbers it has.
            for (x, y), color in marks(ax):
                near = np.isclose(known[column], x) & np.isclose(known["test_accuracy"], y)
                assert any(same_color(looks(label).color, color) for label in known.index[near])


def test_overfitting_numbers_are_those_of_the_table(report):
    for one in report.record.by_setting():
        rows = of(report, one)
        page = overfitting.figure(one)
        panels = [ax for ax in page.axes if ax.texts]
        chosen = rows["gap_at_chosen_epoch"].dropna()
        written = [text.get_text() for text in panels[0].texts]
        assert sorted(written) == sorted(map(words.signed, chosen))
        if len(panels) > 1:
            level = rows["gap_at_training_level"]
            expected = [*map(words.signed, level.dropna()), *["–"] * int(level[chosen.index].isna().sum())]
            assert sorted(text.get_text() for text in panels[1].texts) == sorted(expected)


def test_the_share_reached_ends_at_what_the_table_counts(report):
    for one in report.record.by_setting():
        page = share_reached.figure(one)
        if page is None:
            continue
        rows, looks = of(report, one), style.looks(one)
        for ax in page.axes:
            column = f"reached_{float(ax.get_title(loc='left').removeprefix('to ')):g}"
            ends = [(line.get_color(), line.get_ydata()[-1]) for line in ax.lines
                    if line.get_drawstyle() == "steps-post"]  # fmt: skip
            assert len(ends) == len(rows)
            for (label, row), (color, share) in zip(rows.iterrows(), ends, strict=True):
                assert same_color(looks(label).color, color)
                assert share == pytest.approx(row[column] / row["trials"]), (label, column)


def test_medians_to_a_target_are_those_of_the_table(report):
    for one in report.record.by_setting():
        by_epoch, by_second = time_to_target.figure(one).axes
        rows = of(report, one)
        for ax, cost in ((by_epoch, "epochs"), (by_second, "seconds")):
            bars = [line for line in ax.lines if line.get_linewidth() == 8]
            drawn = [line.get_xdata()[0] for line in bars if np.isfinite(line.get_xdata()[0])]
            table = rows[[f"{cost}_to_{target:g}" for target in one.targets]].to_numpy().ravel()
            np.testing.assert_allclose(sorted(drawn), sorted(table[np.isfinite(table)]))


def test_seconds_beside_the_lines_are_those_of_the_table(report):
    compared = 0
    for one in report.record.by_setting():
        if (page := convergence.figure(one)) is None:
            continue
        rows = of(report, one)
        for text in (text.get_text() for ax in page.axes for text in ax.texts):
            label, *lines = text.split("\n")
            for line in (line for line in lines if " in " in line):
                target, seconds = line.lstrip("≤ ").split(" in ")
                expected = words.seconds(rows.loc[label, f"seconds_to_{float(target):g}"])
                assert seconds.removeprefix("at most ") == expected, (label, line)
                compared += 1
    assert compared or report.record.study in ("depth", "features")


def test_differences_drawn_are_those_of_the_claims(report):
    page = claims.figure(report.record)
    known = claims.panels(each for each in report.judged if each.stated.current)
    table = claims_table.frame(report.judged).set_index("claim")["difference"]
    for panel, ax in zip(known, page.axes, strict=True):
        low, high = ax.get_xlim()
        drawn = {float(line.get_ydata()[0]): float(line.get_xdata()[0]) for line in ax.lines
                 if line.get_markeredgewidth() == 1.6}  # fmt: skip
        expected = {place: table[each.stated.text] for place, each in enumerate(panel.claims)}
        assert drawn == pytest.approx(
            {place: each for place, each in expected.items() if low <= each <= high}
        )


@pytest.mark.parametrize("plot", [crops, learning_curves])
def test_means_by_size_stand_at_their_size_with_the_tables_numbers(report, plot):
    page = plot.figure(report.record)
    if page is None:
        pytest.skip("the study varies no such size")
    error = plot is learning_curves
    table = report.arms.assign(
        score=1 - report.arms["test_accuracy"] if error else report.arms["test_accuracy"]
    )
    sizes = {float(text.rpartition("=")[2]) for setting in table["setting"] for text in setting.split(", ")
             if text.startswith("data.train=" if error else "data.crop=") and text[-1].isdigit()}  # fmt: skip
    means = [point for ax in page.axes[::2] for bars in ax.containers for point in bars.lines[0].get_xydata()]
    gaps = [point for ax in page.axes[1::2] for bars in ax.containers for point in bars.lines[0].get_xydata()]
    assert len(means) == len(table) == len(gaps)
    np.testing.assert_allclose(sorted(y for _, y in means), sorted(table["score"]))
    np.testing.assert_allclose(sorted(y for _, y in gaps), sorted(table["gap_at_chosen_epoch"]))
    assert sizes <= {x for x, _ in means} and len({x for x, _ in means}) <= len(sizes) + 1


def test_a_matrix_has_the_tables_numbers(report):
    drawn = 0
    for one in report.record.by_setting():
        if (page := representations.figure(one)) is None:
            continue
        rows = of(report, one)
        told = {text.get_text() for ax in page.axes for text in ax.texts}
        for label, arm in one.runs.groupby("label"):
            if "classifier" in arm["arguments"].iloc[0]:
                assert any(text.startswith(f"{rows.loc[label, 'test_accuracy']:.3f}") for text in told)
                drawn += 1
    assert drawn or report.record.study != "features"


def test_settings_have_the_tables_means(report):
    page = settings.figure(report.record)
    if page is None:
        pytest.skip("the study has one setting")
    (ax,) = page.axes
    drawn = [place[0] for place, _ in marks(ax)]
    np.testing.assert_allclose(sorted(drawn), sorted(report.arms["test_accuracy"].dropna()))


def test_tables_of_csv_are_those_of_the_record(report):
    accuracy = names.metric(names.TEST, names.ACCURACY)
    means = report.record.runs.groupby(["label", "setting"])[accuracy].mean()
    pd.testing.assert_series_equal(
        report.arms.set_index(["label", "setting"])["test_accuracy"].sort_index(), means.sort_index(),
        check_names=False,
    )  # fmt: skip
