"""The pictures of a run: a confusion matrix that says what its axes are, mistakes with their classes."""

import io
import json

import mlflow
import numpy as np
import pytest
from PIL import Image

from experiments import export, names
from experiments.logs import events, trial_folder
from experiments.store import pictures, tracking
from experiments.studies import reading
from experiments.trial import evaluation, samples
from tests.support.small_study import DIGESTS, SMALL

CLASSES = ("cat", "dog", "a very long name of a class that no tile has room for, number 7")
LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 0, 1])  # the third, fifth and sixth are wrong
SIDE = 16


def leave(folder, shades=(60, 120, 240)):
    """What a trial leaves of these answers; its tiles are of one shade each."""
    probabilities = np.eye(3)[PREDICTED]
    report = evaluation.test_report(probabilities, LABELS, CLASSES)
    (folder / names.TEST_REPORT_FILE).write_text(json.dumps(report))
    wrong = evaluation.mistakes(probabilities, LABELS, np.arange(6))
    (folder / names.MISTAKES_FILE).write_text(json.dumps(wrong))
    tiles = np.broadcast_to(np.array(shades, np.uint8)[:, None, None, None], (3, SIDE, SIDE, 1))
    samples.save_tiles(folder / names.MISTAKES_PICTURE, tiles)


@pytest.fixture
def told(monkeypatch):
    """Every text that is drawn, in order; it is drawn all the same."""
    texts = []
    plainly = pictures.ImageDraw.ImageDraw.text

    def text(pen, at, content, *rest, **settings):
        texts.append(content)
        return plainly(pen, at, content, *rest, **settings)

    monkeypatch.setattr(pictures.ImageDraw.ImageDraw, "text", text)
    return texts


def opened(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def matrix(picture, classes, side):
    """The pixels near the upper left corner of each cell, found by the darkest one, which is the first."""
    rows, columns = np.nonzero((picture == pictures.DARKEST).all(axis=-1))
    top, left = rows.min(), columns.min()
    return picture[top + 3 :: side, left + 3 :: side][:classes, :classes]


def test_the_matrix_has_its_axes_classes_and_counts(told):
    counts = np.array([[4, 0, 0], [1, 1, 0], [0, 3, 1]])
    picture = opened(pictures.confusion(["cat", "dog", "cow"], counts))
    assert "6 of 10 test images right (60.0%)" in told
    assert {"true class", "predicted class"} <= set(told)
    assert [told.count(name) for name in ("cat", "dog", "cow")] == [2, 2, 2]  # of a row and of a column
    assert [each for each in told if each.isdecimal()][:9] == ["4", "0", "0", "1", "1", "0", "0", "3", "1"]
    cells = matrix(picture, 3, 52)
    # Rows are true classes: those of "dog" share one colour, and the last row is darker in its middle.
    assert (cells[0] == [pictures.DARKEST, (255, 255, 255), (255, 255, 255)]).all()
    assert (cells[1, 0] == cells[1, 1]).all() and (cells[1, 2] == 255).all()
    assert cells[2, 1].sum() < cells[1, 0].sum() < cells[2, 2].sum()


def test_of_many_classes_every_one_is_named_and_none_is_counted(told):
    classes = [f"a photograph of something that has a long name, kind {number}" for number in range(100)]
    picture = opened(pictures.confusion(classes, np.eye(100, dtype=int)))
    assert not any(each.isdecimal() for each in told if each not in map(str, pictures.SWATCHES))
    for number in (0, 42, 99):  # the end of a name tells which it is
        named = [each for each in told if each.endswith(f"kind {number}") and "…" in each]
        assert len(named) == 2
    assert max(picture.shape) < 2000
    cells = matrix(picture, 100, 16)
    assert (np.diagonal(cells).T == pictures.DARKEST).all() and (cells[0, 1:] == 255).all()


def test_of_a_thousand_classes_some_are_named(told):
    picture = opened(pictures.confusion([f"c{n}" for n in range(1000)], np.eye(1000, dtype=int)))
    assert max(picture.shape) < 2000
    assert 100 < sum(each.startswith("c") for each in told) < 1000


@pytest.mark.parametrize(
    ("name", "shown"),
    [("고양이", "goyangi"), ("ж é", "ж é"), ("two\nlines", "two lines"), ("$x_1$", "$x_1$"), ("", "")],
)
def test_names_are_text_in_letters_that_the_font_has(name, shown, told):
    pictures.confusion([name, "other"], np.eye(2, dtype=int))
    assert told.count(shown) >= 2


def test_a_class_without_images_and_no_image_at_all():
    for counts in ([[2, 0], [0, 0]], [[0, 0], [0, 0]]):
        assert opened(pictures.confusion(["a", "b"], np.array(counts))).any()


def test_a_mistake_stands_above_its_true_and_predicted_class(tmp_path, told):
    leave(tmp_path)
    pictures.draw(tmp_path, tmp_path)
    picture = opened((tmp_path / names.NAMED_MISTAKES_PICTURE).read_bytes())
    assert told[-6:-2] == ["cat", "→ dog", "dog", "→ cat"]
    # The tile's own shade, enlarged, and its name cut in its middle, so that the end is still there.
    assert told[-2].startswith("a ") and "…" in told[-2] and told[-2].endswith("7") and told[-1] == "→ dog"
    step = pictures.TILE + pictures.MARGIN
    middles = picture[2 * pictures.TEXT + pictures.MARGIN + 64, pictures.MARGIN + 64 :: step][:3, 0]
    np.testing.assert_allclose(middles, (60, 120, 240), atol=4)  # JPEG
    assert (picture[-3:] == 255).all()


def test_equal_files_give_equal_bytes(tmp_path):
    drawn = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        leave(folder)
        pictures.draw(folder, folder)
        drawn.append(
            [(folder / f).read_bytes() for f in (names.CONFUSION_PICTURE, names.NAMED_MISTAKES_PICTURE)]
        )
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("file", "content", "left"),
    [
        (names.TEST_REPORT_FILE, None, []),
        (names.TEST_REPORT_FILE, b'{"classes": ["a"', []),
        (names.TEST_REPORT_FILE, b'"a"', []),
        (names.TEST_REPORT_FILE, b'{"classes": ["a"], "confusion_matrix": [[1, 2]]}', []),
        (names.TEST_REPORT_FILE, b'{"classes": ["a", "b"], "confusion_matrix": [[1], [1, 2]]}', []),
        (names.MISTAKES_FILE, None, [names.CONFUSION_PICTURE]),
        (
            names.MISTAKES_FILE,
            b'{"image": [1], "true": [0], "predicted": [9], "shown": [1]}',
            [names.CONFUSION_PICTURE],
        ),
        (names.MISTAKES_PICTURE, None, [names.CONFUSION_PICTURE]),
        (names.MISTAKES_PICTURE, b"no picture", [names.CONFUSION_PICTURE]),
    ],
)
def test_what_is_missing_or_damaged_is_not_drawn(tmp_path, file, content, left):
    leave(tmp_path)
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_bytes(content)
    to = tmp_path / "drawn"
    to.mkdir()
    pictures.draw(tmp_path, to)
    assert [file.name for file in to.iterdir()] == left


