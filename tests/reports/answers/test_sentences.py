"""Sentences about claims and figures, of studies that can be told in the head."""

import math
from dataclasses import replace

import pytest

from reports.answers import judge, sentences
from reports.drawing import FIGURES
from reports.numbers import power
from reports.store import record
from reports.tables import summary
from tests.support.synthetic import Store, claimed_study


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    writer = Store(tmp_path_factory.mktemp("claimed") / "mlflow.db")
    claimed_study(writer)
    return judge.judge(record.read_record(writer.uri, "claimed"))


def test_the_answer_names_what_holds_what_does_not_and_what_is_open(judged):
    # gap: equal in both arms; parameters: 3000 against 2000, counted
    found = [
        (title, [each.stated.text for each in members]) for _, title, members, _ in sentences.groups(judged)
    ]
    assert found == [
        (
            "Supported (2 of 5 claims)",
            ["residual has higher test accuracy than cnn", "residual reaches 0.75 in fewer epochs than cnn"],
        ),
        (
            "Refuted (2 of 5 claims)",
            ["residual has lower test accuracy than cnn", "residual has lower parameters than cnn"],
        ),
        ("Not enough evidence (1 of 5 claims)", ["gap(residual) > gap(cnn)"]),
    ]
    assert sentences.groups([]) == []


# Whatever their numbers: nobody said so before seeing them.
def test_claims_of_after_the_data_stand_last_and_are_called_so(judged):
    late = [replace(each, stated=replace(each.stated, after_data=True)) for each in judged]
    found = sentences.groups([*late, *judged])
    assert [each.late for each in found] == [False] * 3 + [True] * 3
    assert all(each.title.startswith(sentences.AFTERWARDS) == each.late for each in found)


def test_a_claim_that_was_taken_back_is_no_claim_of_the_study(judged):
    gone = replace(judged[0], verdict="withdrawn", stated=replace(judged[0].stated, current=False))
    titles = [each.title for each in sentences.groups([gone, *judged[1:]])]
    assert titles == [
        "Supported (1 of 4 claims)", "Refuted (2 of 4 claims)", "Not enough evidence (1 of 4 claims)",
        "Withdrawn (1)",
    ]  # fmt: skip


def test_a_verdict_says_how_sure_it_is_and_where_it_holds(judged):
    told = sentences.explain(judged[0], 4)
    assert told.startswith(
        "Means: residual 0.802, cnn 0.702; difference +0.100, 95 % interval +0.098 … +0.102, p "
    )
    assert "(adjusted for 4 claims: 0.0" in told and "this split" in told


def test_an_open_claim_says_what_would_decide_it(judged):
    open_claim = replace(judged[3], effect=0.01, low=-0.01, high=0.03, p=0.4)
    assert "splits: each" in sentences.explain(open_claim, 1)
    paired = replace(open_claim, own_splits=True, seeds=power.Range(12, 30))
    assert "12 to 30 seeds with splits of their own would show it" in sentences.explain(paired, 1)
    # no fewer than there are, or the sentence would contradict itself
    assert power.Range(4, 5).above(5) == (6, 6) and power.Range(4, None).above(5) == (6, None)
    assert "200 splits would not do" in sentences.explain(replace(paired, seeds=None), 1)
    # residual > cnn was claimed
    assert "would refute it" in sentences.explain(replace(paired, effect=-0.01), 1)
    assert "One seed has no spread" in sentences.explain(replace(paired, left=1, seeds=None), 1)


def test_a_counted_claim_has_no_interval(judged):
    assert sentences.explain(judged[4], 4) == (
        "Means: residual 3,000, cnn 2,000; difference +1,000, counted, the same at every seed."
    )


def test_a_claim_of_which_nothing_is_measured(judged):
    nothing = replace(judged[0], left=0, right=0, effect=math.nan, note="nothing measured yet of cnn")
    assert sentences.explain(nothing, 4) == "Nothing to judge yet: nothing measured yet of cnn."


def test_a_target_that_nobody_reaches_is_said(judged):
    nobody = replace(judged[2], effect=0.0, note="no trial of residual or cnn reached 0.90")
    assert sentences.explain(nobody, 4).startswith("No trial of residual or cnn reached 0.90")


def test_captions_of_the_small_study(small):
    summary.by_arm(small)
    assert FIGURES["convergence"].finding(small) == (
        "To validation accuracy 0.75, the highest target that the median trial of any arm reaches (medians): "
        "cnn not reached; residual 3 epochs, 120 s; features not reached."
    )
    assert "smallest for cnn (+0.100) and largest for features (+0.200)" in FIGURES["overfitting"].finding(
        small
    )
    assert FIGURES["time_to_target"].finding(small) == (
        "The median trial of cnn and features does not reach 0.75 within its budget."
    )
    assert "lowest for residual (2.7 epochs), highest for cnn and features (3.0)" in FIGURES[
        "share_reached"
    ].finding(small)


def test_every_figure_of_the_crop_study_has_a_caption(cropped):
    summary.by_arm(cropped)
    told = FIGURES["winner_map"].finding(cropped)
    assert told == "In none of 4 cells was an arm shown to be ahead of all others."  # two seeds, alike
    for name, end in (("crops", "pixels of crop"), ("learning_curves", "training images")):
        assert end in FIGURES[name].finding(cropped)
    assert FIGURES["settings"].finding(cropped).startswith("The highest mean test accuracy is that of cnn")


def test_how_far_the_numbers_carry(small, judged):
    seeds, images, validation, failed, split, machine, recipe = sentences.certainty(
        small, summary.by_arm(small), judged
    )
    assert seeds.startswith("Seeds an arm: 3.")
    # 2 / C(6, 3) = 0.1, four of the five claims are tested
    assert seeds.endswith("With 3 against 3 seeds p can be no less than 0.1, 0.4 adjusted for 4 claims.")
    assert images.startswith("Test images: 1,000.")  # and accuracy 0.77: 1.96 √(0.77 · 0.23 / 1000) = 0.026
    assert "± 0.026" in images
    assert validation.startswith("Validation images: 200.") and "± 0.059" in validation
    # one of three: up to 0.906 by the beta distribution, none of three up to 1 − 0.025^(1/3) = 0.708
    assert "residual 1 of 3 (up to 91% possible)" in failed and "cnn 0 of 3 (up to 71% possible)" in failed
    assert split.startswith("Splits: one") and machine.startswith(
        "Seconds: of one CPU, 2 trials side by side"
    )
    assert recipe.startswith("Recipe and budget")
