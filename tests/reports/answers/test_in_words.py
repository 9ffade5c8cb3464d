"""Claims in sentences as people speak: each kind, by each verdict, says what was shown and no more."""

import itertools
import math
from dataclasses import replace

import pytest

from experiments import names
from reports.answers import in_words, judge
from reports.answers.judge import Judged
from reports.answers.verdicts import REFUTED, SUPPORTED, UNDECIDED
from reports.numbers.power import Range
from reports.store import record
from reports.store.stated import Stated
from tests.support import synthetic

CALLED = {"resnet18": "ResNet-18", "cnn": "plain CNN"}
# Each metric, and what more and less of it are called; of times to a target, and of the rest.
TIMES = {
    cost: (f"needs more {cost} to reach 0.75", f"needs fewer {cost} to reach 0.75") for cost in names.COSTS
}
METRICS = {
    names.TEST_ACCURACY: ("is more accurate", "is less accurate"),
    names.TEST_ERROR: ("has higher test error", "has lower test error"),
    names.TEST_MACRO_F1: ("has higher macro F1", "has lower macro F1"),
    names.BALANCED_ACCURACY: (
        "is more accurate by balanced accuracy",
        "is less accurate by balanced accuracy",
    ),
    names.CALIBRATION_ERROR: ("has higher calibration error", "has lower calibration error"),
    names.VALIDATION_ACCURACY: ("has higher validation accuracy", "has lower validation accuracy"),
    names.TRAIN_ACCURACY: ("has higher train accuracy", "has lower train accuracy"),
    names.TRAIN_ERROR: ("has higher train error", "has lower train error"),
    names.GAP: ("overfits more (gap)", "overfits less (gap)"),
    names.TEST_GAP: ("overfits more (test gap)", "overfits less (test gap)"),
    names.LAST_GAP: ("overfits more (gap at last epoch)", "overfits less (gap at last epoch)"),
    names.LEVEL_GAP: (
        "overfits more (gap at equal training accuracy)",
        "overfits less (gap at equal training accuracy)",
    ),
    f"{names.STATED_LEVEL_GAP}0.9": (
        "overfits more (gap at training accuracy 0.9)",
        "overfits less (gap at training accuracy 0.9)",
    ),
    f"{names.RECALL_METRIC}cat": ("has higher recall of cat", "has lower recall of cat"),
    f"{names.STAGE_METRIC}stem": (
        "has higher log gradient norm at stem",
        "has lower log gradient norm at stem",
    ),
    names.TRAINING_SECONDS: ("takes more seconds to train", "takes fewer seconds to train"),
    names.NUMBER_OF_PARAMETERS: ("has more parameters", "has fewer parameters"),
    names.FORWARD_MACS: ("has more forward MACs", "has fewer forward MACs"),
    names.TRAINS: ("trains more often", "trains less often"),
}
KINDS = {
    **{cost: (words, 0.75) for cost, words in TIMES.items()},
    **{each: (METRICS[each], None) for each in METRICS},
}
# The numbers of the first and the second arm, and how they and a margin of 0.25 are written.
UNITS = {
    "epochs": " epochs",
    "seconds": " s",
    "images": " images",
    "MACs": " MACs",
    names.TRAINING_SECONDS: " s",
}


def judged(verdict, metric=names.TEST_ACCURACY, direction=">", margin=0.0, target=None, late=False, **other):
    comparisons = other.pop("comparisons", (("resnet18", "", "cnn", ""),))
    values, held = other.pop("values", (0.82, 0.76)), other.pop("held", False)
    sides = tuple(zip(other.pop("named", ("resnet18", "cnn")), values, strict=True))
    stated = Stated("", "", metric, target, direction, margin, comparisons, 0, True, late, held)
    return Judged(stated, verdict, "", **{"left": 8, "right": 8, "own_splits": True, "sides": sides, **other})


def said(*args, **named):
    return in_words.sentence(judged(*args, **named), lambda arm: CALLED.get(arm, arm))


def written(metric, value):
    """A number as the sentence has it, said anew here: `0.820`, `0.82 s`, `7 of 8 trials`."""
    if metric in names.EXACT_METRICS:
        return f"{value:,.0f}"
    return f"{value:g}{UNITS[metric]}" if metric in UNITS else f"{value:.3f}"


def test_every_metric_that_a_claim_can_name_is_in_the_table():
    assert {*names.CLAIM_METRICS, *names.COSTS, names.TRAINS} <= set(KINDS)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("margin", [0.0, 0.25, -0.25])
