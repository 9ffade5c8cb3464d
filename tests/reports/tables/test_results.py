"""The table of the small study, against a recorded one.

To record it again: REGENERATE=1 python -m pytest tests/reports/tables/test_results.py
"""

import json
import math
import os
from dataclasses import replace

import pandas as pd
import pytest

from experiments import names
from experiments.location import ROOT
from reports import words
from reports.store import fairness, record
from reports.store.record import read_record
from reports.tables import markdown, remarks, results, summary
from reports.tables.report import Report

ACCURACY = names.metric(names.TEST, names.ACCURACY)
GOLDEN = ROOT / "tests" / "reports" / "results_small.md"


def test_markdown_is_the_recorded_one(ready):
    record = read_record(ready.uri, "small")
    text = results.text(Report(record, fairness.check(record.runs)))
    if os.environ.get("REGENERATE"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_summary_of_an_arm_one_can_check_in_the_head(ready):
    rows = summary.by_arm(record.read_record(ready.uri, "small")).set_index("label")
    residual = rows.loc["residual"]
    assert (residual["trials"], residual["diverged"], residual["tested"]) == (3, 1, 3)
    assert residual["test_accuracy"] == pytest.approx((0.8 + 0.9 + 0.6) / 3)
    # 0.8 + 0.2, 0.9 + 0.1 (full) and 0.6 + 0.2, less validation
    assert residual["gap_at_chosen_epoch"] == pytest.approx((0.2 + 0.1 + 0.2) / 3)
    assert (residual["reached_0.75"], residual["epochs_to_0.75"], residual["seconds_to_0.75"]) == (2, 3, 120)
    # Every trial of the arms with a curve trains to 0.7: cnn, seed 0, no further; residual at epoch 1.
    assert residual["training_level"] == 0.7
    assert residual["gap_at_training_level"] == pytest.approx(0.2)
    assert rows.loc["cnn", "gap_at_training_level"] == pytest.approx(0.1)
    assert math.isnan(rows.loc["features", "gap_at_training_level"])
    # Trained to 0.9 at each seed, tested at 0.6, 0.7, 0.8.
    assert rows.loc["features", "gap_at_test"] == pytest.approx(0.9 - 0.7)
    assert (residual["gap_at_test"], residual["gap_at_test_trials"]) == (pytest.approx(0.5 / 3), 3)
    assert residual["training_macs_to_0.75"] == 3 * 340e6 * 300
    assert residual["training_seconds"] == pytest.approx((120 + 120 + 80) / 3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (11_173_962, "11.2 M"),
        (340e6, "0.34 G"),
        (272_474, "0.272 M"),
        (64, "64"),
        (650, "0.65 k"),
        (3_864e9, "3,864 G"),
        (float("nan"), "–"),
    ],
)
def test_scaled(value, text):
    assert words.scaled(value) == text


def test_three_targets_are_shown():
    assert results.shown((0.5, 0.6, 0.7, 0.8, 0.9)) == [0.5, 0.7, 0.9]
    assert results.shown((0.5, 0.6)) == [0.5, 0.6]


# At the chosen targets 0.5 and 0.75: two of three residual trials reach 0.75, and of the others one.
def test_the_columns_stand_in_three_tables_each_once(ready):
    record = read_record(ready.uri, "small")
    report = Report(record)
    found = results.tables(report)
    assert found["Answer"][0] == ["Arm", "Trials", "Test accuracy", "Gap to test", "To 0.75"]
    assert found["Overfitting"][0] == ["Arm", "Gap, chosen epoch", "Gap at train 0.70"]
    assert found["Cost"][0] == ["Arm", "Parameters", "Forward MACs", "Training", "To 0.50"]
    assert sorted(title for table in found.values() for title in table[0][1:]) == sorted(
        results.header(record)[1:]
    )
    assert found["Cost"][2] == ["residual", "11.2 M", "0.34 G", "107 s", "1 epoch, 40 s (2/3)"]
    assert all(markdown.fits(table) for table in found.values())


