"""The images of a trial: what trains, what is measured, and that no image does both."""

import numpy as np
import pytest

from experiments import names
from experiments.data import prepare
from experiments.data.facts import Wanted
from experiments.studies.specification import Recipe, Trial
from experiments.trial import load
from tests.support.animals import opened


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A trial on scikit-learn's digits in the four windows of 5 × 5 of each image; the whole data set."""
    work = tmp_path_factory.mktemp("work")
    facts = prepare.prepare(Wanted("digits"), work)
    trial = Trial(
        model="plain_cnn",
        arguments={},
        data_digest=facts.digest,
        partition=facts.partition,
        image_size=None,
        crop=5,
        windows="grid",
        train=300,
        validation=100,
        test=200,
        split_seed=0,
        recipe=Recipe(),
        seed=1,
    )
    return load.load(trial, work), opened(facts, work)


def windows(image):
    return [image[row : row + 5, column : column + 5] for row in (0, 3) for column in (0, 3)]


def test_windows_are_those_of_their_image_with_its_label(loaded):
    data, whole = loaded
    assert (len(data.test.images), len(data.test.labels)) == (800, 200)
    for at in (0, 57, 199):
        position = data.positions[names.TEST][at]
        np.testing.assert_array_equal(data.test.images[4 * at : 4 * at + 4], windows(whole.images[position]))
        assert data.test.labels[at] == whole.labels[position]


def test_training_images_are_whole_and_the_slice_is_a_part_of_them(loaded):
    data, _ = loaded
    training = data.training
    assert training.images.shape == (300, 8, 8, 1)
    assert (len(training.train_slice.images), len(training.validation.images)) == (400, 400)
    np.testing.assert_array_equal(training.train_slice.images[:4], windows(training.images[0]))
    np.testing.assert_array_equal(training.train_slice.labels, training.labels[:100])


def test_no_image_is_on_two_sides(loaded):
    data, whole = loaded
    trained = {image.tobytes() for image in data.training.images}
    tested = {whole.images[position].tobytes() for position in data.positions[names.TEST]}
    assert len(tested) == 200
    assert not trained & tested
    of_training = {np.stack(windows(image)).tobytes() for image in data.training.images}
    seen = data.training.validation.images[:].reshape(100, 4, 5, 5, 1)
    assert not of_training & {each.tobytes() for each in seen}


# A prediction that knows each image by its four windows: with a label or a window amiss it is not perfect.
def test_scores_are_of_images_not_of_windows(loaded):
    data, _ = loaded
    training = data.training
    known = {
        np.stack(group).tobytes(): label
        for split in (training.train_slice, training.validation)
        for group, label in zip(split.images[:].reshape(-1, 4, 5, 5, 1), split.labels, strict=True)
    }

    def predict(images):
        """Sure of the first window, undecided about the others."""
        rows = np.full((len(images), 10), 0.1)
        for at, group in enumerate(images[:].reshape(-1, 4, 5, 5, 1)):
            rows[4 * at] = np.eye(10)[known[group.tobytes()]]
        return rows

    scores = training.evaluate(predict)
    assert scores["train/accuracy"] == scores["validation/accuracy"] == 1
    assert scores["validation/loss"] == pytest.approx(-np.log((1 + 3 * 0.1) / 4))
    assert training.validation.probabilities(predict).shape == (100, 10)
