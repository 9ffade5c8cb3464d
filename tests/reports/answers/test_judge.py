"""Claims from the store to verdicts and their table."""

import json
import math
from dataclasses import replace

import pytest

from experiments import names
from reports.answers import claims_table, judge
from reports.answers.verdicts import REFUTED, SUPPORTED, UNDECIDED
from reports.store import record
from reports.tables import markdown, results
from reports.tables.report import Report
from tests.support import synthetic
from tests.support.synthetic import curve, once, tags


def read(writer, name):
    return record.read_record(writer.uri, name)


def judged(writer, name):
    return judge.judge(read(writer, name))


# Each of the four that are tested has an exact p of 2/252 at best; by Holm the first counts four times, the
# second three times, … and none less than the one before. The gaps are equal.
def test_verdicts(writable):
    synthetic.claimed_study(writable)
    higher, lower, sooner, gap, parameters = judged(writable, "claimed")
    assert [each.verdict for each in (higher, lower, sooner, gap)] == [
        SUPPORTED,
        REFUTED,
        SUPPORTED,
        UNDECIDED,
    ]
    assert higher.effect == pytest.approx(0.1)
    assert (higher.left, higher.right) == (5, 5)
    assert higher.p == lower.p == sooner.p == pytest.approx(4 * 2 / 252)
    assert gap.p == 1
    # 2 at every seed, against 3, 3, 3 and twice never, which counts as the end, 3.
    assert sooner.effect == pytest.approx(2 - 3)
    assert higher.images == pytest.approx(
        1.96 * math.hypot(*[math.sqrt(a * (1 - a) / 1000) for a in (0.802, 0.702)]), rel=1e-3
    )
    assert math.isnan(gap.images)
    # Counted, not tested: the residual network has more.
    assert (parameters.verdict, parameters.effect) == (REFUTED, 1000)
    assert math.isnan(parameters.p)


# All ten reach 0.6, eight 0.75, half of them 0.8, none 0.9. The cnn never reaches 0.8, which counts as 3.
@pytest.mark.parametrize(
    ("targets", "common", "effect"),
    [((0.6, 0.75, 0.9), 0.75, -1), ((0.6, 0.9), 0.6, 0), ((0.6, 0.75, 0.8, 0.9), 0.8, -1), ((0.9,), 0.9, 0)],
)
def test_the_common_target_is_the_highest_that_half_of_the_trials_reach(writable, targets, common, effect):
    study = synthetic.claimed_study(writable)
    sentence = "residual reaches the common target in fewer epochs than cnn"
    synthetic.state(writable, study, [sentence], ["cnn", "residual"], targets=targets)
    record = read(writable, "claimed")
    by_text = {each.stated.text: each for each in judge.judge(record)}
    found = by_text[sentence]
    assert found.stated.target == common
    assert found.effect == effect
    # The arms play no part in it.
    other = {"cnn": "residual", "residual": "cnn"}
    swapped = replace(record, runs=record.runs.assign(arm=record.runs["arm"].map(other)))
    mirrored = next(each for each in judge.judge(swapped) if each.stated.text == sentence)
    assert (mirrored.stated.target, mirrored.effect) == (common, -effect)
    if common == 0.75:
        assert by_text[synthetic.CLAIMED[2]].alone == found.alone
    if common == 0.9:
        assert found.note == "no trial of residual or cnn reached 0.90"


def test_claims_before_and_after_the_first_trial(writable):
    study = synthetic.claimed_study(writable)
    assert not any(each.stated.after_data for each in judged(writable, "claimed"))
    # By then the last run had begun.
    synthetic.state(
        writable,
        study,
        [*synthetic.CLAIMED, "gap(cnn) > gap(residual) + 0.05"],
        ["cnn", "residual"],
        registered=writable.clock,
    )
    found = judged(writable, "claimed")
    assert all(each.stated.after_data for each in found)
    assert claims_table.rows(found)[0][0].endswith("(added after data)")
    assert any(
        "6 claims were added after the first trial had begun" in note
        for note in claims_table.notes(found, False)
    )