@pytest.mark.parametrize(
    ("reached", "told"),
    [
        ({"reached_0.5": [5, 5], "reached_0.75": [2, 3]}, 0.75),
        ({"reached_0.5": [0, 3], "reached_0.75": [2, 2]}, 0.5),
        ({"reached_0.5": [1, 2], "reached_0.75": [0, 0]}, 0.5),  # none: the study's first
    ],
)
def test_the_target_of_the_answer_is_one_that_half_the_trials_of_an_arm_reached(reached, told):
    arms = pd.DataFrame({"trials": [5, 5], **reached})
    assert results.told_target(arms, [0.5, 0.75]) == told
    assert results.told_target(arms, []) is None


def test_arm_names_are_plain_text_in_markdown(ready):
    record = read_record(ready.uri, "grid")
    text = results.text(Report(record))
    row = next(line for line in text.splitlines() if "hidden" not in line and "a_b" in line)
    assert row.startswith(r"| $a_b$ \| c · train=250 ")


def test_without_a_curve_there_is_no_column_of_gaps_at_equal_training_accuracy(ready):
    record = read_record(ready.uri, "small")
    features = [frame[frame["arm"] == "features"] for frame in (record.runs, record.epochs)]
    alone = replace(record, runs=features[0], epochs=features[1], training_level=math.nan)
    text = results.text(Report(alone))
    assert "Gap, chosen epoch" in text
    assert "train 0." not in text and "equal train" not in text


def test_without_a_common_training_level_the_column_is_empty(ready):
    record = replace(read_record(ready.uri, "small"), training_level=math.nan)
    text = results.text(Report(record))
    column = results.header(record).index("Gap at equal train accuracy")
    assert [row[column] for row in results.rows(Report(record))] == ["–"] * 3
    assert "- Note: no common training accuracy of at least 0.5 was reached" in text
    assert "At train" not in text


def test_a_value_that_all_seeds_share_is_not_shown_as_certain(ready):
    record = read_record(ready.uri, "small")
    cnn = record.runs["arm"] == "cnn"
    alike = record.runs.assign(**{ACCURACY: record.runs[ACCURACY].mask(cnn, 0.1)})  # 0.1 has round-off
    alike.loc[[3, 4, 5], ACCURACY] = [0.2, 0.2, math.nan]
    record = replace(record, runs=alike)
    cells = [row[2] for row in results.rows(Report(record))]
    assert cells == ["0.100 (same at every seed)", "0.200 (same at every seed, of 2)", "0.700 ± 0.248"]
    assert results.SAME in results.text(Report(record))


def test_a_single_trial_is_no_repetition(ready):
    record = read_record(ready.uri, "grid")
    text = results.text(Report(record))
    assert "| 0.600 |" in text.replace("  ", "")
    assert "same at every seed" not in text.lower()


# Of 0.5 and 0.6 Student's interval is ±0.635: it says nothing, and looks as if it did.
def test_two_trials_are_told_without_an_interval(ready):
    record = read_record(ready.uri, "small")
    two = record.runs[record.runs["seed"] != record.runs["seed"].max()].assign(
        **{ACCURACY: lambda runs: runs["seed"].map({0: 0.5, 1: 0.6})}
    )
    record = replace(record, runs=two, epochs=record.epochs[record.epochs["run_id"].isin(two["run_id"])])
    numbers = summary.by_arm(record)
    assert numbers["test_accuracy_half_width"].iloc[0] == pytest.approx(0.635, abs=0.001)
    rows = results.rows(Report(record))
    assert [row[2] for row in rows] == ["0.550"] * len(numbers)
    assert not any("±" in row[3] for row in rows)
    assert results.FEW in results.explanation(Report(record))


def test_what_was_left_out_of_the_data_is_told_once(ready):
    record = read_record(ready.uri, "small")
    notices = ("2 files cannot be used and are left out", "no image file lies in notes/")
    record = replace(record, notices=notices)
    text = results.text(Report(record))
    for notice in notices:
        assert text.count(f"- Note: data: {notice}") == 1


