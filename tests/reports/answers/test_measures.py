"""Metrics of claims that come from what trials left about their test images."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from experiments import names
from experiments.trial import evaluation
from reports.answers import judge, measures
from reports.store import record
from tests.support import synthetic
from tests.support.synthetic import curve, once, tags

CLASSES = ("common", "rare  one", "absent")
LABELS = np.array([0] * 8 + [1] * 2)


def answers(found):
    """Probabilities of an arm that finds all of the common class and `found` of the two rare images."""
    predicted = np.array([0] * 8 + [1] * found + [0] * (2 - found))
    return np.where(predicted[:, None] == np.arange(3), 0.8, 0.1)


CLAIMS = [
    "careful has higher recall of rare one than hasty",
    "careful has higher balanced accuracy than hasty",
    "careful has lower calibration error than hasty",
    "careful has higher recall of Rare than hasty",
]


@pytest.fixture
def told(writable, tmp_path):
    """Two arms of three seeds; careful finds both rare images, hasty none. Its last trial left nothing."""
    study = writable.study("rare")
    synthetic.state(writable, study, CLAIMS, ["careful", "hasty"])
    places = {}
    for seed in range(3):
        for order, (arm, found) in enumerate((("careful", 2), ("hasty", 0))):
            run = writable.run(study, tags(arm, order, seed), curve([0.5]) + once(0.8, 1))
            folder = tmp_path / run
            folder.mkdir()
            places[run] = folder.as_uri()
            if (arm, seed) == ("hasty", 2):
                continue
            probabilities = answers(found)
            report = evaluation.test_report(probabilities, LABELS, CLASSES)
            (folder / names.TEST_REPORT_FILE).write_text(json.dumps(report))
            kept = ({"test": each} for each in (probabilities, LABELS, np.arange(10)))
            (folder / names.PROBABILITIES_FILE).write_bytes(evaluation.kept_answers(*kept))
    found = record.read_record(writable.uri, "rare")
    return replace(found, runs=found.runs.assign(artifacts=found.runs["run_id"].map(places)))


# Careful: recalls 1 and 1, all right at a confidence of 0.8. Hasty: recalls 1 and 0, eight of ten right.
@pytest.mark.parametrize(
    ("metric", "careful", "hasty"),
    [
        ("recall of rare one", 1, 0),
        ("recall of common", 1, 1),
        ("recall of absent", math.nan, math.nan),
        ("recall of Rare", math.nan, math.nan),
        ("balanced accuracy", 1, 0.5),
        ("calibration error", 0.2, 0),
    ],
)
def test_each_metric_is_that_of_the_trial_s_own_images(told, metric, careful, hasty):
    for arm, expected in (("careful", [careful] * 3), ("hasty", [hasty, hasty, math.nan])):
        runs = told.runs[told.runs["arm"] == arm].sort_values("seed")
        found = measures.values(told, [*runs["run_id"]], metric)
        assert found == pytest.approx(expected, abs=1e-3, nan_ok=True)


def test_a_class_that_the_data_does_not_have_is_told_with_those_it_has(told):
    runs = [*told.runs["run_id"]]
    assert measures.unknown_class(told, runs, "recall of Rare") == (
        "the data has no class 'Rare' (it has: common, rare  one, absent)"
    )
    assert measures.unknown_class(told, runs, "recall of rare one") == ""
    assert measures.unknown_class(told, runs, "balanced accuracy") == ""


def test_claims_about_them_are_judged(told):
    recall, balanced, calibration, unknown = judge.judge(told)
    assert (recall.effect, balanced.effect) == (1, 0.5)
    assert calibration.effect == pytest.approx(0.2, abs=1e-3)
    assert "not measured: 1 of hasty" in recall.note
    assert "no class 'Rare'" in unknown.note
    assert math.isnan(unknown.effect)