def test_a_withdrawn_claim_is_shown_without_a_verdict(writable):
    study = synthetic.claimed_study(writable)
    order = json.loads(writable.client.get_experiment(study).tags[names.CLAIMS])
    writable.client.set_experiment_tag(study, names.CLAIMS, json.dumps(order[1:]))
    found = judged(writable, "claimed")
    assert found[-1].stated.text == synthetic.CLAIMED[0]
    assert (found[-1].verdict, found[-1].effect) == ("withdrawn", pytest.approx(0.1))
    assert math.isnan(found[-1].p)
    # It stays in the family: to take a claim back makes no other one easier.
    assert found[0].p == pytest.approx(4 * 2 / 252)
    (note,) = [note for note in claims_table.notes(found, False) if "withdrawn from the study file" in note]
    assert note.endswith("p of the others is adjusted for them too")


# 1,000 weights each: known, whatever the number of seeds.
def test_equal_counts_refute_a_claim_that_they_differ(writable):
    study = writable.study("counted")
    synthetic.state(writable, study, ["residual has higher parameters than cnn"], ["cnn", "residual"])
    for arm, order in (("cnn", 0), ("residual", 1)):
        writable.run(study, tags(arm, order, 0), curve([0.5]) + once(0.5, 1, parameters=1000))
    (found,) = judged(writable, "counted")
    assert (found.verdict, found.effect, claims_table.seeds(found)) == (REFUTED, 0, "–")


# All trials of "bad" diverge in the first of ten epochs: they are watched to the tenth like the others'.
def test_an_arm_that_diverged_as_a_whole_is_watched_to_the_end(writable):
    study = writable.study("lost")
    arms = ["good", "bad"]
    synthetic.state(writable, study, ["good reaches 0.5 in fewer epochs than bad"], arms)
    for seed in range(5):
        rising = curve([0.1, 0.2, 0.6] + [0.7] * 7)
        writable.run(study, tags("good", 0, seed), rising + once(0.7, 10), epochs=10)
        lost = tags("bad", 1, seed, **{names.DIVERGED: "true"})
        writable.run(study, lost, curve([0.1]) + once(0.1, 1), epochs=10)
    (found,) = judged(writable, "lost")
    assert dict(found.sides) == {"good": 3, "bad": 10}
    assert found.verdict == SUPPORTED


# "slow" takes 30 seconds to get there, "quick" is given 5 and does not: in seconds nothing can be said.
def test_a_budget_that_ends_before_anybody_got_there_is_told(writable):
    study = writable.study("short")
    arms = ["slow", "quick"]
    synthetic.state(writable, study, ["slow reaches 0.5 in fewer seconds than quick"], arms)
    for seed in range(5):
        writable.run(study, tags("slow", 0, seed), curve([0.1, 0.2, 0.6], seconds=10.0) + once(0.6, 3))
        writable.run(study, tags("quick", 1, seed), curve([0.1, 0.2, 0.3], seconds=5 / 3) + once(0.3, 3))
    (found,) = judged(writable, "short")
    assert found.verdict == UNDECIDED
    assert found.note == "within the seconds that all trials were given nobody reached it: compare epochs"


# All of both arms at epoch 2: no difference, though everybody got there.
def test_arms_that_take_the_same_got_there(writable):
    study = writable.study("alike")
    synthetic.state(writable, study, ["one reaches 0.5 in fewer epochs than other"], ["one", "other"])
    for seed in range(5):
        for order, arm in enumerate(("one", "other")):
            writable.run(study, tags(arm, order, seed), curve([0.1, 0.6, 0.7]) + once(0.7, 3))
    (found,) = judged(writable, "alike")
    assert (found.verdict, found.effect, found.note) == (UNDECIDED, 0, "")