@pytest.mark.parametrize("direction", [">", "<"])
@pytest.mark.parametrize("metric", [*KINDS])
def test_each_kind_of_claim_by_each_verdict(metric, direction, margin, late, own):
    (more, less), target = KINDS[metric]
    exact = metric in names.EXACT_METRICS
    if exact:
        margin *= 4000
    claim = {"metric": metric, "direction": direction, "margin": margin, "target": target, "late": late}
    claim |= {"own_splits": own, "values": (2000, 3000) if exact else (0.5, 0.75)}
    said_more, said_less = (more, less) if direction == ">" else (less, more)
    ahead = margin if direction == ">" else -margin
    amount = written(metric, abs(margin))
    if ahead > 0:
        claimed = f"ResNet-18 {said_more} than plain CNN by more than {amount}"
    elif ahead < 0:
        claimed = f"ResNet-18 {said_less} than plain CNN by less than {amount}, if at all"
        contrary = f"ResNet-18 {said_less} than plain CNN by more than {amount}"
    else:
        claimed = f"ResNet-18 {said_more} than plain CNN"
        contrary = f"ResNet-18 {said_less} than plain CNN"
    if ahead > 0 or (exact and ahead):
        contrary = f"it is not so that {claimed}"
    one, other = (written(metric, each) for each in claim["values"])
    seen = "4 of 8 trials against 6 of 8" if metric == names.TRAINS else f"{one} against {other}"
    scope = "" if own or exact else "on this one split of the images, "
    for verdict, outcome in (
        (SUPPORTED, claimed),
        (REFUTED, contrary),
        (UNDECIDED, f"it is not shown that {claimed}"),
    ):
        whole = f"{scope}{outcome}: {seen}."
        assert said(verdict, **claim) == whole[0].upper() + whole[1:]
    whole = f"{scope}there is no verdict on whether {claimed}: {seen} (cnn has no seed)."
    assert said(UNDECIDED, withheld="cnn has no seed", **claim) == whole[0].upper() + whole[1:]


@pytest.mark.parametrize("metric", names.EXACT_METRICS)
@pytest.mark.parametrize(("direction", "claimed"), [("<", "fewer"), (">", "more")])
def test_equal_counts_are_neither_more_nor_fewer(metric, direction, claimed):
    of = {"metric": metric, "direction": direction, "values": (44_550, 44_550)}
    assert said(REFUTED, **of) == f"ResNet-18 has as many {metric} as plain CNN: 44,550."
    # On the margin: not beyond it, nor short of it.
    margin = 1000.0 if direction == ">" else -1000.0
    on = {**of, "margin": margin, "values": (44_550 + margin, 44_550)}
    begun = f"It is not so that ResNet-18 has {claimed} {metric} than plain CNN by more than 1,000: "
    assert said(REFUTED, **on).startswith(begun)


def test_counts_that_differ_a_little_do_not_look_equal():
    text = said(SUPPORTED, metric=names.NUMBER_OF_PARAMETERS, values=(11_173_962, 11_173_770))
    assert text == "ResNet-18 has more parameters than plain CNN: 11,173,962 against 11,173,770."


@pytest.mark.parametrize(("metric", "held"), [*itertools.product(names.COSTS, (True, False))])
@pytest.mark.parametrize("verdict", [UNDECIDED, SUPPORTED, REFUTED])
@pytest.mark.parametrize("withheld", ["", "cnn has no seed"])
def test_a_target_that_nobody_reached_took_no_time(metric, held, verdict, withheld):
    text = said(
        verdict, metric=metric, target=0.9, direction="<", held=held, censored=(8, 8), withheld=withheld
    )
    reach = "reach and hold" if held else "reach"
    assert text == (
        f"It is not shown that ResNet-18 needs fewer {metric} to {reach} 0.90 than plain CNN: "
        f"no trial of ResNet-18 or plain CNN got there within the {metric} that all had."
    )


@pytest.mark.parametrize(
    ("censored", "got"),
    [((0, 8), ("8 of 8", "0 of 8")), ((2, 0), ("6 of 8", "8 of 8")), ((1, 3), ("7 of 8", "5 of 8"))],
)
def test_where_some_trials_never_got_there_the_means_are_within_a_budget(censored, got):
    text = said(SUPPORTED, metric="epochs", target=0.75, direction="<", censored=censored, values=(3.5, 10.0))
    assert text == (
        "Within the epochs that all had, ResNet-18 needs fewer epochs to reach 0.75 than plain CNN: "
        f"3.5 epochs against 10 epochs; {got[0]} trials of ResNet-18 and {got[1]} of plain CNN got there, "
        "the others count with all of these epochs."
    )


def test_a_median_is_not_said_to_be_a_mean_of_all():
    text = said(REFUTED, of_medians=True)
    assert text == (
        "By the median seed, a failed one counting as the worst, ResNet-18 is less accurate than plain CNN: "
        "0.820 against 0.760, means of the seeds that trained."
    )
    assert ": none against 0.760, means of the seeds that trained." in said(
        REFUTED, of_medians=True, values=(math.nan, 0.76)
    )


def test_trials_that_have_no_such_number_are_not_spoken_of():
    text = said(SUPPORTED, left=5, right=8, unmeasured=(3, 0))
    assert text.endswith(": 0.820 against 0.760, of the 5 and 8 trials that could be compared.")


AT = [f"data.train={train}, data.crop=16" for train in (250, 1000, 4000)]
EVERY = {
    "comparisons": tuple(("resnet18", at, "cnn", at) for at in AT),
    "named": ("resnet18 at train=250, crop=16", "cnn at train=250, crop=16"),
}
AT_ALL = "at each of 3 settings ResNet-18 at crop=16 is more accurate than plain CNN at crop=16"
ONE = "ResNet-18 at train=250, crop=16 against plain CNN at train=250, crop=16, 0.820 against 0.760"


