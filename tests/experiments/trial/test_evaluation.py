"""The one evaluator, against sums one can do in the head and against scikit-learn."""

import io
import json
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss

from experiments.trial import evaluation


# Image  true  P(0)  P(1)  predicted
#   1      0   0.50  0.50      0       right (the first of equals), -log 1/2
#   2      1   0.75  0.25      0       wrong,                       -log 1/4
#   3      1   0.50  0.50      0       wrong,                       -log 1/2
# accuracy 1/3; the mean of 1, 2 and 1 times log 2 is 4/3 log 2.
def test_three_images_by_hand():
    probabilities = np.array([[0.5, 0.5], [0.75, 0.25], [0.5, 0.5]])
    scores = evaluation.score("validation", probabilities, np.array([0, 1, 1]))
    assert scores == pytest.approx({"validation/accuracy": 1 / 3, "validation/loss": 4 / 3 * math.log(2)})
    assert all(type(value) is float for value in scores.values())


@st.composite
def predictions(draw):
    """Probabilities (n, classes) that sum to one, and labels of which some classes may be missing."""
    count, classes = draw(st.integers(1, 20)), draw(st.integers(2, 5))
    weights = draw(arrays(np.float64, (count, classes), elements=st.floats(0.01, 1)))
    labels = draw(arrays(np.int64, count, elements=st.integers(0, classes - 1)))
    return weights / weights.sum(axis=1, keepdims=True), labels


@given(predictions())
def test_as_scikit_learn_scores(case):
    probabilities, labels = case
    scores = evaluation.score("test", probabilities, labels)
    classes = range(probabilities.shape[1])
    assert scores["test/loss"] == pytest.approx(log_loss(labels, probabilities, labels=classes))
    assert scores["test/accuracy"] == pytest.approx(accuracy_score(labels, probabilities.argmax(axis=1)))


@given(predictions())
def test_the_report_as_scikit_learn_scores(case):
    probabilities, labels = case
    count = probabilities.shape[1]
    report = evaluation.test_report(probabilities, labels, tuple("abcde"[:count]))
    predicted = probabilities.argmax(axis=1)
    expected = f1_score(labels, predicted, labels=range(count), average="macro", zero_division=0)
    assert report["macro_f1"] == pytest.approx(expected)
    assert [row["f1-score"] for row in report["per_class"]] == pytest.approx(
        f1_score(labels, predicted, labels=range(count), average=None, zero_division=0).tolist()
    )
    assert np.sum(report["confusion_matrix"]) == len(labels)
    assert np.trace(report["confusion_matrix"]) == np.sum(predicted == labels)
    json.dumps(report)


# 2^-126 is the smallest normal float32; 126 log 2 = 87.3.
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_probability_of_zero_costs_87_nats(kind):
    scores = evaluation.score("test", np.array([[0, 1]], kind), np.array([0]))
    assert scores == pytest.approx({"test/accuracy": 0, "test/loss": 126 * math.log(2)})


# One image of the two is no number; the other is right.
def test_not_a_number_is_a_loss_that_is_not_a_number():
    probabilities = np.array([[np.nan, np.nan], [0, 1]], np.float32)
    scores = evaluation.score("test", probabilities, np.array([1, 1]))
    assert math.isnan(scores["test/loss"])
    assert scores["test/accuracy"] == 0.5
    assert evaluation.test_report(probabilities, np.array([1, 1]), ("a", "b"))["confusion_matrix"] == [
        [0, 0],
        [1, 1],
    ]


