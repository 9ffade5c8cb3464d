"""The reliability figure, of a study whose answers can be told in the head."""

from dataclasses import replace

import numpy as np
import pytest

from experiments import names
from experiments.trial import evaluation
from reports import drawing
from reports.plots import reliability
from reports.store import record
from tests.support.pictures import caption_of, legend_of
from tests.support.synthetic import curve, once, tags


def answers(confidence, right, images=100):
    """Of `images` of class 0, `right` are answered so; all with one confidence."""
    predicted = np.arange(images) >= right
    return np.where(predicted[:, None] == np.arange(2), confidence, 1 - confidence)


KEPT = {  # arm and seed: confidence, right of a hundred
    ("modest", 0): (0.7, 80),
    ("modest", 1): (0.7, 70),
    ("bold", 0): (0.9, 60),
    ("bold", 1): (0.9, 70),
}


@pytest.fixture
def told(writable, tmp_path):
    """Two arms of two seeds, and a third seed of each without probabilities or with a diverged network's."""
    study = writable.study("sure")
    places = {}
    for order, arm in enumerate(("modest", "bold", "lost")):
        for seed in range(3):
            run = writable.run(study, tags(arm, order, seed), curve([0.5]) + once(0.8, 1))
            places[run] = (tmp_path / run).as_uri()
            (tmp_path / run).mkdir()
            if (arm, seed) not in KEPT and arm != "lost":
                continue
            found = answers(*KEPT.get((arm, seed), (np.nan, 50)))
            kept = ({"test": each} for each in (found, np.zeros(100, int), np.arange(100)))
            (tmp_path / run / names.PROBABILITIES_FILE).write_bytes(evaluation.kept_answers(*kept))
    found = record.read_record(writable.uri, "sure")
    return replace(found, runs=found.runs.assign(artifacts=found.runs["run_id"].map(places)))


def test_bins_are_of_all_seeds_and_errors_of_each(told):
    modest, bold = reliability.by_arm(told)
    assert (modest.label, bold.label) == ("modest", "bold")
    assert modest.errors == pytest.approx([0.1, 0], abs=1e-3)
    assert bold.errors == pytest.approx([0.3, 0.2], abs=1e-3)
    assert modest.bins.accuracy == pytest.approx([0.75])
    assert bold.bins.accuracy == pytest.approx([0.65])
    assert (modest.surer, bold.surer) == pytest.approx((-0.05, 0.25), abs=1e-3)


def test_what_is_drawn_and_said(told, tmp_path):
    figure = reliability.figure(told)
    diagram, errors = figure.axes
    assert [line.get_ydata().tolist() for line in diagram.lines[1:]] == [[0.75], [0.65]]
    assert [text.get_text() for text in errors.texts] == ["0.050", "0.250"]
    assert [tick.get_text() for tick in errors.get_yticklabels()] == ["modest", "bold"]
    assert legend_of(figure) == ["modest", "bold", "lost"]
    assert "Of 9 trials 4 are shown" in caption_of(figure)
    assert reliability.finding(told) == (
        "Mean calibration errors: modest 0.050 and bold 0.250. Over all images, bold is surer than right."
    )
    [drawn] = drawing.draw(told, tmp_path, ["reliability"])
    assert {path.suffix for path in drawn.files} == {".png", ".svg", ".pdf"}


def test_without_probabilities_there_is_no_figure(small):
    assert reliability.figure(small) is None
    assert reliability.finding(small) == ""
