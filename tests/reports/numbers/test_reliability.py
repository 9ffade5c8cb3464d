"""Calibration error and reliability diagram: sums one can do in the head, and the definition word by word."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.numbers import reliability

# Four bins. Confidence 0.9, 0.9, 0.9, 1 with three right: 0.925 against 0.75. 0.6 and 0.7, both right: 0.65
# against 1. 0.25 belongs to the first bin, whose upper end it is: 0.25 against 0.
CONFIDENCES = np.array([0.9, 0.9, 0.9, 1.0, 0.6, 0.7, 0.25])
RIGHT = np.array([True, True, True, False, True, True, False])


def test_seven_images_by_hand():
    found = reliability.bins(CONFIDENCES, RIGHT, 4)
    assert found.confidence == pytest.approx([0.25, 0.65, 0.925])
    assert found.accuracy == pytest.approx([0, 1, 0.75])
    assert found.share == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    expected = (1 * 0.25 + 2 * 0.35 + 4 * 0.175) / 7
    assert found.error == pytest.approx(expected)
    assert reliability.calibration_error(CONFIDENCES, RIGHT, 4) == pytest.approx(expected)


def test_sure_and_right_is_no_error_sure_and_wrong_the_whole():
    sure = np.ones(10, np.float16)
    assert reliability.calibration_error(sure, np.ones(10, bool)) == 0
    assert reliability.calibration_error(sure, np.zeros(10, bool)) == 1


# 80 of 100 right at a confidence of 0.8.
def test_right_as_often_as_it_is_sure_is_calibrated():
    right = np.arange(100) < 80
    assert reliability.calibration_error(np.full(100, 0.8), right) == pytest.approx(0)


def test_without_images_or_with_a_diverged_network_there_is_none():
    assert math.isnan(reliability.calibration_error(np.array([]), np.array([], bool)))
    assert math.isnan(reliability.calibration_error(np.array([0.5, math.nan]), np.array([True, False])))


answers = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@given(answers, st.integers(1, 20))
def test_as_the_definition_says(drawn, count):
    confidences, right = np.array([each for each, _ in drawn]), np.array([each for _, each in drawn])
    expected = 0.0
    for m in range(1, count + 1):
        inside = (confidences * count > m - 1) & (confidences * count <= m)
        if m == 1:
            inside |= confidences == 0
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidences[inside].mean())
    assert reliability.calibration_error(confidences, right, count) == pytest.approx(expected, abs=1e-12)
    assert reliability.bins(confidences, right, count).share.sum() == pytest.approx(1)
