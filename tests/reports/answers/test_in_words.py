"""Claims in sentences as people speak."""

import pytest

from experiments import names
from reports.answers import in_words
from reports.answers.judge import Judged
from reports.answers.verdicts import REFUTED, SUPPORTED, UNDECIDED
from reports.store.stated import Stated

CALLED = {"resnet18": "ResNet-18", "cnn": "plain CNN"}


def judged(
    verdict, metric=names.TEST_ACCURACY, direction=">", margin=0.0, target=None, late=False, left="resnet18"
):
    stated = Stated(
        digest="",
        text="",
        metric=metric,
        target=target,
        direction=direction,
        margin=margin,
        comparisons=((left, "", "cnn", ""),),
        registered=0,
        current=True,
        after_data=late,
    )
    return Judged(stated, verdict, "", sides=((left, 0.82), ("cnn", 0.76)))


def told(*args, **named):
    return in_words.sentence(judged(*args, **named), lambda arm: CALLED.get(arm, arm))


@pytest.mark.parametrize(
    ("verdict", "named", "text"),
    [
        (SUPPORTED, {}, "ResNet-18 is more accurate than plain CNN: 0.820 against 0.760."),
        (REFUTED, {}, "ResNet-18 is less accurate than plain CNN: 0.820 against 0.760."),
        (UNDECIDED, {}, "Not shown: that ResNet-18 is more accurate than plain CNN; 0.820 against 0.760."),
        (
            SUPPORTED,
            {"margin": 0.05},
            "ResNet-18 is more accurate than plain CNN by more than 0.050: 0.820 against 0.760.",
        ),
        (
            SUPPORTED,
            {"margin": -0.01},
            "ResNet-18 is less accurate than plain CNN by less than 0.010, if at all: 0.820 against 0.760.",
        ),
        (
            REFUTED,
            {"margin": 0.05},
            "It is not so that ResNet-18 is more accurate than plain CNN by more than 0.050: "
            "0.820 against 0.760.",
        ),
        (
            REFUTED,
            {"metric": "seconds", "target": 0.75, "direction": "<"},
            "ResNet-18 is slower to 0.75, in seconds, than plain CNN: 0.82 s against 0.76 s.",
        ),
        (
            SUPPORTED,
            {"metric": names.GAP, "direction": "<"},
            "ResNet-18 overfits less (gap) than plain CNN: 0.820 against 0.760.",
        ),
        (
            SUPPORTED,
            {"metric": names.TRAIN_ERROR},
            "ResNet-18 has higher train error than plain CNN: 0.820 against 0.760.",
        ),
    ],
)
def test_a_claim_is_said_as_people_speak(verdict, named, text):
    assert told(verdict, **named) == text


def test_a_setting_stays_beside_its_arm():
    assert told(SUPPORTED, left="resnet18 at train=250").startswith("ResNet-18 at train=250 is more accurate")


def test_what_came_after_the_data_stands_apart():
    found = in_words.told([judged(SUPPORTED), judged(SUPPORTED, late=True), judged(UNDECIDED)])
    assert len(found.predicted) == 2 and len(found.afterwards) == 1