def test_splits_that_are_smaller_than_asked_for_are_told(ready):
    record = read_record(ready.uri, "small")
    assert not any("than the study asks for" in line for line in remarks.lines(record))
    record = replace(record, options={"sizes": "1,000 train, 500 validation, 1,000 test"})
    told = "data: fewer images than the study asks for (1,000 train, 500 validation, 1,000 test)"
    assert [line[: len(told)] for line in remarks.lines(record)].count(told) == 1


# 80 steps of 32: ten times over 256 images, once over 2,560.
def test_an_epoch_that_is_no_pass_over_the_images_is_told(ready):
    record = read_record(ready.uri, "small")
    recipe = json.dumps({"steps": "80", "batch_size": "32"})
    sizes = [256, 2560] * (len(record.runs) // 2) + [256] * (len(record.runs) % 2)
    record = replace(record, runs=record.runs.assign(recipe=recipe, train_size=sizes))
    told = "an epoch is 80 steps, 2,560 images: passes 10 over 256 and 1 over 2,560 training images"
    assert told in remarks.lines(record)


def test_what_an_arm_without_a_curve_took_is_a_bound(ready):
    record = read_record(ready.uri, "small")
    cells = {row[0]: row for row in results.rows(Report(record))}
    assert cells["features"][6] == "≤ 3 epochs, ≤ 30 s (3/3)"
    assert "≤" not in " ".join(cells["cnn"] + cells["residual"])


@pytest.mark.parametrize(
    ("gap", "half_width", "text"),
    [(-0.0081, 0.0123, "−0.008 ± 0.012"), (0.1, 0.0, "+0.100"), (-0.0001, math.nan, "+0.000")],
)
def test_a_negative_gap_has_the_true_minus(gap, half_width, text):
    row = {"gap_at_last_epoch": gap, "gap_at_last_epoch_half_width": half_width,
           "gap_at_last_epoch_trials": 5, "trials": 5}  # fmt: skip
    assert results._gap(row, "last_epoch") == text


def test_a_cell_knows_the_number_that_it_stands_for(ready):
    record = read_record(ready.uri, "small")
    report = Report(record)
    header = results.header(record)
    cells = {row[0]: dict(zip(header, row, strict=True)) for row in results.rows(report)}
    residual = cells["residual"]
    assert (residual["Forward MACs"], residual["Forward MACs"].number) == ("0.34 G", 340e6)
    assert (residual["To 0.75"].number, residual["Trials"].number) == (3, 3)
    assert math.isnan(cells["cnn"]["To 0.75"].number)  # not reached


def test_a_run_group_stands_once_in_the_table(ready):
    rows = summary.by_arm(record.read_record(ready.uri, "width"))
    assert list(rows["label"]) == [
        f"{arm} · train={train}{width}"
        for train in (250, 1000)
        for arm, width in (
            ("cnn", ""),
            ("residual", ", width=4"),
            ("residual", ", width=8"),
        )
    ]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "· commit 0234b82 · results"),
        ({"dirty": "true"}, "· commit 0234b82 with local changes · results"),
        ({"commit": ["0234b82a"] * 8 + ["ef50e83b"]}, "· 2 commits · results"),
        ({"commit": ""}, "one CPU · results"),
    ],
)
def test_the_code_that_trained_is_named(ready, changed, told):
    record = read_record(ready.uri, "small")
    record = replace(record, runs=record.runs.assign(**changed))
    assert told in results.text(Report(record))


# Of a store from before runs told it, or of a pack of then, the version is 1.
@pytest.mark.parametrize(
    ("version", "told"),
    [
        (str(names.RESULTS_VERSION), f"· results version {names.RESULTS_VERSION} · last"),
        ("", f"· results version 1 (now {names.RESULTS_VERSION}: `make compare` would train anew) · last"),
    ],
)
def test_what_the_numbers_were_computed_by_is_named(ready, version, told):
    record = read_record(ready.uri, "small")
    record = replace(record, runs=record.runs.assign(results_version=version))
    assert told in results.text(Report(record))