def test_a_diverged_trial_has_no_gap_at_its_last_epoch(writable):
    study = writable.study("ended")
    synthetic.state(writable, study, ["gap at last epoch(bad) < gap at last epoch(good)"], ["good", "bad"])
    for seed in range(5):
        writable.run(study, tags("good", 0, seed), curve([0.5, 0.6], [0.6, 0.8]) + once(0.6, 2))
        lost = tags("bad", 1, seed, **{names.DIVERGED: "true"})
        writable.run(study, lost, curve([0.5, 0.1], [0.6, 0.1]) + once(0.1, 2))
    (found,) = judged(writable, "ended")
    assert (found.verdict, found.note) == (UNDECIDED, "nothing measured yet of bad")


def test_what_is_not_there_yet_is_told(writable):
    study = writable.study("begun")
    synthetic.state(
        writable,
        study,
        ["residual has higher gap than cnn", "residual reaches 0.5 in fewer epochs than cnn"],
        ["cnn", "residual"],
    )
    writable.run(study, tags("cnn", 0, 0), curve([0.5]) + once(0.5, 1))
    for each in judged(writable, "begun"):
        assert each.verdict == UNDECIDED
        assert each.note == "nothing measured yet of residual"
    writable.run(study, tags("residual", 1, 0), curve([0.5]) + once(0.5, 1))
    found = judged(writable, "begun")
    assert [(each.verdict, each.left, each.right) for each in found] == [(UNDECIDED, 1, 1)] * 2
    assert "preliminary" in " ".join(claims_table.notes(found, missing=True))


def test_settings_of_one_arm_and_for_every_setting(writable):
    study = writable.client.get_experiment_by_name("crop").experiment_id
    vary = {"data.crop": [16, 32], "data.train": [100, 1000]}
    arms = ["cnn", "<b>$res_net$"]
    sentences = [
        "gap(cnn at train=1000) < gap(cnn at train=100) for every crop",
        "test accuracy(cnn at crop=32) > test accuracy(cnn at crop=16) where train=1000",
    ]
    synthetic.state(writable, study, sentences, arms, vary)
    gap, crop = judged(writable, "crop")
    # 0.1 of 1000 images and 0.3 of 100, at either crop; two or one seeds decide nothing.
    assert (gap.effect, gap.verdict) == (pytest.approx(-0.2), UNDECIDED)
    assert (crop.effect, crop.left, crop.right) == (pytest.approx(0.2), 2, 2)


def test_a_value_that_no_trial_has(writable):
    study = writable.client.get_experiment_by_name("small").experiment_id
    sentences = [
        "gap at equal training accuracy(features) > gap at equal training accuracy(cnn)",
        "cnn has lower log gradient norm at stem than residual",
    ]
    synthetic.state(writable, study, sentences, ["cnn", "residual", "features"])
    found = judged(writable, "small")
    assert [each.note for each in found] == [
        "nothing measured yet of features",
        "nothing measured yet of cnn",
    ]


def test_table(writable):
    synthetic.claimed_study(writable)
    record = read(writable, "claimed")
    found = judge.judge(record)
    text = results.text(Report(record))
    assert "Claims: 2 supported, 2 refuted, 1 not enough evidence (p ≤ 0.05" in text
    rows = claims_table.rows(found)
    assert rows[0][:3] == [synthetic.CLAIMED[0], SUPPORTED, "+0.100"]
    assert rows[0][4:] == ["0.032", "5 and 5", "–"]
    assert rows[2][2] == "−1 epochs"
    assert rows[3][6] == "–"  # of one split, whose seeds know nothing of others
    assert rows[4][2:5] == ["+1,000", "exact", "–"]
    narrow = claims_table.narrow(found)
    assert narrow[0] == ["Claim", "Verdict", "Difference (95 % interval)", "p, adjusted", "Trials"]
    assert narrow[1][2].startswith("+0.100 (+0.0") and narrow[1][3:] == rows[0][4:6]
    assert narrow[5][2] == "+1,000 (exact)"
    assert markdown.fits(narrow)
    frame = claims_table.frame(found)
    assert frame["verdict"].tolist() == [each.verdict for each in found]
    assert frame["claim"].tolist() == synthetic.CLAIMED