@pytest.fixture
def project(tmp_path):
    """One complete trial with its files, and the study it is of."""
    study = reading.parse(SMALL, "small")
    planned = study.trials(DIGESTS)[0]
    folder = trial_folder.of(tmp_path / "work", planned.trial)
    trial_folder.begin(folder, planned.trial)
    leave(folder)
    for event in (
        events.Started(tags={names.CPU: "a"}),
        events.EpochEnded(epoch=1, metrics={"train/accuracy": 0.5}),
        events.Finished(epoch=1, metrics={"test/accuracy": 0.5}, diverged=False),
    ):
        events.append(trial_folder.log(folder), event)
    return study, planned, folder


def files_of_run(uri):
    """Name and content of the two pictures of the only run in a store."""
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("small").experiment_id])
    listed = {each.path for each in client.list_artifacts(run.info.run_id)}
    return run.info.run_id, {
        name: mlflow.artifacts.load_image(f"{run.info.artifact_uri}/{name}").tobytes()
        for name in listed & {names.CONFUSION_PICTURE, names.NAMED_MISTAKES_PICTURE}
    }


def test_a_run_has_them_also_one_of_before_that_is_projected_again(project, tmp_path):
    _, planned, folder = project
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    told = events.read(trial_folder.log(folder))
    tracking.Projection(uri, "small").project(planned, folder, told)
    run, before = files_of_run(uri)
    assert sorted(before) == [names.CONFUSION_PICTURE, names.NAMED_MISTAKES_PICTURE]
    for name in before:  # as a store of before has it
        (tmp_path / names.ARTIFACTS / "small" / run / "artifacts" / name).unlink()
    tracking.Projection(uri, "small").project(planned, folder, told)
    assert files_of_run(uri) == (run, before)
    assert not (folder / names.CONFUSION_PICTURE).exists()  # nothing that a pack would carry


@pytest.mark.parametrize("with_tiles", [True, False])
def test_a_pack_brings_them_back(project, tmp_path, with_tiles, monkeypatch):
    study, planned, _ = project
    monkeypatch.setattr(export.plan, "data", lambda *_: {})  # no data was prepared here
    export.pack(study, [planned], tmp_path / "work", tmp_path / "a.tar.xz", pictures=with_tiles)
    uri = f"sqlite:///{tmp_path / 'there.db'}"
    export.unpack(tmp_path / "a.tar.xz", tmp_path / "elsewhere", uri)
    expected = {names.CONFUSION_PICTURE} | ({names.NAMED_MISTAKES_PICTURE} if with_tiles else set())
    assert set(files_of_run(uri)[1]) == expected
