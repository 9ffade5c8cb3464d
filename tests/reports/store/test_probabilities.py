"""Answers of trials as a report reads them: kept by the trial's own writer, damaged, or absent."""

import io
from dataclasses import replace

import numpy as np
import pytest

from experiments import names
from experiments.trial import evaluation
from reports.store import confusion, probabilities, record
from reports.store.reading import StoreError
from tests.support.synthetic import curve, once, tags

LABELS = np.array([0, 1, 1, 0])


def kept(sure, positions=(3, 5, 6, 9)):
    """As a trial writes them, of four test images: `sure` is the probability of class 1."""
    of_one = np.array(sure)
    answers = {"test": np.stack([1 - of_one, of_one], axis=1)}
    return evaluation.kept_answers(answers, {"test": LABELS}, {"test": np.array(positions)})


CONTENT = {
    "a-1-": kept([0.1, 0.9, 0.2, 0.3]),  # right, right, wrong, right
    "b-1-": kept([0.8, 0.9, 0.8, 0.4]),  # wrong, right, right, right
    "a-2-": kept([0.1, 0.9, 0.9, 0.3]),
    "b-2-": kept([0.9, 0.9, 0.9, 0.3], positions=(4, 5, 6, 9)),  # of which the last three are a's
}


@pytest.fixture
def study(writable):
    """Two arms and two seeds with their answers, and one trial of an older version, without."""
    made = writable.study("answers")
    ids = {}
    for name in (*CONTENT, "a-3-"):
        arm, seed, _ = name.split("-")
        ids[name] = writable.run(made, tags(arm, "ab".index(arm), int(seed)), curve([0.5]) + once(0.75, 1))
    return record.read_record(writable.uri, "answers"), ids


@pytest.fixture
def told(study, tmp_path):
    """The record with a folder of artifacts for each run, and the ids of runs."""
    found, ids = study
    for name, run in ids.items():
        (tmp_path / run).mkdir()
        if name in CONTENT:
            (tmp_path / run / names.PROBABILITIES_FILE).write_bytes(CONTENT[name])
    places = found.runs["run_id"].map(lambda run: (tmp_path / run).as_uri())
    return replace(found, runs=found.runs.assign(artifacts=places)), ids, tmp_path


def test_what_a_trial_kept_is_read(told):
    found, ids, _ = told
    answers = probabilities.read(found, ids["a-1-"])
    assert answers.right.tolist() == [True, True, False, True]
    assert answers.confidences == pytest.approx([0.9, 0.9, 0.8, 0.7], abs=1e-3)
    assert answers.positions.tolist() == [3, 5, 6, 9]
    assert answers.probabilities.dtype == np.float16


def test_an_older_trial_kept_none(told):
    found, ids, _ = told
    assert probabilities.read(found, ids["a-3-"]) is None
    assert confusion.read(found, ids["a-3-"]) is None
    assert probabilities.differences(found, [(ids["a-3-"], ids["b-1-"])]) is None


def test_differences_are_of_the_images_that_both_were_tested_on(told):
    found, ids, _ = told
    values, positions = probabilities.differences(
        found, [(ids["a-1-"], ids["b-1-"]), (ids["a-2-"], ids["b-2-"])]
    )
    assert [each.tolist() for each in values] == [[1, 0, -1, 0], [0, 0, 0]]
    assert [each.tolist() for each in positions] == [[3, 5, 6, 9], [5, 6, 9]]


def test_positions_in_other_data_are_other_images(told):
    found, ids, _ = told
    of_b = found.runs["arm"].eq("b")
    runs = found.runs.assign(data_digest=found.runs["data_digest"].mask(of_b, "d2"))
    assert probabilities.differences(replace(found, runs=runs), [(ids["a-1-"], ids["b-1-"])]) is None


def damaged(**changed):
    with np.load(io.BytesIO(CONTENT["a-1-"])) as opened:
        found = dict(opened)
    content = io.BytesIO()
    np.savez(content, **{key: value for key, value in (found | changed).items() if value is not None})
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        CONTENT["a-1-"][:200],
        damaged(test_labels=None),
        damaged(test_labels=np.array([0, 1])),
        damaged(test_labels=np.array([0, 1, 1, 2])),
        damaged(test_predicted=np.array([0, -1, 0, 0])),
        damaged(test_predicted=np.array(["a", "b", "c", "d"])),
        damaged(test_labels=np.array([0, 1, None, 0], object)),  # would run code, were it unpickled
    ],
    ids=["empty", "text", "cut", "missing", "short", "no class", "negative", "words", "pickled"],
)
def test_a_damaged_file_is_named_in_one_line(told, content):
    found, ids, folder = told
    (folder / ids["a-1-"] / names.PROBABILITIES_FILE).write_bytes(content)
    with pytest.raises(StoreError, match=f"probabilities.npz of run {ids['a-1-']} cannot be read") as raised:
        probabilities.read(found, ids["a-1-"])
    assert "\n" not in str(raised.value)