@pytest.mark.parametrize(
    ("verdict", "margin", "text"),
    [
        (SUPPORTED, 0.0, f"{AT_ALL[0].upper()}{AT_ALL[1:]}: this rests on {ONE}."),
        # Less accurate at one of them, which says nothing of the others.
        (REFUTED, 0.0, f"It is not so that {AT_ALL}: it fails for {ONE}."),
        (REFUTED, -0.25, "It is not so that at each of 3 settings ResNet-18 at crop=16 is less accurate than "
            f"plain CNN at crop=16 by less than 0.250, if at all: it fails for {ONE}."),
        (UNDECIDED, 0.0, f"It is not shown that {AT_ALL}: this rests on {ONE}."),
    ],
)  # fmt: skip
def test_a_claim_for_every_setting_is_about_all_of_them(verdict, margin, text):
    assert said(verdict, margin=margin, **EVERY) == text


def test_equal_counts_at_one_setting_are_not_so_at_every_one():
    text = said(REFUTED, metric=names.NUMBER_OF_PARAMETERS, values=(10, 10), **EVERY)
    assert text.startswith(
        "It is not so that at each of 3 settings ResNet-18 at crop=16 has more parameters "
    )
    assert text.endswith(
        "it fails for ResNet-18 at train=250, crop=16 against plain CNN at train=250, crop=16, 10."
    )


def test_a_setting_stays_beside_its_arm():
    text = said(SUPPORTED, named=("resnet18 at train=250", "cnn"))
    assert text.startswith("ResNet-18 at train=250 is more accurate than plain CNN")


@pytest.mark.parametrize(
    ("seeds", "many"),
    [(Range(10, 37), "10 to 37"), (Range(12, 12), "12"), (Range(90, None), "90 to over 200")],
)
def test_what_would_decide_an_open_claim_stands_in_its_sentence(seeds, many):
    open_ = said(UNDECIDED, seeds=seeds)
    assert open_.endswith(
        f"0.760. Were the difference the one seen, {many} seeds would decide it in four of five such studies."
    )
    assert "would decide" not in said(SUPPORTED) + said(REFUTED) + said(UNDECIDED)


def test_what_came_after_the_data_stands_apart():
    found = in_words.told([judged(SUPPORTED), judged(SUPPORTED, late=True), judged(UNDECIDED)])
    assert len(found.predicted) == 2 and len(found.afterwards) == 1
    assert found.left_out == 0


# Many that came late first, as a study file may have them: no prediction gives way to them, nor they to it.
@pytest.mark.parametrize(
    ("late", "early", "shown"),
    [(9, 3, (3, 6)), (9, 9, (6, 6)), (1, 8, (6, 1)), (0, 2, (2, 0)), (7, 0, (0, 6))],
)
def test_claims_are_parted_before_the_list_is_cut(late, early, shown):
    claims = [judged(SUPPORTED, late=True)] * late + [judged(REFUTED)] * early
    found = in_words.told(claims)
    assert (len(found.predicted), len(found.afterwards)) == shown
    assert found.left_out == late + early - sum(shown)
    assert all("is less accurate" in each for each in found.predicted)


def test_claims_that_are_withdrawn_or_not_measured_are_not_told():
    gone = judged(SUPPORTED)
    gone = replace(gone, stated=replace(gone.stated, current=False))
    assert in_words.told([gone, judged(UNDECIDED, sides=())]) == ([], [], 1)


# The cnn is at 0.75 in epoch 3 of three at three of five seeds, the residual network in epoch 2 at each.
def test_sentences_of_a_recorded_study(writable):
    synthetic.claimed_study(writable)
    found = in_words.told(judge.judge(record.read_record(writable.uri, "claimed")))
    assert found.predicted == [
        "On this one split of the images, residual is more accurate than cnn: 0.802 against 0.702.",
        "On this one split of the images, residual is more accurate than cnn: 0.802 against 0.702.",
        "On this one split of the images, within the epochs that all had, residual needs fewer epochs to "
        "reach 0.75 than cnn: 2 epochs against 3 epochs; 5 of 5 trials of residual and 3 of 5 of cnn got "
        "there, the others count with all of these epochs.",
        "On this one split of the images, it is not shown that residual overfits more (gap) than cnn: 0.100 "
        "against 0.100.",
        "Residual has more parameters than cnn: 3,000 against 2,000.",
    ]


def test_an_open_claim_whose_own_interval_leaves_its_margin_out_says_why_it_is_open():
    open_ = judged(UNDECIDED, low=0.003, high=0.027)
    assert "Its own interval leaves 0.000 out, but a verdict allows for all 5 claims." in (
        in_words.sentence(open_, claims=5)
    )
    assert "interval" not in in_words.sentence(open_, claims=1)
    across = replace(open_, low=-0.003)
    assert "interval" not in in_words.sentence(across, claims=5)
