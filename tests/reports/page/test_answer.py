"""The answer on the page: what to use with its reason, then the predictions, then what came afterwards."""

import json
from dataclasses import replace

import pytest

from experiments import names
from reports.answers import advice, in_words
from reports.page import page
from reports.store.record import read_record
from reports.store.stated import Stated
from reports.tables.report import Report
from tests.support import page_text, synthetic
from tests.support.synthetic import curve, once, tags

SEEDS = range(1, 7)
GOOD = [0.80, 0.82, 0.78, 0.81, 0.79, 0.83]
LATE = [names.TEST_ERROR, names.TRAIN_ERROR, names.GAP, names.TEST_GAP, names.LAST_GAP, names.TRAIN_ACCURACY]


def stated(metric, late):
    comparisons = (("deep", "", "flat", ""),)
    text = f"deep has higher {metric} than flat"
    return Stated(metric, text, metric, None, ">", 0.0, comparisons, synthetic.DAY, True, late)


@pytest.fixture
def record(writable):
    """Two arms, seven claims of after the data and then one of before, as a study file may have them."""
    experiment = writable.study("answer")
    plan = {"schedule": {"seeds": [*SEEDS], "looks": [len(SEEDS)]}, "registered": synthetic.DAY}
    writable.client.set_experiment_tag(experiment, names.PLAN, json.dumps(plan))
    for order, (arm, behind) in enumerate({"deep": 0.0, "flat": 0.2}.items()):
        for seed, accuracy in zip(SEEDS, GOOD, strict=True):
            own = {
                names.SPLIT_DIGEST: f"s{seed}",
                names.VALIDATION_DIGEST: f"v{seed}",
                names.TEST_DIGEST: f"t{seed}",
                names.POOL: "1000000",
                names.OWN_TEST: "0",
                names.CLASSES: "10",
            }
            points = curve([0.5, accuracy - behind]) + once(accuracy - behind - 0.01 * (seed % 2) * order, 2)
            writable.run(experiment, tags(arm, order, seed, **own), points)
    late = [stated(metric, True) for metric in [*LATE, names.VALIDATION_ACCURACY]]
    return replace(read_record(writable.uri, "answer"), claims=(*late, stated(names.TEST_ACCURACY, False)))


def test_reason_prediction_and_what_came_late_stand_in_this_order(record):
    report = Report(record)
    lines = page_text.text(page.render(report, "", [])).splitlines()
    told = in_words.told(report.judged, record.title)
    assert len(told.predicted) == 1 and len(told.afterwards) == in_words.MOST and told.left_out == 1
    use, reason, *others = advice.sentences(record)
    expected = [
        use,
        reason,
        *told.predicted,
        "Observed afterwards, no predictions:",
        *told.afterwards,
        "1 more claim below.",
        *others,
    ]
    first = lines.index(use)
    assert lines[first : first + len(expected)] == expected
    assert reason.startswith("It has the highest mean")