# True a a a b b, predicted a a b b b; c is a class that no image has.
#   a: precision 2/2, recall 2/3, F1 4/5;  b: precision 2/3, recall 2/2, F1 4/5;  c: 0.  Mean 8/15.
def test_report_by_hand():
    probabilities = np.eye(3)[[0, 0, 1, 1, 1]]
    report = evaluation.test_report(probabilities, np.array([0, 0, 0, 1, 1]), ("a", "b", "c"))
    assert report["classes"] == ["a", "b", "c"]
    assert report["confusion_matrix"] == [[2, 1, 0], [0, 2, 0], [0, 0, 0]]
    assert report["macro_f1"] == pytest.approx(8 / 15)
    a, b, c = report["per_class"]
    assert a == pytest.approx({"class": "a", "precision": 1, "recall": 2 / 3, "f1-score": 0.8, "support": 3})
    assert b == pytest.approx({"class": "b", "precision": 2 / 3, "recall": 1, "f1-score": 0.8, "support": 2})
    assert c == {"class": "c", "precision": 0, "recall": 0, "f1-score": 0, "support": 0}


# A class may be called like one of scikit-learn's own rows, and two classes alike.
def test_class_names_are_only_names():
    report = evaluation.test_report(np.eye(2), np.array([0, 1]), ("accuracy", "macro avg"))
    assert [row["class"] for row in report["per_class"]] == ["accuracy", "macro avg"]
    assert report["macro_f1"] == 1


# True 0 0 1 1 2, told 1 0 0 0 2: three mistakes. Image 2 gave its class least, then 0 and 3 alike.
def test_mistakes_by_hand():
    probabilities = np.array(
        [[0.3, 0.6, 0.1], [0.9, 0.1, 0.0], [0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8]]
    )
    assert evaluation.mistakes(probabilities, np.array([0, 0, 1, 1, 2]), 10 * np.arange(5)) == {
        "image": [0, 2, 3],
        "position": [0, 20, 30],
        "true": [0, 1, 1],
        "predicted": [1, 0, 0],
        "shown": [2, 0, 3],
    }


def test_mistakes_are_what_accuracy_leaves():
    generator = np.random.default_rng(0)
    probabilities, labels = generator.dirichlet(np.ones(5), 300), generator.integers(0, 5, 300)
    wrong = evaluation.mistakes(probabilities, labels, np.arange(300))
    assert len(wrong["image"]) == round(
        300 * (1 - evaluation.score("test", probabilities, labels)["test/accuracy"])
    )
    assert len(wrong["shown"]) == evaluation.SHOWN
    assert set(wrong["shown"]) < set(wrong["image"])


def test_no_mistake():
    told = evaluation.mistakes(np.eye(2), np.array([0, 1]), np.arange(2))
    assert told == {"image": [], "position": [], "true": [], "predicted": [], "shown": []}


# Of the second image both probabilities are 0.5 as float16, and the class is that of the higher one.
def test_what_is_kept_of_answers_is_rounded_but_its_classes_are_not():
    probabilities = {
        "validation": np.array([[0.25, 0.75]]),
        "test": np.array([[1e-9, 1.0], [0.49999, 0.50001]]),
    }
    labels = {"validation": np.array([1]), "test": np.array([1, 0])}
    positions = {"validation": np.array([7]), "test": np.array([3, 9])}
    content = evaluation.kept_answers(probabilities, labels, positions)
    with np.load(io.BytesIO(content), allow_pickle=False) as kept:
        found = dict(kept)
    assert sorted(found) == sorted(
        f"{split}_{array}"
        for split in ("validation", "test")
        for array in ("probabilities", "predicted", "labels", "positions")
    )
    assert found["test_probabilities"].dtype == np.float16
    assert found["test_probabilities"].tolist() == [[0, 1], [0.5, 0.5]]
    assert found["test_predicted"].tolist() == [1, 1]
    assert found["test_labels"].tolist() == [1, 0]
    assert found["test_positions"].tolist() == [3, 9]
    assert {found[f"test_{array}"].dtype for array in ("predicted", "labels", "positions")} == {
        np.dtype(np.int32)
    }
    assert content == evaluation.kept_answers(probabilities, labels, positions)


@given(predictions())
def test_balanced_accuracy_as_scikit_learn_has_it(case):
    probabilities, labels = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class that is predicted and has no image
        expected = balanced_accuracy_score(labels, probabilities.argmax(axis=1))
    found = evaluation.balanced_accuracy("validation", probabilities, labels)
    assert found == {"validation/balanced_accuracy": pytest.approx(expected)}
