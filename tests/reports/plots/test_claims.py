"""The picture of claims: each number is the table's, each verdict has its mark, what came late is grey."""

import math
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from experiments import names
from reports.answers import judge
from reports.answers.judge import Judged
from reports.answers.verdicts import REFUTED, SUPPORTED, UNDECIDED
from reports.plots import claims
from reports.store import record
from reports.store.stated import Stated
from tests.support import synthetic
from tests.support.pictures import caption_of


def stated(metric=names.TEST_ACCURACY, target=None, margin=0.0, after=False, current=True, direction=">"):
    comparison = (("a", "", "b", ""),)
    return Stated("d", "a claim", metric, target, direction, margin, comparison, 0, current, after)


def judged(effect=0.02, low=0.01, high=0.03, verdict=SUPPORTED, **claim):
    sides = (("a", 0.8), ("b", 0.78))
    return Judged(stated(**claim), verdict, "", effect, low, high, left=8, right=8, sides=sides)


@pytest.mark.parametrize(
    ("claim", "question"),
    [
        ({"metric": "seconds", "target": 0.75, "direction": "<"}, claims.FASTER),
        ({"metric": "seconds", "target": 0.75}, claims.SLOWER),
        ({"metric": names.TRAINING_SECONDS}, claims.SLOWER),
        ({"metric": names.TEST_ERROR}, claims.HIGH_ERROR),
        ({"metric": names.TRAIN_ERROR, "direction": "<"}, claims.LOW_ERROR),
        ({"direction": "<"}, claims.LESS_ACCURATE),
        ({"metric": f"{names.RECALL_METRIC}cat"}, claims.MORE_ACCURATE),
        ({"metric": names.LEVEL_GAP}, claims.MORE),
        ({"metric": f"{names.STATED_LEVEL_GAP}0.9", "direction": "<"}, claims.LESS),
        ({"metric": names.FORWARD_MACS}, claims.OTHER),
    ],
)
def test_a_claim_stands_below_its_question(claim, question):
    (panel,) = claims.panels([judged(**claim)])
    assert panel.title == question


def test_units_have_panels_of_their_own_and_what_came_late_stands_last():
    found = claims.panels(
        [
            judged(after=True),
            judged(metric="seconds", target=0.7, direction="<"),
            judged(metric="epochs", target=0.7, direction="<"),
            judged(),
            judged(effect=math.nan),
            judged(current=False),
        ]
    )
    assert [(each.title, each.unit, len(each.claims)) for each in found] == [
        (claims.FASTER, "epochs", 1),
        (claims.FASTER, "s", 1),
        (claims.MORE_ACCURATE, "", 1),
        (f"{claims.AFTERWARDS}: more accurate?", "", 1),
    ]


# More of them came late, and they stand first in the study file.
def test_no_prediction_gives_way_to_what_came_late():
    late = [judged(after=True, effect=0.5)] * (claims.MOST + 1)
    found = claims.panels([*late, judged(), judged(metric="epochs", target=0.7)])
    drawn = [each for panel in found for each in panel.claims]
    assert len(drawn) == claims.MOST
    assert sum(not each.stated.after_data for each in drawn) == 2
    early = claims.panels([*late, *[judged()] * (claims.MOST + 1)])
    assert not any(each.stated.after_data for panel in early for each in panel.claims)


def marks_of(*found):
    """The mark of each claim of one panel: x, its colour, and whether it is filled."""
    (panel,) = claims.panels(found)
    ax = claims.draw(panel, Figure().subplots())
    marks = [line for line in ax.lines if line.get_marker() in ("o", "s", "D")]
    return [(line.get_xdata()[0], line.get_color(), line.get_markerfacecolor() != "white") for line in marks]


def test_a_verdict_is_a_colour_and_a_filled_mark():
    found = marks_of(judged(), judged(effect=-0.02, verdict=REFUTED), judged(effect=0.0, verdict=UNDECIDED))
    good, bad, open_ = (claims.LOOKS[each][0] for each in (SUPPORTED, REFUTED, UNDECIDED))
    assert found == [(0.02, good, True), (-0.02, bad, True), (0.0, open_, False)]


def test_what_came_after_the_data_is_grey_and_hollow_whatever_it_shows():
    assert marks_of(judged(after=True)) == [(0.02, claims.style.MUTED, False)]
    assert claims.numbers(judged(after=True)).startswith("seen afterwards · ")


def test_an_axis_has_zero_every_difference_and_every_margin():
    low, high = claims.limits([judged(margin=-0.05), judged(effect=0.4, low=-90.0, high=90.0)])
    assert low < -0.05 and high > 0.4
    assert high < 10  # one interval without end hides no other
    low, high = claims.limits([judged(effect=0.0, low=-1.0, high=1.0)])
    assert low < -1 and high > 1
    assert claims.limits([judged(effect=0.0, low=math.nan, high=math.nan)]) == (-1.0, 1.0)


def test_every_number_is_the_table_s(writable):
    synthetic.claimed_study(writable)
    study = record.read_record(writable.uri, "claimed")
    page = claims.figure(study)
    known = [each for each in judge.judge(study) if each.stated.current and not math.isnan(each.effect)]
    texts = [text.get_text() for ax in page.axes for text in ax.texts]
    for each in known:
        assert claims.numbers(each) in texts
    marks = [
        line.get_xdata()[0] for ax in page.axes for line in ax.lines if line.get_marker() in ("o", "s", "D")
    ]
    assert sorted(marks) == pytest.approx(sorted(each.effect for each in known))
    assert "study claimed" in caption_of(page)


def test_a_study_without_claims_has_no_such_picture(ready):
    study = record.read_record(ready.uri, "small")
    assert claims.figure(replace(study, claims=())) is None
    assert claims.finding(replace(study, claims=())) == ""
